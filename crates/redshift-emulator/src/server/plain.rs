//! A plain PostgreSQL, for tests of what keeps its own state in one.

use crate::StartError;

use super::{SUPERUSER, Server, find_programs};

/// A PostgreSQL server of its own in a scratch folder, without anything of the service. Stopped when dropped and also when
/// this process is killed.
#[derive(Debug)]
pub struct PlainServer(Server);

impl PlainServer {
    /// Makes a database cluster and starts it.
    ///
    /// # Errors
    /// If PostgreSQL is not found or does not start; the message says what to do.
    pub async fn start() -> Result<Self, StartError> {
        let programs = find_programs(None)?;
        let server = tokio::task::spawn_blocking(move || Server::start(&programs, "trust"))
            .await
            .map_err(|error| StartError::new("The start was given up").with_source(error))??;
        drop(server.wait_ready("postgres").await?);
        Ok(Self(server))
    }

    /// The address of its database, over a socket that only this user can open.
    pub fn url(&self) -> String {
        let socket = self.0.socket();
        let folder = socket.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        format!("postgresql://{SUPERUSER}@{}/postgres?sslmode=disable", folder.replace('/', "%2F"))
    }
}
