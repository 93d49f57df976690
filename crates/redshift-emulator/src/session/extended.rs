//! The extended protocol: parse, bind, describe, execute.
//!
//! Every message is sent on with a Flush and its answer awaited before the next one is read, so that the proxy always
//! knows where PostgreSQL stands.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::session::Session;
use crate::session::script::write_lock;
use crate::sql::{Script, Statement, Step, read_statement, split_statements};
use crate::wire::{Message, Report};

/// The name of the statement and the portal that the proxy uses itself.
const OWN: &str = "redshift_emulator";

impl Session {
    /// Answers one message of the extended protocol.
    pub(crate) async fn extended_message(&mut self, message: Message) -> io::Result<()> {
        if message.tag == b'S' {
            return self.sync(message).await;
        }
        if self.is_skipping {
            return Ok(());
        }
        match message.tag {
            b'P' => self.parse(message).await,
            b'B' => self.bind(message).await,
            b'D' => self.describe(message).await,
            b'E' => self.execute_portal(message).await,
            b'C' => self.close(message).await,
            b'H' => {
                self.client.flush().await;
                Ok(())
            }
            _ => {
                let report = Report::unsupported("This message of the protocol is not supported");
                self.fail_until_sync(&report).await
            }
        }
    }

    async fn parse(&mut self, message: Message) -> io::Result<()> {
        let mut body = message.body;
        let (name, sql) = (take_string(&mut body), take_string(&mut body));
        let statement = match self.read_one(&sql) {
            Ok(statement) => statement,
            Err(report) => return self.fail_until_sync(&report).await,
        };
        self.statements.remove(&name);
        self.written.remove(&name);
        let (sql, table) = match statement {
            None => (sql, None),
            Some(Statement::Plain(sql)) => (sql, None),
            Some(Statement::Script(script)) => match plain_of(*script) {
                Ok(found) => found,
                Err(script) => {
                    self.statements.insert(name, Arc::new(script));
                    self.client.send(&Message::new(b'1', "")).await;
                    return Ok(());
                }
            },
        };
        if let Some(report) = self.lost_table(&sql).await {
            return self.fail_until_sync(&report).await;
        }
        let sql = self.expand_views(&sql).await?;
        if let Some(table) = table {
            if !self.lock_table(&table).await? {
                return Ok(());
            }
            self.written.insert(name.clone(), table);
        }
        let mut parse = BytesMut::new();
        put_string(&mut parse, &name);
        put_string(&mut parse, &sql);
        parse.put_slice(&body);
        self.ask(Message::new(b'P', parse), b"1").await
    }

    fn read_one(&self, sql: &str) -> Result<Option<Statement>, Report> {
        match split_statements(sql)?[..] {
            [] => Ok(None),
            [statement] => read_statement(statement, self.dialect()).map(Some),
            _ => Err(Report::error("42601", "cannot insert multiple commands into a prepared statement")),
        }
    }

    async fn bind(&mut self, message: Message) -> io::Result<()> {
        let mut body = message.body.clone();
        let (portal, statement) = (take_string(&mut body), take_string(&mut body));
        match self.statements.get(&statement) {
            Some(script) => {
                self.portals.insert(portal, Arc::clone(script));
                self.client.send(&Message::new(b'2', "")).await;
                Ok(())
            }
            None => {
                self.portals.remove(&portal);
                if let Some(table) = self.written.get(&statement).cloned()
                    && !self.lock_table(&table).await?
                {
                    return Ok(());
                }
                self.ask(message, b"2").await
            }
        }
    }

    async fn describe(&mut self, message: Message) -> io::Result<()> {
        let mut body = message.body.clone();
        let is_statement = body.has_remaining() && body.get_u8() == b'S';
        let name = take_string(&mut body);
        let is_own =
            if is_statement { self.statements.contains_key(&name) } else { self.portals.contains_key(&name) };
        if !is_own {
            return self.ask(message, b"Tn").await;
        }
        if is_statement {
            self.client.send(&Message::new(b't', vec![0, 0])).await;
        }
        self.client.send(&Message::new(b'n', "")).await;
        Ok(())
    }

    async fn execute_portal(&mut self, message: Message) -> io::Result<()> {
        let mut body = message.body.clone();
        let portal = take_string(&mut body);
        let Some(script) = self.portals.get(&portal).map(Arc::clone) else {
            return self.ask(message, b"CIs").await;
        };
        // What came before ends here, so that the state of the transaction is known.
        self.backend.send(&Message::new(b'S', "")).await?;
        self.backend.flush().await?;
        while self.backend.receive().await?.tag != b'Z' {}
        self.is_skipping = self.run_script(&script).await?.is_err();
        Ok(())
    }

    async fn close(&mut self, message: Message) -> io::Result<()> {
        let mut body = message.body.clone();
        let is_statement = body.has_remaining() && body.get_u8() == b'S';
        let name = take_string(&mut body);
        let own = if is_statement { self.statements.remove(&name) } else { self.portals.remove(&name) };
        if own.is_some() {
            self.client.send(&Message::new(b'3', "")).await;
            return Ok(());
        }
        self.ask(message, b"3").await
    }

    async fn sync(&mut self, message: Message) -> io::Result<()> {
        let was_open = self.backend.status() != b'I';
        self.backend.send(&message).await?;
        self.backend.flush().await?;
        loop {
            let message = self.backend.receive().await?;
            if message.tag == b'Z' {
                break;
            }
            self.pass(message).await;
        }
        self.is_skipping = false;
        if was_open && self.backend.status() == b'I' {
            let is_committed = std::mem::take(&mut self.is_committed);
            self.transaction_ended(is_committed);
        }
        self.ready().await
    }

    /// Takes a table for writing, in the transaction that the client's messages are in; answers whether that went well.
    async fn lock_table(&mut self, table: &str) -> io::Result<bool> {
        let own = |body: &mut BytesMut| put_string(body, OWN);
        let (mut parse, mut bind, mut execute) = (BytesMut::new(), BytesMut::new(), BytesMut::new());
        own(&mut parse);
        put_string(&mut parse, &write_lock(table));
        parse.put_u16(0);
        own(&mut bind);
        own(&mut bind);
        bind.put_slice(&[0; 6]);
        own(&mut execute);
        execute.put_u32(0);
        let close = |kind: u8| {
            let mut body = BytesMut::new();
            body.put_u8(kind);
            own(&mut body);
            Message::new(b'C', body)
        };
        let messages = [
            Message::new(b'P', parse),
            Message::new(b'B', bind),
            Message::new(b'E', execute),
            close(b'P'),
            close(b'S'),
            Message::new(b'H', ""),
        ];
        for message in messages {
            self.backend.send(&message).await?;
        }
        self.backend.flush().await?;
        let mut closed = 0;
        while closed < 2 {
            let answer = self.backend.receive().await?;
            match answer.tag {
                b'3' => closed += 1,
                b'E' => {
                    self.pass(answer).await;
                    self.is_skipping = true;
                    self.client.flush().await;
                    return Ok(false);
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// Sends a message on and passes the answers up to one of the given tags or an error.
    async fn ask(&mut self, message: Message, ends: &[u8]) -> io::Result<()> {
        self.backend.send(&message).await?;
        self.backend.send(&Message::new(b'H', "")).await?;
        self.backend.flush().await?;
        loop {
            let answer = self.backend.receive().await?;
            let tag = answer.tag;
            if tag == b'C' {
                self.is_committed = answer.strings().iter().any(|tag| tag == "COMMIT");
            }
            self.pass(answer).await;
            if tag == b'E' {
                self.is_skipping = true;
                self.client.flush().await;
                return Ok(());
            }
            if ends.contains(&tag) {
                return Ok(());
            }
        }
    }

    /// Reports an error of the proxy's own and fails whatever PostgreSQL has open, up to the next Sync.
    async fn fail_until_sync(&mut self, report: &Report) -> io::Result<()> {
        let mut parse = BytesMut::new();
        put_string(&mut parse, "");
        put_string(&mut parse, "fail");
        parse.put_u16(0);
        self.backend.send(&Message::new(b'P', parse)).await?;
        self.backend.send(&Message::new(b'H', "")).await?;
        self.backend.flush().await?;
        while self.backend.receive().await?.tag != b'E' {}
        self.client.report(report).await;
        self.client.flush().await;
        self.is_skipping = true;
        Ok(())
    }
}

/// A script of one statement that needs nothing of the proxy but a table to write is an ordinary statement.
fn plain_of(mut script: Script) -> Result<(String, Option<String>), Script> {
    let is_plain = script.alone.is_none()
        && !script.commits
        && script.tag.is_none()
        && script.renames.is_none()
        && script.case_sensitive.is_none()
        && matches!(script.steps[..], [Step::Run(_)]);
    match script.steps.pop() {
        Some(Step::Run(sql)) if is_plain => Ok((sql, script.writes)),
        last => {
            script.steps.extend(last);
            Err(script)
        }
    }
}

fn take_string(body: &mut Bytes) -> String {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    let text = String::from_utf8_lossy(&body[..end]).into_owned();
    body.advance((end + 1).min(body.len()));
    text
}

fn put_string(body: &mut BytesMut, text: &str) {
    body.put_slice(text.as_bytes());
    body.put_u8(0);
}
