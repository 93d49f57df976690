//! A session: a client, the PostgreSQL session behind it and what the proxy keeps between them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::session::Shared;
use crate::session::answers::{Answers, turn_report};
use crate::session::client::Client;
use crate::session::renames::Ending;
use crate::session::startup::open_session;
use crate::sql::{Dialect, Script};
use crate::wire::{Backend, Message, Report};

static NEXT_SESSION: AtomicU64 = AtomicU64::new(1);

/// One client's session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) process: i32,
    pub(crate) database: String,
    pub(crate) client: Client,
    pub(crate) backend: Backend,
    pub(crate) shared: Arc<Shared>,
    pub(crate) answers: Answers,
    pub(crate) case_sensitive: bool,
    pub(crate) last_copy: LastCopy,
    /// Prepared statements and portals that the proxy does itself.
    pub(crate) statements: HashMap<String, Arc<Script>>,
    pub(crate) portals: HashMap<String, Arc<Script>>,
    /// The tables that prepared statements of PostgreSQL write, by the statements' names.
    pub(crate) written: HashMap<String, String>,
    /// Whether messages are left out up to the next Sync.
    pub(crate) is_skipping: bool,
    /// Whether the last statement of the extended protocol was a COMMIT that took place.
    pub(crate) is_committed: bool,
    renaming: Option<watch::Sender<Ending>>,
}

/// What `pg_last_copy_count()` and `pg_last_copy_id()` answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastCopy {
    pub(crate) count: u64,
    pub(crate) query: i64,
    /// Whether the server has to be told.
    pub(crate) is_new: bool,
}

impl Session {
    /// Serves a connection until the client goes.
    pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(mut session) = open_session(stream, shared).await? else { return Ok(()) };
        let result = session.run().await;
        session.transaction_ended(false);
        session.shared.cancels.end(session.process);
        result
    }

    pub(crate) fn new(client: Client, backend: Backend, shared: Arc<Shared>, database: String) -> Self {
        Self {
            id: NEXT_SESSION.fetch_add(1, Ordering::Relaxed),
            process: 0,
            database,
            client,
            backend,
            shared,
            answers: Answers::default(),
            case_sensitive: false,
            last_copy: LastCopy { count: 0, query: -1, is_new: true },
            statements: HashMap::new(),
            portals: HashMap::new(),
            written: HashMap::new(),
            is_skipping: false,
            is_committed: false,
            renaming: None,
        }
    }

    async fn run(&mut self) -> io::Result<()> {
        while let Some(message) = self.client.next().await? {
            match message.tag {
                b'Q' => {
                    let text = message.strings().into_iter().next().unwrap_or_default();
                    self.simple_query(&text).await?;
                }
                b'X' => break,
                _ => self.extended_message(message).await?,
            }
        }
        self.backend.send(&Message::new(b'X', "")).await?;
        self.backend.flush().await
    }

    /// How statements are read now.
    pub(crate) fn dialect(&self) -> Dialect<'_> {
        Dialect { case_sensitive: self.case_sensitive, long_names: &self.shared.long_names }
    }

    /// Sends a statement to PostgreSQL and its answers to the client, but the last tag, which is answered.
    pub(crate) async fn forward(&mut self, sql: &str) -> io::Result<Result<Option<Message>, Failed>> {
        let was_open = self.backend.status() != b'I';
        self.backend.send(&Message::query(sql)).await?;
        self.backend.flush().await?;
        let mut tag = None;
        let mut is_failed = false;
        loop {
            let message = self.backend.receive().await?;
            match message.tag {
                b'Z' => break,
                b'C' | b'I' => tag = self.answers.turn(message, &self.shared),
                b'G' | b'H' | b'W' => return Err(io::Error::other("PostgreSQL began a copy of its own")),
                other => {
                    is_failed |= other == b'E';
                    self.pass(message).await;
                }
            }
        }
        if was_open && self.backend.status() == b'I' {
            let is_committed =
                tag.as_ref().is_some_and(|tag| tag.strings().iter().any(|tag| tag == "COMMIT"));
            self.transaction_ended(is_committed);
        }
        Ok(if is_failed { Err(Failed) } else { Ok(tag) })
    }

    /// Gives a message of PostgreSQL to the client as the service would give it.
    pub(crate) async fn pass(&mut self, message: Message) {
        if let Some(message) = self.answers.turn(message, &self.shared) {
            self.client.send(&message).await;
        }
    }

    /// Runs a statement of the proxy's own; its error is as the client should see it.
    pub(crate) async fn inner(&mut self, sql: &str) -> io::Result<Result<(), Report>> {
        let result = self.backend.query(sql).await?;
        Ok(result.map(drop).map_err(|report| turn_report(report, &self.shared)))
    }

    /// Reports an error of the proxy's own, which fails an open transaction as any error does.
    pub(crate) async fn fail(&mut self, report: &Report) -> io::Result<Failed> {
        self.client.report(report).await;
        if self.backend.status() == b'T' {
            // There is no statement that only fails a transaction.
            let _ = self.backend.query("fail").await?;
        }
        Ok(Failed)
    }

    /// Ends an answer: tells the server what changed and the client that it may go on.
    pub(crate) async fn ready(&mut self) -> io::Result<()> {
        self.tell_last_copy().await?;
        self.client.send(&Message::ready(self.backend.status())).await;
        self.client.flush().await;
        Ok(())
    }

    /// Tells the server about the last COPY; a rollback makes it forget.
    pub(crate) async fn tell_last_copy(&mut self) -> io::Result<()> {
        let status = self.backend.status();
        if !self.last_copy.is_new || status == b'E' {
            return Ok(());
        }
        let LastCopy { count, query, .. } = self.last_copy;
        let sql = format!(
            "SELECT set_config('redshift.last_copy_count', '{count}', false), \
             set_config('redshift.last_copy_id', '{query}', false)"
        );
        let is_told = self.backend.query(&sql).await?.is_ok();
        self.last_copy.is_new = !(is_told && status == b'I');
        Ok(())
    }

    /// A table's name is taken away by the open transaction.
    pub(crate) fn name_taken(&mut self, table: &str) {
        let sender = self.renaming.get_or_insert_with(|| watch::channel(Ending::Open).0);
        self.shared.renames.begin(self.id, &self.database, table, sender.subscribe());
    }

    pub(crate) fn transaction_ended(&mut self, is_committed: bool) {
        if let Some(sender) = self.renaming.take() {
            self.shared.renames.end(self.id);
            sender.send_replace(if is_committed { Ending::Committed } else { Ending::RolledBack });
        }
    }

    /// The error of a statement that waited for a rename, if there was one.
    pub(crate) async fn lost_table(&self, sql: &str) -> Option<Report> {
        let name = self.shared.renames.lost_name(self.id, &self.database, sql).await?;
        Some(Report::error("42P01", format!("relation \"{name}\" does not exist")))
    }
}

/// A statement has failed and the client knows why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;
