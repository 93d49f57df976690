//! What time it is at the store.

use std::time::{Duration, SystemTime};

use publish_core::{Error, ErrorKind, Location, Result};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::names::clock_folder;
use super::store::{Put, Store};

/// Age from which a file that was written to read the clock is what a dead engine left.
const STALE: Duration = Duration::from_secs(3600);

/// The store's clock, as every engine sees it: the time that the store says a file was written at.
///
/// Between two readings the time goes on with this machine's own steady clock.
#[derive(Clone, Debug)]
pub(super) struct StoreClock {
    store: Store,
    folder: Location,
    reading: Option<(Instant, SystemTime)>,
}

impl StoreClock {
    pub(super) fn new(store: &Store, root: &Location) -> Result<Self> {
        Ok(Self { store: store.clone(), folder: clock_folder(root)?, reading: None })
    }

    /// The time, by a reading that is at most `age` old.
    pub(super) async fn now(&mut self, age: Duration) -> Result<SystemTime> {
        match self.reading {
            Some((at, time)) if at.elapsed() <= age => Ok(time + at.elapsed()),
            _ => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<SystemTime> {
        let id = Uuid::new_v4().simple().to_string();
        let at = self.folder.join(&id)?;
        let put = self.store.put(&at, &json!({"by": id})).await?;
        // What is known a little late makes leases last a little longer.
        let told = Instant::now();
        let time = match put {
            Put::Won(meta) => self.store.modified(&meta).await,
            Put::Lost => Err(Error::new(ErrorKind::Unexpected, "Somebody took a name that nobody can know")
                .with_context("file", &at)),
        };
        self.store.delete(&at).await?;
        let time = time?;
        self.reading = Some((told, time));
        Ok(time)
    }

    /// Removes what engines left that died while they read the clock.
    pub(super) async fn tidy(&mut self) -> Result<()> {
        let files = self.store.list(&self.folder).await?;
        if files.is_empty() {
            return Ok(());
        }
        let now = self.now(STALE).await?;
        for file in files {
            let written = self.store.modified(&file).await.unwrap_or(now);
            if now.duration_since(written).is_ok_and(|age| age > STALE) {
                self.store.delete(&file.location).await?;
            }
        }
        Ok(())
    }
}
