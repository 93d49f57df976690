//! One connection, and the statements on it: text in, text out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use publish_core::{Error, Result, RunContext};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode as PgSslMode;
use tokio_postgres::{CancelToken, Client, NoTls, SimpleQueryMessage};

use super::login::{DatabaseUser, credentials};
use super::tls::Tls;
use crate::config::RedshiftConfig;
use crate::error::{Redactor, is_told, redshift_error};

/// Time without traffic after which the line is probed: network gear forgets connections whose statement takes long.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How often the server is asked to stop a statement, which it may miss while the statement begins.
const STOP_TRIES: u32 = 10;

/// Time between two of these.
const STOP_PAUSE: Duration = Duration::from_secs(2);

/// What the service's own lists of sessions show.
const APPLICATION: &str = "publish";

/// Opens connections.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    config: Arc<RedshiftConfig>,
    tls: Option<Tls>,
    redactor: Redactor,
}

impl Connector {
    /// Reads trusted certificates, but connects to nothing yet.
    pub(crate) fn new(config: &Arc<RedshiftConfig>) -> Result<Self> {
        let mut secrets =
            config.copy.as_ref().map(crate::config::CopyAuthorization::secrets).unwrap_or_default();
        if let crate::config::Login::Password { password, .. } = &config.login {
            secrets.push(password.clone());
        }
        Ok(Self {
            tls: Tls::new(&config.ssl_mode)?,
            redactor: Redactor::new(secrets),
            config: Arc::clone(config),
        })
    }

    /// Opens a connection, with credentials of its own where they are temporary.
    pub(crate) async fn open(&self) -> Result<Link> {
        let DatabaseUser { user, password } = credentials(&self.config.login, &self.config.database).await?;
        let redactor = self.redactor.and([password.clone()]);
        let mut options = tokio_postgres::Config::new();
        options
            .host(&self.config.host)
            .port(self.config.port)
            .dbname(&self.config.database)
            .user(user)
            .password(password.expose())
            .application_name(APPLICATION)
            .connect_timeout(self.config.connect_timeout)
            .keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .ssl_mode(if self.tls.is_some() { PgSslMode::Require } else { PgSslMode::Disable });
        let (client, task) = match &self.tls {
            None => {
                let (client, connection) =
                    options.connect(NoTls).await.map_err(|error| self.failed(&error, &redactor))?;
                (client, tokio::spawn(drive(connection)))
            }
            Some(tls) => {
                let (client, connection) =
                    options.connect(tls.clone()).await.map_err(|error| self.failed(&error, &redactor))?;
                (client, tokio::spawn(drive(connection)))
            }
        };
        Ok(Link {
            cancel: client.cancel_token(),
            client,
            task: ConnectionTask(task),
            tls: self.tls.clone(),
            redactor,
        })
    }

    fn failed(&self, error: &tokio_postgres::Error, redactor: &Redactor) -> Error {
        redshift_error(error, redactor)
            .with_context("host", &self.config.host)
            .with_context("port", self.config.port)
            .with_context("database", &self.config.database)
    }
}

async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio_postgres::tls::TlsStream + Unpin,
{
    if let Err(error) = connection.await {
        // Whoever waits for an answer hears of it by the answer that does not come.
        tracing::debug!(error = %error, "a connection ended");
    }
}

/// What a statement answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The rows of the last statement that had any; nulls are `None`.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// Rows that the last statement changed, as its tag tells.
    pub(crate) changed: u64,
}

impl Answer {
    /// A value of the first row.
    pub(crate) fn value(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.as_deref()
    }

    /// The one value of the first row as a number.
    pub(crate) fn number(&self) -> Option<u64> {
        self.value(0)?.trim().parse().ok()
    }
}

/// One connection. Dropping it ends it: the service then stops its statement and rolls its transaction back.
pub(crate) struct Link {
    client: Client,
    cancel: CancelToken,
    task: ConnectionTask,
    tls: Option<Tls>,
    redactor: Redactor,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("is_closed", &self.client.is_closed()).finish_non_exhaustive()
    }
}

/// The task that moves a connection's bytes. It ends with its connection: a statement that nobody waits for is stopped.
struct ConnectionTask(JoinHandle<()>);

impl Drop for ConnectionTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A statement that failed: what it means, and whether the service itself said so.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether the service told it, so that the statement did certainly not do its work.
    pub(crate) is_told: bool,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Link {
    /// Runs a statement to its end, whatever happens.
    pub(crate) async fn run(&self, statement: &str) -> Result<Answer, Failure> {
        let failed = |error: tokio_postgres::Error| Failure {
            error: redshift_error(&error, &self.redactor),
            is_told: is_told(&error),
        };
        let mut answer = Answer::default();
        for message in self.client.simple_query(statement).await.map_err(failed)? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    let values = (0..row.len()).map(|column| row.get(column).map(str::to_owned));
                    answer.rows.push(values.collect());
                }
                SimpleQueryMessage::CommandComplete(changed) => answer.changed = changed,
                _ => {}
            }
        }
        Ok(answer)
    }

    /// Asks something.
    pub(crate) async fn ask(&self, query: &str) -> Result<Answer> {
        self.run(query).await.map_err(Error::from)
    }

    /// Runs a statement until it ends or the run is cancelled, which stops it at the server.
    ///
    /// # Errors
    /// [`Cancelled`](publish_core::ErrorKind::Cancelled) once the server has stopped it.
    pub(crate) async fn run_stoppable(&self, statement: &str, run: &RunContext) -> Result<Answer, Failure> {
        let told = |error| Failure { error, is_told: true };
        run.check_cancelled().map_err(told)?;
        let mut running = Box::pin(self.run(statement));
        tokio::select! {
            biased;
            answer = &mut running => return answer,
            () = run.cancelled() => {}
        }
        // It may have been over before the request came. Then the transaction is given up all the same.
        for _ in 0..STOP_TRIES {
            if let Err(error) = self.stop().await {
                tracing::debug!(error = %error, "the request to stop a statement failed");
            }
            match tokio::time::timeout(STOP_PAUSE, &mut running).await {
                Ok(Ok(_)) => return Err(told(RunContext::cancelled_error())),
                Ok(Err(failure)) if failure.is_told => return Err(told(RunContext::cancelled_error())),
                Ok(Err(failure)) => return Err(failure),
                Err(_) => {}
            }
        }
        // A server that does not listen loses its client, and takes the transaction back by itself.
        drop(running);
        self.task.0.abort();
        Err(Failure { error: RunContext::cancelled_error(), is_told: false })
    }

    /// Asks the server to stop what runs here, over a connection of its own as the protocol has it.
    async fn stop(&self) -> Result<()> {
        let stopped = match &self.tls {
            None => self.cancel.cancel_query(NoTls).await,
            Some(tls) => self.cancel.cancel_query(tls.clone()).await,
        };
        stopped.map_err(|error| redshift_error(&error, &self.redactor))
    }

    /// Whether the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Ends the connection in good order.
    pub(crate) async fn close(self) {
        let Self { client, mut task, .. } = self;
        drop(client);
        if tokio::time::timeout(Duration::from_secs(5), &mut task.0).await.is_err() {
            tracing::debug!("a connection did not end in time");
        }
    }
}
