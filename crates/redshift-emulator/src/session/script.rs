//! Statements that the proxy does step by step.

use std::io;

use crate::load::load;
use crate::session::Session;
use crate::session::connection::Failed;
use crate::sql::{Script, Step, quote_literal};
use crate::unload::run_unload;
use crate::wire::{Message, Report};

impl Session {
    /// Runs a script as one statement: all of it or nothing.
    pub(crate) async fn run_script(&mut self, script: &Script) -> io::Result<Result<(), Failed>> {
        let status = self.backend.status();
        if status == b'E' {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return self.fail(&Report::error("25P02", message)).await.map(Err);
        }
        if let Some(command) = script.alone.filter(|_| status != b'I') {
            let message = format!("{command} cannot run inside a transaction block");
            return self.fail(&Report::error("25001", message)).await.map(Err);
        }
        // Databases are made and set outside of blocks.
        let is_divided = script.steps.len() > 1 && script.alone.is_none();
        let is_block = (is_divided || script.writes.is_some()) && status == b'I';
        if is_block {
            let _ = self.backend.query("BEGIN").await?;
        }
        let result = self.run_steps(script).await?;
        if is_block {
            let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
            if let Err(report) = self.inner(end).await? {
                return self.fail(&report).await.map(Err);
            }
        }
        let tag = match result {
            Ok(tag) => tag,
            Err(failed) => return Ok(Err(failed)),
        };
        if script.commits && self.backend.status() == b'T' {
            if let Err(report) = self.inner("COMMIT").await? {
                self.transaction_ended(false);
                return self.fail(&report).await.map(Err);
            }
            self.transaction_ended(true);
        }
        if let Some(table) = script.renames.as_ref().filter(|_| self.backend.status() == b'T') {
            self.name_taken(table);
        }
        if let Some(case_sensitive) = script.case_sensitive {
            self.case_sensitive = case_sensitive;
        }
        let tag = script.tag.as_deref().map(Message::command_complete).or(tag);
        if let Some(tag) = tag {
            self.client.send(&tag).await;
        }
        Ok(Ok(()))
    }

    async fn run_steps(&mut self, script: &Script) -> io::Result<Result<Option<Message>, Failed>> {
        if let Some(table) = &script.writes
            && let Err(report) = self.inner(&write_lock(table)).await?
        {
            return self.fail(&report).await.map(Err);
        }
        let mut tag = None;
        for step in &script.steps {
            match step {
                Step::Run(sql) => {
                    if let Some(report) = self.lost_table(sql).await {
                        return self.fail(&report).await.map(Err);
                    }
                    let sql = self.expand_views(sql).await?;
                    match self.forward(&sql).await? {
                        Ok(last) => tag = last,
                        Err(failed) => return Ok(Err(failed)),
                    }
                }
                Step::Inner(sql) => {
                    if let Err(report) = self.inner(sql).await? {
                        return self.fail(&report).await.map(Err);
                    }
                }
                Step::Load(copy) => {
                    if let Some(report) = self.lost_table(&copy.table).await {
                        return self.fail(&report).await.map(Err);
                    }
                    if let Err(report) = load(self, copy).await? {
                        return self.fail(&report).await.map(Err);
                    }
                    tag = Some(Message::command_complete("COPY"));
                }
                Step::Unload(unload) => {
                    if let Err(report) = run_unload(self, unload).await? {
                        return self.fail(&report).await.map(Err);
                    }
                    tag = Some(Message::command_complete("UNLOAD"));
                }
                Step::LateView(name) => self.shared.late_views.define(name),
                Step::Cancel(process) => {
                    if !self.shared.cancels.ask_by_statement(*process) {
                        let sql = format!("SELECT pg_cancel_backend({process})");
                        if let Err(report) = self.inner(&sql).await? {
                            return self.fail(&report).await.map(Err);
                        }
                    }
                }
                Step::Isolation { is_serializable } => self.shared.set_serializable(*is_serializable),
            }
        }
        Ok(Ok(tag))
    }
}

/// The statement after which a table is this session's to write until its transaction ends.
pub(crate) fn write_lock(table: &str) -> String {
    format!("SELECT redshift_emulator.write_lock({})", quote_literal(table))
}
