//! What a publish is: the traits, the five actions, plans, and the engine that runs them.
//!
//! A *result set*, the files that a finished job left, is *published* to a *table* on a *target* by an *action*. The
//! action says what must be true afterwards, the target writes the *plan*, and the engine carries it out as a *run* that
//! ends in a *report*:
//!
//! ```text
//! request ──► resolve ──► inspect ──► action.intend ──► target.plan ──► prepare ──► commit ──► tidy ──► report
//!             results     table       (pure)            (pure)          undoable    one act
//!             schema      as found    what              how             └────── journal ──────┘
//! ```
//!
//! Everything up to the plan changes nothing, so a dry run ([`Engine::plan`]) is a run ([`Engine::publish`]) that stops
//! there.
//!
//! | to | implement | and prove it with |
//! | --- | --- | --- |
//! | publish to another place | [`Target`], [`TargetSession`], [`Journal`] | `publish_testkit::target` |
//! | publish in another way | [`Action`] | `publish_testkit::action` |
//! | read files from elsewhere | [`Storage`] | `publish_testkit::storage` |
//! | read files of another kind | [`Format`] | `publish_testkit::format` |
//!
//! This crate knows no target, no format and no storage: a host puts those that it wants into a [`Registry`].
//!
//! ```
//! use publish_core::action::CreateAndLoad;
//! use publish_core::{
//!     ActionContext, CommitKind, FileFormat, Location, PublishRequest, Registry, RunId, Source, TableName, TableState,
//! };
//!
//! let files = Location::parse("hdfs://namenode/jobs/7/part-*.avro")?;
//! let source = Source::new(vec![files]).with_format(FileFormat::Avro);
//! let request = PublishRequest::new(source, "orders", CreateAndLoad::NAME);
//!
//! let registry = Registry::new();
//! let action = registry.action(&request.action)?;
//! let (run, table) = (RunId::generate(), TableName::new("default", "orders_20261125105112123"));
//! let intent = action.intend(&ActionContext::new(&run, 1, &request, &table, &TableState::Absent))?;
//! assert_eq!(intent.kind, CommitKind::CreateLoaded);
//! # Ok::<(), publish_core::Error>(())
//! ```

pub mod action;
mod check;
mod engine;
mod error;
mod event;
mod format;
mod intent;
mod journal;
mod location;
mod locks;
mod name;
mod plan;
mod registry;
mod request;
mod result_set;
mod run;
mod schema;
mod secret;
mod state;
mod storage;
mod target;
mod target_settings;

pub use action::{Action, ActionContext};
pub use check::Check;
pub use engine::{Engine, EngineSettings, SweepOptions, SweepReport};
pub use error::{Error, ErrorKind, Result, Retry};
pub use event::{Event, EventSink, NoEvents, Progress, TracedEvents};
pub use format::{
    BatchStream, BatchWriter, FileFacts, FileFormat, FileInspection, FilePart, Format, FormatOptions,
    WriteOptions,
};
pub use intent::{CommitKind, Intent, Requirement};
pub use journal::{AttemptRecord, Journal, JournalEntry, PendingTidy, Phase};
pub use location::Location;
pub use locks::{InProcessLocks, LockKey, TableLock, TableLocks};
pub use name::{ActionName, RunId, TableName, TargetName};
pub use plan::{
    Artifact, Commit, LoadSource, Plan, PlanBuilder, Prepare, PrepareWork, ResultSummary, StageFiles,
    StageTable, StepId, Tidy, Window,
};
pub use registry::Registry;
pub use request::{Atomicity, ExactlyOnce, PublishRequest, RequestOptions, RowProof, Source, TableNaming};
pub use result_set::{DataFile, ResultSet};
pub use run::{
    Cancel, ColumnLimit, Report, ResultBatch, ResultBatchStream, ResultReader, RunContext, RunOutcome,
};
pub use schema::{
    ColumnDef, ColumnMapping, ColumnNaming, Conversion, FitRules, MappedColumn, Misfit, ResultColumn,
    ResultSchema, STORED_AS_KEY, TEXT_TYPE_KEY, TableSchema, check_fit, publish_names, stored_as, text_type,
    with_stored_as,
};
pub use secret::Secret;
pub use state::{Committed, Dependent, Outcome, Prepared, SourceRows, TableFound, TableState};
pub use storage::{ByteStream, FileMeta, FileStream, FileWriter, Storage, Storages};
pub use target::{Target, TargetFactory, TargetSession};
pub use target_settings::read_target_settings;
