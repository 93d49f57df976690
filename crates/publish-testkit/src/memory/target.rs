//! The target: what can be set of it, what it plans.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use publish_core::{
    Artifact, ColumnMapping, CommitKind, Error, ErrorKind, FileFormat, Format, Intent, JournalEntry,
    LoadSource, Location, Plan, PlanBuilder, PrepareWork, Result, ResultSchema, ResultSet, RunContext,
    StageFiles, StageTable, TableName, TableSchema, TableState, Target, TargetName, TargetSession, Window,
    check_fit,
};

use super::Defect;
use super::place::{Kept, Place};
use super::session::MemorySession;
use super::types::{MemoryFit, map_schema};

/// A race: what another writer does between a commit's check and its swap.
type Race = Box<dyn FnOnce(&MemoryTarget) + Send>;

/// A target in memory, without transactions. Clones are the same place, seen by the same journal.
///
/// It stages a table beside the real one and commits by a compare-and-swap that also carries the evidence. Leases and
/// windows go by tokio's clock, so that tests can pause it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::sync::Arc;
///
/// use publish_core::{Cancel, Engine, NoEvents, PublishRequest, RunOutcome, TableName, action::DropAndLoad};
/// use publish_testkit::memory::MemoryTarget;
/// use publish_testkit::results::{ResultShelf, numbered_rows};
///
/// let (shelf, memory) = (ResultShelf::new(), MemoryTarget::new("doc"));
/// let source = shelf.put("orders", &[numbered_rows(1..=10)]).unwrap();
/// let request = PublishRequest::new(source, "orders", DropAndLoad::NAME);
/// let engine = Engine::new(shelf.registry());
/// let report =
///     engine.publish(&memory.as_target(), &request, Arc::new(NoEvents), &Cancel::default()).await.unwrap();
/// assert_eq!(report.outcome, RunOutcome::Published);
/// assert_eq!(memory.rows(&TableName::new("main", "orders")).unwrap().len(), 10);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct MemoryTarget {
    identity: Arc<str>,
    lease: Duration,
    staging: Option<(Location, FileFormat, Arc<dyn Format>)>,
    window: Option<Duration>,
    keep_old: Option<Duration>,
    defects: Vec<Defect>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    place: Mutex<Place>,
    race: Mutex<Option<Race>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl MemoryTarget {
    /// The name of its kind.
    pub const NAME: TargetName = TargetName::new("memory");

    /// Creates an empty place.
    pub fn new(name: &str) -> Self {
        Self {
            identity: format!("memory:{name}").into(),
            lease: Duration::from_secs(60),
            staging: None,
            window: None,
            keep_old: None,
            defects: Vec::new(),
            shared: Arc::default(),
        }
    }

    /// Sets how long a lease lasts. Default one minute.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Lets the engine stage files of `format` below `folder`, and loads those instead of the results.
    #[must_use]
    pub fn with_staged_files(mut self, folder: Location, format: Arc<dyn Format>) -> Self {
        self.staging = Some((folder, format.format(), format));
        self
    }

    /// Replaces a table by taking it away first and putting the new one there after `length`: a declared window.
    #[must_use]
    pub fn with_window(mut self, length: Duration) -> Self {
        self.window = Some(length);
        self
    }

    /// Keeps a replaced table for its readers for `time`, and leaves it to a sweep to remove it.
    #[must_use]
    pub fn with_old_kept(mut self, time: Duration) -> Self {
        self.keep_old = Some(time);
        self
    }

    /// Breaks a rule.
    #[must_use]
    pub fn with_defect(mut self, defect: Defect) -> Self {
        self.defects.push(defect);
        self
    }

    /// This place as a target.
    pub fn as_target(&self) -> Arc<dyn Target> {
        Arc::new(self.clone())
    }

    /// Does `act` once, between the next commit's check and its swap.
    pub fn race(&self, act: impl FnOnce(&Self) + Send + 'static) {
        *self.shared.race.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    }

    /// Adds rows to a table, as another writer would. Makes the table where there is none.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a column has a type that a table in memory has not.
    pub fn add_rows(&self, table: &TableName, batch: &RecordBatch) -> Result<()> {
        let mut place = self.place();
        let change = place.next_change();
        if let Some(stored) = place.tables.get_mut(table) {
            stored.batches.push(batch.clone());
            stored.version = change;
            return Ok(());
        }
        let schema = map_schema(&ResultSchema::new(batch.schema()))?;
        place.put(table, schema, vec![batch.clone()]);
        Ok(())
    }

    /// Makes a table another one with the same columns and rows, as another writer would who alters it.
    pub fn alter(&self, table: &TableName) {
        let mut place = self.place();
        let change = place.next_change();
        if let Some(stored) = place.tables.get_mut(table) {
            (stored.definition, stored.version) = (change, change);
        }
    }

    /// The rows of a table as text, in order, see [`row_texts`](crate::results::row_texts). `None` if there is no such
    /// table.
    pub fn rows(&self, table: &TableName) -> Option<Vec<String>> {
        let batches = self.place().tables.get(table)?.batches.clone();
        Some(batches.iter().filter_map(|batch| crate::results::row_texts(batch).ok()).flatten().collect())
    }

    /// The names of all tables, those that are staged included.
    pub fn table_names(&self) -> Vec<TableName> {
        let place = self.place();
        place.tables.keys().chain(place.aside.keys()).cloned().collect()
    }

    /// Lets every lease run out now.
    pub fn end_leases(&self) {
        if !self.has(Defect::HoldsForever) {
            for kept in self.place().entries.values_mut() {
                kept.held_until = None;
            }
        }
    }

    /// The journal's entries.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.place().entries.values().map(Kept::entry).collect()
    }

    pub(super) fn place(&self) -> MutexGuard<'_, Place> {
        self.shared.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    pub(super) fn lease(&self) -> Duration {
        if self.has(Defect::HoldsForever) { Duration::from_secs(365 * 24 * 3600) } else { self.lease }
    }

    pub(super) fn window(&self) -> Option<Duration> {
        self.window
    }

    pub(super) fn keeps_old(&self) -> bool {
        self.keep_old.is_some()
    }

    pub(super) fn staging_format(&self) -> Option<&Arc<dyn Format>> {
        self.staging.as_ref().map(|(_, _, format)| format)
    }

    pub(super) fn run_race(&self) {
        let race = self.shared.race.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(race) = race {
            race(self);
        }
    }

    /// Adds the steps that stage the results beside the table, and says where the commit finds them.
    fn stage(
        &self,
        mut plan: PlanBuilder,
        intent: &Intent,
        columns: &TableSchema,
        mapping: &ColumnMapping,
    ) -> Result<(PlanBuilder, LoadSource)> {
        let beside = intent.table.beside(&intent.run, intent.attempt);
        let mut source = LoadSource::Results;
        if let Some((folder, format, _)) = &self.staging {
            let folder = folder.join(&beside.name)?;
            source = LoadSource::Staged(plan.next_step());
            plan = plan.prepare(
                "Write the results where the target can load them",
                PrepareWork::StageFiles(StageFiles::new(folder.clone(), *format, mapping.clone())),
                vec![Artifact::Files { folder }],
                Vec::new(),
            );
        }
        let staged = plan.next_step();
        let statements = vec![format!("stage {beside}")];
        let work = StageTable::new(beside.clone(), columns.clone(), mapping.clone(), source);
        plan = plan.prepare(
            "Load the rows beside the table",
            PrepareWork::StageTable(work),
            vec![Artifact::Table { table: beside }],
            statements,
        );
        Ok((plan, LoadSource::Table(staged)))
    }

    /// Adds the steps that remove what the commit did not take in.
    fn tidy(&self, mut plan: PlanBuilder, intent: &Intent) -> Result<PlanBuilder> {
        let beside = intent.table.beside(&intent.run, intent.attempt);
        if let Some((folder, ..)) = &self.staging {
            let folder = folder.join(&beside.name)?;
            plan =
                plan.tidy("Remove the staged files", Artifact::Files { folder }, Duration::ZERO, Vec::new());
        }
        let (title, table, after) = match (&intent.kind, self.keep_old) {
            (CommitKind::Append | CommitKind::ReplaceRows, _) => {
                ("Remove the staged table", beside, Duration::ZERO)
            }
            (CommitKind::ReplaceTable, Some(time)) => ("Remove the old table", old_table(&beside), time),
            _ => return Ok(plan),
        };
        let statements = vec![format!("drop {table}")];
        Ok(plan.tidy(title, Artifact::Table { table }, after, statements))
    }
}

#[async_trait]
impl Target for MemoryTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !path.is_empty() && path != ["main"] {
            return Err(Error::new(ErrorKind::InvalidRequest, "The path is empty, or main")
                .with_context("path", path.join("/")));
        }
        if table.is_empty() || table.len() > 100 || !table.chars().all(is_legal) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "A table's name is 1 to 100 letters, digits and underscores; give another",
            )
            .with_context("table", table));
        }
        Ok(TableName::new("main", table.to_ascii_lowercase()))
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        map_schema(results)
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        let fit = check_fit(&MemoryFit, results, table);
        match fit {
            Err(error) if self.has(Defect::NamesOneMisfit) => {
                let first = error.context().first().map(|(_, misfit)| misfit.clone()).unwrap_or_default();
                Err(Error::new(error.kind(), error.message()).with_context("misfit", first))
            }
            fit => fit,
        }
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        let mut plan = PlanBuilder::new(Self::NAME, intent, results);
        if self.has(Defect::PlansDiffer) {
            plan = plan.note(format!("plan {}", self.place().next_change()));
        }
        let statements = vec![format!("{} {}", intent.kind, intent.table)];
        let (columns, mapping) = match (&intent.kind, found) {
            (CommitKind::Create, _) => {
                let columns = self.map_schema(&results.schema)?;
                return plan.commit("Make the table", columns, statements).build();
            }
            (CommitKind::CreateLoaded | CommitKind::ReplaceTable, _) => {
                let columns = self.map_schema(&results.schema)?;
                let mapping = ColumnMapping::by_position(&results.schema, &columns);
                // Types that a text format infers are read as such.
                let mapping = self.check_fit(&results.schema, &columns).unwrap_or(mapping);
                (columns, mapping)
            }
            (CommitKind::Append | CommitKind::ReplaceRows, TableState::Present(found)) => {
                let mapping = self.check_fit(&results.schema, &found.schema)?;
                (found.schema.clone(), mapping)
            }
            (kind, _) => {
                return Err(Error::new(ErrorKind::Unsupported, "A target in memory knows no such commit")
                    .with_context("commit", kind));
            }
        };
        let (mut plan, source) = self.stage(plan, intent, &columns, &mapping)?;
        plan = plan.commit("Make the rows visible", columns, statements).load(source, mapping);
        let is_replaced = matches!(intent.kind, CommitKind::ReplaceRows | CommitKind::ReplaceTable);
        if let (true, Some(length)) = (is_replaced, self.window) {
            plan =
                plan.window(Window::new("no table", "the target can't swap two tables in one act", length));
        }
        self.tidy(plan, intent)?.build()
    }

    async fn connect(&self, _: &RunContext) -> Result<Box<dyn TargetSession>> {
        Ok(Box::new(MemorySession::new(self.clone())))
    }
}

/// The name under which a replaced table is kept.
pub(super) fn old_table(beside: &TableName) -> TableName {
    beside.with_name(format!("{}_old", beside.name))
}
