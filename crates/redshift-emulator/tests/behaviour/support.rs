//! An emulator with a bucket, and a client.

use std::fs;
use std::path::PathBuf;

use redshift_emulator::{Emulator, EmulatorBuilder, FolderStore};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(crate) const ROLE: &str = "iam_role 'arn:aws:iam::123456789012:role/load'";

/// An emulator whose bucket `b` is a folder.
pub(crate) struct Stand {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    scratch: TempDir,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        Self::start_with(|builder| builder).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("b")).unwrap();
        let builder = Emulator::builder().with_objects(FolderStore::new(scratch.path()));
        let emulator = change(builder).start().await.unwrap();
        let client = connect(&emulator).await;
        Self { emulator, client, scratch }
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.scratch.path().join("b").join(key)
    }

    pub(crate) fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(key), bytes).unwrap();
    }

    pub(crate) async fn run(&self, sql: &str) {
        run(&self.client, sql).await;
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.client, sql).await
    }

    pub(crate) async fn refusal(&self, sql: &str) -> Refusal {
        refusal(&self.client, sql).await
    }
}

pub(crate) async fn connect(emulator: &Emulator) -> Client {
    connect_as(emulator, emulator.user(), emulator.password()).await
}

pub(crate) async fn connect_as(emulator: &Emulator, user: &str, password: &str) -> Client {
    let options = format!(
        "host=127.0.0.1 port={} user={user} password={password} dbname={}",
        emulator.port(),
        emulator.database()
    );
    let (client, connection) = tokio_postgres::connect(&options, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn run(client: &Client, sql: &str) {
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The rows of a query, their values with bars between them.
pub(crate) async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            let values: Vec<_> = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL").to_owned()).collect();
            Some(values.join("|"))
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// An error of the server.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) detail: String,
}

pub(crate) async fn refusal(client: &Client, sql: &str) -> Refusal {
    let error = client.batch_execute(sql).await.expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
    Refusal {
        code: error.code().code().to_owned(),
        message: error.message().to_owned(),
        detail: error.detail().unwrap_or_default().to_owned(),
    }
}
