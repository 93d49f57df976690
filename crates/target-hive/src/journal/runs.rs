//! The journal as the engine asks it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, FileMeta, Journal, JournalEntry, Location, PendingTidy, Phase,
    Result, RunId, Storage,
};
use uuid::Uuid;

use super::clock::StoreClock;
use super::names::{FileKind, FileName, Mark, bucket, runs_folder};
use super::state::{Attempt, Begun, Closed, HiveEntry, Turn};
use super::store::{Put, Store};

/// How long a lease lasts. An engine renews it every ten seconds.
const LEASE: Duration = Duration::from_secs(60);

/// Longest time between two readings of the store's clock where no lease hangs on it.
const CLOCK_AGE: Duration = Duration::from_secs(60);

/// Runs that are read side by side.
const LANES: usize = 16;

/// How often files may vanish while they are read before somebody must be at work there who is no engine.
const MAX_TRIES: u32 = 16;

/// The runs of a Hive target, in files below a folder.
///
/// ```
/// use std::sync::Arc;
///
/// use publish_core::{Journal, Location, RunId};
/// use publish_storage::MemoryStorage;
/// use target_hive::journal::HiveJournal;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> publish_core::Result<()> {
/// let root = Location::parse("mem:///staging/journal")?;
/// let mut journal = HiveJournal::new(Arc::new(MemoryStorage::default()), root)?;
/// assert_eq!(journal.read(&RunId::parse("nightly_7")?).await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HiveJournal {
    pub(super) store: Store,
    pub(super) root: Location,
    clock: StoreClock,
    lease: Duration,
}

impl HiveJournal {
    /// Keeps the runs below `root`, which belongs to the journal alone.
    ///
    /// # Errors
    /// If `root` can't be the address of a folder.
    pub fn new(storage: Arc<dyn Storage>, root: Location) -> Result<Self> {
        let store = Store::new(storage);
        let clock = StoreClock::new(&store, &root)?;
        Ok(Self { store, root, clock, lease: LEASE })
    }

    /// Sets how long a lease lasts: several times as long as an engine takes to renew it. A minute unless said.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Reads a run's entry, with what only Hive's commits need.
    ///
    /// # Errors
    /// Those of the storage; [`BadData`](ErrorKind::BadData) if a file is not the journal's own.
    pub async fn entry(&mut self, run: &RunId) -> Result<Option<HiveEntry>> {
        match self.latest(run).await? {
            Some(attempt) => self.tell(attempt).await.map(Some),
            None => Ok(None),
        }
    }

    /// The latest attempt of a run.
    pub(super) async fn latest(&self, run: &RunId) -> Result<Option<Attempt>> {
        for _ in 0..MAX_TRIES {
            let files = self.files_of(run).await?;
            if !files.iter().any(|(name, _)| name.kind == FileKind::Begun) {
                return Ok(None);
            }
            if let Some(attempt) = Attempt::read(&self.store, &files).await? {
                return Ok(Some(attempt));
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "The files of the run vanish while they are read; try again")
            .with_context("run", run))
    }

    /// The latest attempt of a run, if it is this one.
    pub(super) async fn attempt(&self, run: &RunId, attempt: u32) -> Result<Option<Attempt>> {
        let latest = self.latest(run).await?.ok_or_else(|| unknown(run))?;
        Ok((latest.record.attempt == attempt).then_some(latest))
    }

    pub(super) async fn files_of(&self, run: &RunId) -> Result<Vec<(FileName, FileMeta)>> {
        let files = self.store.list(&bucket(&self.root, run)?).await?;
        Ok(named(files).filter(|(name, _)| name.run == *run).collect())
    }

    /// The entry of an attempt. That its lease has run out is said only by a fresh reading of the clock.
    pub(super) async fn tell(&mut self, attempt: Attempt) -> Result<HiveEntry> {
        let mut now = self.clock.now(CLOCK_AGE).await?;
        if attempt.phase() == Phase::Prepared && !attempt.is_held(now, self.lease) {
            now = self.clock.now(Duration::ZERO).await?;
        }
        Ok(attempt.into_entry(now, self.lease))
    }

    pub(super) async fn tell_latest(&mut self, run: &RunId) -> Result<HiveEntry> {
        self.entry(run).await?.ok_or_else(|| unknown(run))
    }
}

#[async_trait]
impl Journal for HiveJournal {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        Ok(self.entry(run).await?.map(|found| found.entry))
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        let found = self.latest(&record.run).await?;
        let next = match &found {
            None => Some(1),
            Some(latest) if matches!(latest.phase(), Phase::Abandoned | Phase::RolledBack) => {
                Some(latest.record.attempt + 1)
            }
            Some(_) => None,
        };
        if next != Some(record.attempt) {
            let error = busy(&record.run);
            return Err(match found {
                Some(latest) => {
                    error.with_context("attempt", latest.record.attempt).with_context("phase", latest.phase())
                }
                None => error.with_context("attempt", record.attempt),
            });
        }
        let at = FileName::new(&record.run, record.attempt, FileKind::Begun).location(&self.root)?;
        let begun = Begun { id: new_id(), record: record.clone() };
        match self.store.put(&at, &begun).await.map_err(|error| self.forbidden(error))? {
            Put::Won(_) => Ok(()),
            Put::Lost => Err(busy(&record.run).with_context("attempt", record.attempt)),
        }
    }

    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        self.renew_lease(run, attempt).await
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        if let Some(found) = self.attempt(run, attempt).await?
            && found.turn.is_none()
        {
            let at = FileName::new(run, attempt, FileKind::Turn { id: found.id }).location(&self.root)?;
            self.store.put(&at, &Turn { by: new_id(), is_commit: false }).await?;
        }
        Ok(self.tell_latest(run).await?.entry)
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        let Some(found) = self.attempt(run, attempt).await? else { return Ok(()) };
        let closed = Closed { by: new_id(), artifacts: artifacts.to_vec(), tidy: tidy.to_vec() };
        let last = found.closed.as_ref().map_or(0, |(number, _)| *number);
        for number in last + 1..=last + MAX_TRIES {
            let kind = FileKind::Closed { id: found.id.clone(), number };
            let at = FileName::new(run, attempt, kind).location(&self.root)?;
            if matches!(self.store.put(&at, &closed).await?, Put::Won(_)) {
                if !found.is_committing() {
                    let mark = Mark::new(&found.record.table, run, attempt);
                    self.store.delete(&mark.location(&self.root)?).await?;
                }
                for file in &found.replaced {
                    self.store.delete(&file.location).await?;
                }
                return Ok(());
            }
        }
        Err(busy(run).with_context("attempt", attempt))
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        self.clock.tidy().await?;
        self.tidy_marks().await?;
        let files = self.store.list(&runs_folder(&self.root)?).await?;
        let mut runs: BTreeMap<RunId, Vec<(FileName, FileMeta)>> = BTreeMap::new();
        for (name, file) in named(files) {
            runs.entry(name.run.clone()).or_default().push((name, file));
        }
        let this = &*self;
        let read = runs.into_iter().map(|(run, files)| async move {
            match Attempt::read(&this.store, &files).await? {
                Some(attempt) => Ok(Some(attempt)),
                None => this.latest(&run).await,
            }
        });
        let attempts =
            futures::stream::iter(read).buffered(LANES).try_collect::<Vec<Option<Attempt>>>().await?;
        let mut entries = Vec::with_capacity(attempts.len());
        for attempt in attempts.into_iter().flatten() {
            entries.push(self.tell(attempt).await?.entry);
        }
        Ok(entries)
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        let mut files = self.files_of(run).await?;
        // The latest attempt is known by what began it: without that, the rest says nothing any more.
        files.sort_by(|(one, _), (two, _)| (&one.kind, one.attempt).cmp(&(&two.kind, two.attempt)));
        for (_, file) in files {
            self.store.delete(&file.location).await?;
        }
        Ok(())
    }
}

impl HiveJournal {
    /// Adds to a refusal what an administrator can do about it.
    fn forbidden(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::PermissionDenied {
            return error;
        }
        let message = "The journal can't be kept; let an administrator make its folder, or give another one";
        let root = &self.root;
        Error::new(ErrorKind::PermissionDenied, message)
            .with_context("folder", root)
            .with_context(
                "statements",
                format!("hdfs dfs -mkdir -p {root}; hdfs dfs -chown <the engine's user> {root}"),
            )
            .with_source(error)
    }
}

/// Those of the files that are the journal's.
fn named(files: Vec<FileMeta>) -> impl Iterator<Item = (FileName, FileMeta)> {
    files.into_iter().filter_map(|file| Some((FileName::parse(file.location.file_name())?, file)))
}

/// An id that nobody else has.
pub(super) fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(super) fn unknown(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, "The journal has no entry of this run").with_context("run", run)
}

fn busy(run: &RunId) -> Error {
    Error::new(
        ErrorKind::Busy,
        "Another engine began an attempt of this run; wait for it to end, then send the request again",
    )
    .with_context("run", run)
}
