//! The target suite on the emulator, read with plain SQL by a connection of its own.

use std::sync::Arc;

use crate::fixture::{Fixture, rows};
use async_trait::async_trait;
use publish_core::{Error, ErrorKind, Registry, Result, Storage, TableName, Target};
use publish_formats::{JsonFormat, ParquetFormat};
use publish_testkit::target::{TargetFixture, TargetPlace, check_all};
use redshift_emulator::Isolation;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_under_serializable_isolation() {
    check_all(&OnEmulator(Isolation::Serializable)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_under_snapshot_isolation() {
    check_all(&OnEmulator(Isolation::Snapshot)).await.unwrap();
}

#[derive(Debug)]
struct OnEmulator(Isolation);

#[async_trait]
impl TargetFixture for OnEmulator {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        let fixture = Fixture::with(self.0, json!({})).await;
        let staging = format!("s3://{}/staging", fixture.name);
        let target = fixture.target_with(&json!({"stage_from_anywhere": staging}));
        Ok(Box::new(Place { fixture, target }))
    }
}

struct Place {
    fixture: Fixture,
    target: Arc<dyn Target>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("database", &self.fixture.name).finish()
    }
}

#[async_trait]
impl TargetPlace for Place {
    fn target(&self) -> Arc<dyn Target> {
        Arc::clone(&self.target)
    }

    fn equip(&self, registry: Registry) -> Registry {
        let storage: Arc<dyn Storage> = Arc::new(self.fixture.buckets.clone());
        registry.with_storage(&storage).with_format(Arc::new(ParquetFormat)).with_format(Arc::new(JsonFormat))
    }

    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>> {
        let client = self.fixture.client().await;
        let query = format!("SELECT * FROM \"{}\".\"{}\"", table.namespace, table.name);
        let messages = match client.simple_query(&query).await {
            Ok(messages) => messages,
            // A reader that comes between the two names of a table sees none.
            Err(error) if error.code().is_some_and(|code| code.code() == "42P01") => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let text = |row: &tokio_postgres::SimpleQueryRow| {
            let value = |at: usize| match (row.get(at), row.columns()[at].name()) {
                (None, _) => "null".to_owned(),
                (Some(value), "name") => format!("{value:?}"),
                (Some(value), _) => value.to_owned(),
            };
            (0..row.len()).map(value).collect::<Vec<_>>().join("|")
        };
        let texts = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(text(row)),
            _ => None,
        });
        Ok(Some(texts.collect()))
    }

    async fn contents(&self) -> Result<Vec<String>> {
        let mut all = self.fixture.relations().await;
        all.extend(self.fixture.keys());
        Ok(all)
    }

    async fn alter(&self, table: &TableName) -> Result<()> {
        let alter =
            format!("ALTER TABLE \"{}\".\"{}\" ADD COLUMN added INTEGER", table.namespace, table.name);
        self.fixture.client().await.batch_execute(&alter).await.map_err(unreadable)
    }

    async fn end_leases(&self) -> Result<()> {
        let end = "UPDATE publish.publish_lease SET expires_at = GETDATE() - INTERVAL '1 hour'";
        rows(&self.fixture.client().await, end).await.map(|_| ()).map_err(unreadable)
    }
}

fn unreadable(error: tokio_postgres::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "The database can't be read").with_source(error)
}
