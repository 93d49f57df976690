//! A session: one connection, one user, one lane of statements.

use std::collections::BTreeMap;
use std::fmt;

use hive_thrift::Host;

use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;
use crate::protocol::messages::{
    COLUMNAR_VERSION, CloseOperation, CloseSession, ExecuteStatement, GetInfo, INFO_PRODUCT_NAME,
    INFO_PRODUCT_VERSION, OpenSession, OperationHandle, PROTOCOL_VERSION, SessionHandle,
};
use crate::statement::Statement;

/// An open session at a server.
///
/// Statements of one session run one after the other; open more sessions to run more at once. The session
/// ends with its connection: a lost connection ends the statement that runs on it too, and the server gives no way
/// back to either. Over HTTP the session outlives the connection, so close it, or the server keeps it until it times
/// out.
pub struct Session {
    client: Client,
    handle: SessionHandle,
    settings: BTreeMap<String, String>,
    /// Operations that were dropped without being closed.
    abandoned: Vec<OperationHandle>,
}

impl Session {
    /// Opens a session at the first of the servers that can be reached.
    ///
    /// # Errors
    ///
    /// Unauthenticated from the first server that refuses the login, since the others would too. Otherwise the error
    /// of the last server; the context names those before it.
    pub async fn open(config: &Config) -> Result<Self> {
        let mut failed: Vec<(&Host, Error)> = Vec::new();
        for host in &config.hosts {
            match Box::pin(Self::open_at(config, host)).await {
                Ok(session) => return Ok(session),
                Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error),
                Err(error) => failed.push((host, error)),
            }
        }
        let Some((_, mut last)) = failed.pop() else {
            return Err(Error::new(ErrorKind::InvalidConfig, "Name at least one server"));
        };
        for (host, error) in failed {
            last = last.with_context("before", format!("{host}: {:?}: {}", error.kind(), error.message()));
        }
        Err(last)
    }

    async fn open_at(config: &Config, host: &Host) -> Result<Self> {
        let mut client = Client::connect(config, host).await?;
        let mut configuration: BTreeMap<_, _> = config
            .settings
            .iter()
            .map(|(key, value)| (format!("set:hiveconf:{key}"), value.clone()))
            .collect();
        if let Some(database) = &config.database {
            configuration.insert("use:database".to_owned(), database.clone());
        }
        let request = OpenSession {
            client_protocol: PROTOCOL_VERSION,
            username: Some(config.user.clone()),
            password: Some(config.password.clone()),
            configuration,
        };
        let reply = client.call(&request).await?;
        reply.status.check().map_err(|error| error.with_context("host", host))?;
        if reply.server_protocol_version < COLUMNAR_VERSION {
            let message = "The server is too old: it gives no columnar results";
            let error = Error::new(ErrorKind::Unsupported, message);
            return Err(error.with_context("protocol", reply.server_protocol_version));
        }
        let handle = reply.session.ok_or_else(|| missing("session"))?;
        Ok(Self { client, handle, settings: reply.configuration.unwrap_or_default(), abandoned: Vec::new() })
    }

    /// Starts a statement and gives it back while it runs.
    ///
    /// The server compiles it first, so errors in it come from here.
    ///
    /// # Errors
    ///
    /// What the server says of the statement, or that the session is lost.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the session is lost, except over HTTP, and the statement's outcome is unknown.
    pub async fn execute(&mut self, statement: impl Into<Statement>) -> Result<Operation<'_>> {
        let statement = statement.into();
        self.close_abandoned().await?;
        let request = ExecuteStatement {
            session: self.handle.clone(),
            statement: statement.sql,
            settings: Some(statement.settings),
            run_async: true,
            timeout_seconds: statement.timeout.map(whole_seconds),
        };
        let reply = self.client.call(&request).await?;
        self.observe(reply.status.check())?;
        let handle = reply.operation.ok_or_else(|| missing("operation"))?;
        Ok(Operation::new(self, handle))
    }

    /// Runs a statement to its end and closes it. Results that it has are not fetched.
    ///
    /// Gives the number of rows it changed where the server tells, which Hive does for some inserts only.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute) and [`Operation::wait`].
    pub async fn run(&mut self, statement: impl Into<Statement>) -> Result<Option<u64>> {
        let mut operation = self.execute(statement).await?;
        operation.wait().await?;
        let modified = operation.modified_row_count();
        operation.close().await?;
        Ok(modified)
    }

    /// Name and version of the server's product, such as `Apache Hive` and `4.0.1`.
    ///
    /// # Errors
    ///
    /// When the server does not tell, or the session is lost.
    pub async fn server_version(&mut self) -> Result<(String, String)> {
        let name = self.info(INFO_PRODUCT_NAME).await?;
        Ok((name, self.info(INFO_PRODUCT_VERSION).await?))
    }

    /// What the server said of its own settings when the session was opened.
    pub fn server_settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// The server that this session is at, as `host:port`.
    pub fn server(&self) -> String {
        self.client.host().to_string()
    }

    /// Whether the session is gone, so that every call will fail.
    pub fn is_lost(&self) -> bool {
        self.client.is_lost()
    }

    /// Closes the session and the connection.
    ///
    /// # Errors
    ///
    /// When the server does not confirm. The session ends all the same with its connection, except over HTTP.
    pub async fn close(mut self) -> Result<()> {
        let reply = self.client.call(&CloseSession { session: self.handle.clone() }).await?;
        reply.status.check()
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    pub(crate) fn config(&self) -> &Config {
        self.client.config()
    }

    pub(crate) fn host(&self) -> &Host {
        self.client.host()
    }

    /// Remembers an operation to be closed before the next call.
    pub(crate) fn abandon(&mut self, operation: OperationHandle) {
        if !self.is_lost() {
            self.abandoned.push(operation);
        }
    }

    /// Looks at what a server said: a session it does not know any more is lost for good.
    pub(crate) fn observe<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionLost) {
            self.client.mark_lost();
        }
        result
    }

    async fn close_abandoned(&mut self) -> Result<()> {
        while let Some(operation) = self.abandoned.pop() {
            // Closing is housekeeping. A server that has forgotten the operation has nothing left to close.
            self.client.call(&CloseOperation { operation }).await?;
        }
        Ok(())
    }

    async fn info(&mut self, info: i32) -> Result<String> {
        let reply = self.client.call(&GetInfo { session: self.handle.clone(), info }).await?;
        self.observe(reply.status.check())?;
        reply.value.and_then(|value| value.text).ok_or_else(|| missing("info"))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The handle's secret is the key to the session.
        f.debug_struct("Session")
            .field("server", &self.server())
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}

/// The error for a reply that says success and lacks what was asked for.
pub(crate) fn missing(part: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, "The server's answer lacks a part that it must have")
        .with_context("part", part)
        .in_doubt()
}

/// Full seconds, rounded up: zero would mean no limit.
fn whole_seconds(timeout: std::time::Duration) -> i64 {
    let seconds = timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0));
    i64::try_from(seconds.max(1)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_limit_never_becomes_no_limit() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1001)), 2);
        assert_eq!(whole_seconds(Duration::MAX), i64::MAX);
    }
}
