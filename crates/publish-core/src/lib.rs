//! What a publish is: the traits, the five actions, plans, and the engine that runs them.

pub mod action;
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

pub use action::{Action, ActionContext};
pub use engine::{Engine, EngineSettings, SweepOptions, SweepReport};
pub use error::{Error, ErrorKind, Result, Retry};
pub use event::{Event, EventSink, NoEvents, Progress, TracedEvents};
pub use format::{
    BatchStream, BatchWriter, FileFormat, FileInspection, FilePart, Format, FormatOptions, WriteOptions,
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
pub use run::{Cancel, Report, ResultBatch, ResultBatchStream, ResultReader, RunContext, RunOutcome};
pub use schema::{
    ColumnDef, ColumnMapping, ColumnNaming, Conversion, FitRules, MappedColumn, Misfit, ResultColumn,
    ResultSchema, TEXT_TYPE_KEY, TableSchema, check_fit, publish_names, text_type,
};
pub use secret::Secret;
pub use state::{Committed, Dependent, Outcome, Prepared, TableFound, TableState};
pub use storage::{ByteStream, FileMeta, FileStream, FileWriter, Storage, Storages};
pub use target::{Target, TargetFactory, TargetSession};
