//! Simple queries: one string with any number of statements.

use std::io;

use crate::session::Session;
use crate::session::connection::Failed;
use crate::sql::{Statement, read_statement, split_statements};
use crate::wire::{Message, Report};

impl Session {
    /// Answers a simple query.
    pub(crate) async fn simple_query(&mut self, sql: &str) -> io::Result<()> {
        let statements = match self.read_all(sql) {
            Ok(statements) => statements,
            Err(report) => {
                self.fail(&report).await?;
                return self.ready().await;
            }
        };
        if statements.is_empty() {
            self.client.send(&Message::new(b'I', "")).await;
            return self.ready().await;
        }
        // Several statements of one string are one transaction, unless they say otherwise.
        let is_block = statements.len() > 1
            && self.backend.status() == b'I'
            && !statements.iter().any(is_transaction_command);
        if is_block {
            let _ = self.backend.query("BEGIN").await?;
        }
        let mut is_failed = false;
        for statement in &statements {
            is_failed = self.execute(statement).await?.is_err();
            if is_failed {
                break;
            }
        }
        if is_block && self.backend.status() != b'I' {
            if is_failed {
                let _ = self.backend.query("ROLLBACK").await?;
            } else if let Err(report) = self.inner("COMMIT").await? {
                self.client.report(&report).await;
            }
            self.transaction_ended(!is_failed);
        }
        self.ready().await
    }

    fn read_all(&self, sql: &str) -> Result<Vec<Statement>, Report> {
        let dialect = self.dialect();
        split_statements(sql)?.into_iter().map(|statement| read_statement(statement, dialect)).collect()
    }

    async fn execute(&mut self, statement: &Statement) -> io::Result<Result<(), Failed>> {
        match statement {
            Statement::Plain(sql) => {
                if let Some(report) = self.lost_table(sql).await {
                    return self.fail(&report).await.map(Err);
                }
                let sql = self.expand_views(sql).await?;
                match self.forward(&sql).await? {
                    Ok(tag) => {
                        if let Some(tag) = tag {
                            self.client.send(&tag).await;
                        }
                        Ok(Ok(()))
                    }
                    Err(failed) => Ok(Err(failed)),
                }
            }
            Statement::Script(script) => self.run_script(script).await,
        }
    }
}

fn is_transaction_command(statement: &Statement) -> bool {
    let Statement::Plain(sql) = statement else { return false };
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    matches!(first.as_str(), "begin" | "commit" | "end" | "rollback" | "abort")
}
