//! A plan in the making.

use std::time::Duration;

use publish_core::{
    Artifact, ColumnMapping, Error, ErrorKind, ExactlyOnce, Intent, LoadSource, Plan, PlanBuilder, Result,
    ResultSet, TableFound, TableSchema, Target, Window,
};

use crate::config::RedshiftConfig;
use crate::detail::{ANALYZE, Detail, VACUUM, Way};
use crate::layout::Layout;
use crate::options::{Options, ReplaceBy};
use crate::script::{Script, Step};
use crate::sql;
use crate::target::RedshiftTarget;
use crate::types::{Declared, read_into_new, staged_as};

/// Bytes that a load is taken to bring in a second, to say about how long readers see an empty table.
const BYTES_A_SECOND: u64 = 50_000_000;

/// A plan in the making: the steps before the commit are written first, for it refers to them.
pub(super) struct Draft<'a> {
    pub(super) target: &'a RedshiftTarget,
    pub(super) intent: &'a Intent,
    pub(super) results: &'a ResultSet,
    pub(super) options: Options,
    pub(super) builder: PlanBuilder,
    /// What the steps before the commit leave, to be removed after it.
    pub(super) leftovers: Vec<(&'static str, Artifact)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        target: &'a RedshiftTarget,
        intent: &'a Intent,
        results: &'a ResultSet,
    ) -> Result<Self> {
        Ok(Self {
            target,
            intent,
            results,
            options: Options::read(&intent.options.extra)?,
            builder: PlanBuilder::new(target.name().clone(), intent, results),
            leftovers: Vec::new(),
        })
    }

    pub(super) fn config(&self) -> &'a RedshiftConfig {
        self.target.config()
    }

    /// The table's columns as the results would have them.
    pub(super) fn made(&self) -> Result<TableSchema> {
        self.target.map_schema(&self.results.schema)
    }

    /// The layout that the request asks for, checked against the columns.
    pub(super) fn asked_layout(&self, columns: &TableSchema) -> Result<Option<Layout>> {
        let names = names_of(columns);
        self.options.layout()?.map(|layout| layout.checked(&names)).transpose()
    }

    pub(super) fn mapping_into_new(&self, columns: &TableSchema) -> ColumnMapping {
        ColumnMapping::by_position_as(&self.results.schema, columns, read_into_new)
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.builder = self.builder.note(note);
        self
    }

    /// Adds something to the plan, and answers what it tells on the way.
    pub(super) fn builder_mut<T>(&mut self, add: impl FnOnce(PlanBuilder) -> (PlanBuilder, T)) -> T {
        let empty = PlanBuilder::new(self.target.name().clone(), self.intent, self.results);
        let (builder, answer) = add(std::mem::replace(&mut self.builder, empty));
        self.builder = builder;
        answer
    }

    pub(super) fn create(self) -> Result<Plan> {
        let columns = self.made()?;
        let mut detail = Detail::new(Way::Create);
        detail.layout = self.asked_layout(&columns)?.unwrap_or_default();
        self.finish("make the table, in one transaction", &detail, columns, None)
    }

    pub(super) fn create_loaded(self) -> Result<Plan> {
        let columns = self.made()?;
        let mapping = self.mapping_into_new(&columns);
        let mut detail = Detail::new(Way::CreateLoaded);
        detail.layout = self.asked_layout(&columns)?.unwrap_or_default();
        let table = self.intent.table.clone();
        let (draft, copy, source) = self.bring_rows(&table, &mapping, true)?;
        detail.copy = Some(copy);
        draft.finish(
            "make the table and load it, in one transaction",
            &detail,
            columns,
            Some((source, mapping)),
        )
    }

    pub(super) fn append(self, found: &TableFound) -> Result<Plan> {
        let draft = self.without_layout("load")?;
        draft.into_table(Way::Append, found)
    }

    pub(super) fn replace_rows(self, found: &TableFound) -> Result<Plan> {
        let draft = self.without_layout("truncateAndLoad")?;
        draft.replace_rows_of(found)
    }

    /// Refuses a layout where the table stays as it is.
    fn without_layout(self, action: &str) -> Result<Self> {
        if self.options.layout()?.is_none() {
            return Ok(self);
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "The table stays as it is, with its keys and encodings; leave distStyle, distKey, sortKey and encode out, or \
             use dropAndLoad",
        )
        .with_context("action", action))
    }

    pub(super) fn replace_rows_of(self, found: &TableFound) -> Result<Plan> {
        match self.options.replace_by {
            ReplaceBy::Delete => self.into_table(Way::DeleteAndLoad, found),
            ReplaceBy::Staging => self.by_staging(found),
            ReplaceBy::Truncate => {
                let seconds = 10 + self.results.size() / BYTES_A_SECOND;
                let mut draft = self;
                draft.builder = draft.builder.window(Window::new(
                    "an empty table, until the load has ended; and an empty table for good, if it fails",
                    "the request says replaceBy truncate: TRUNCATE commits the transaction it runs in",
                    Duration::from_secs(seconds),
                ));
                draft.into_table(Way::TruncateAndLoad, found)
            }
        }
    }

    /// Rows are loaded into a table as it is.
    fn into_table(self, way: Way, found: &TableFound) -> Result<Plan> {
        let mapping = self.target.check_fit(&self.results.schema, &found.schema)?;
        let draft = self.with_notes_on(&mapping, found);
        let table = draft.intent.table.clone();
        let (draft, copy, source) = draft.bring_rows(&table, &mapping, false)?;
        let mut detail = Detail::new(way);
        detail.copy = Some(copy);
        let title = match way {
            Way::Append => "load the rows, in one transaction",
            Way::TruncateAndLoad => "truncate the table, then load the rows in one transaction",
            _ => "delete the rows and load the new ones, in one transaction",
        };
        let columns = draft.columns_as_found(found);
        draft.finish(title, &detail, columns, Some((source, mapping)))
    }

    /// The columns as they are, with what the results lose on their way, whoever made the table.
    pub(super) fn columns_as_found(&self, found: &TableFound) -> TableSchema {
        let mut columns = found.schema.clone();
        let is_about_length = |note: &String| note.contains("not measured");
        let notes = self.made().map(|schema| schema.notes).unwrap_or_default();
        columns.notes = notes.into_iter().filter(|note| !is_about_length(note)).collect();
        columns
    }

    /// What a reader should know about rows that go into a table as it is.
    pub(super) fn with_notes_on(mut self, mapping: &ColumnMapping, found: &TableFound) -> Self {
        let is_mapped = |name: &str| mapping.columns().iter().any(|mapped| mapped.column.name == name);
        let lacking: Vec<&str> = found
            .schema
            .columns
            .iter()
            .filter(|column| !is_mapped(&column.name))
            .map(|column| column.name.as_str())
            .collect();
        if !lacking.is_empty() {
            self.builder = self.builder.note(format!(
                "columns that the results lack get their default or null: {}",
                lacking.join(", ")
            ));
        }
        let widened: Vec<&str> = mapping
            .columns()
            .iter()
            .filter(|mapped| {
                staged_as(&mapped.read_as, &Declared::parse(&mapped.column.sql_type)) != mapped.read_as
            })
            .map(|mapped| mapped.column.name.as_str())
            .collect();
        if !widened.is_empty() {
            self.builder = self.builder.note(format!(
                "REAL values are the very same numbers in DOUBLE PRECISION, which shows more digits of them (0.1 as \
                 0.10000000149011612): {}",
                widened.join(", ")
            ));
        }
        let cut: Vec<&str> = mapping
            .columns()
            .iter()
            .filter(|mapped| match Declared::parse(&mapped.column.sql_type) {
                Declared::Char(_) => true,
                Declared::Varchar(length) => {
                    let longest = self.results.schema.columns()[mapped.source].max_bytes;
                    longest.is_none() && length < crate::types::MAX_VARCHAR
                }
                _ => false,
            })
            .map(|mapped| mapped.column.name.as_str())
            .collect();
        if !cut.is_empty() {
            self.builder = self.builder.note(format!(
                "a text that is too long fails the load, unless all that is too much are blanks, which the service cuts: {}",
                cut.join(", ")
            ));
        }
        self
    }

    /// Writes the commit and what follows it.
    pub(super) fn finish(
        self,
        title: &str,
        detail: &Detail,
        columns: TableSchema,
        load: Option<(LoadSource, ColumnMapping)>,
    ) -> Result<Plan> {
        let Self { target, intent, mut builder, leftovers, options, .. } = self;
        let keeps_journal = intent.options.exactly_once == ExactlyOnce::On;
        let script = Script { detail, table: &intent.table, columns: &columns.columns, keeps_journal };
        let copy = target.config().copy.as_ref();
        let statements = script
            .steps()
            .iter()
            .filter_map(|step: &Step| step.shown(copy, target.journal_sql(), &intent.run, intent.attempt))
            .collect();
        builder = builder.commit(title, columns, statements).detail(detail.write()?);
        if let Some((source, mapping)) = load {
            builder = builder.load(source, mapping);
        }
        for (title, artifact) in leftovers {
            let statements = match &artifact {
                Artifact::Table { table } => vec![sql::drop_table_if_exists(table)],
                _ => Vec::new(),
            };
            builder = builder.tidy(title, artifact, Duration::ZERO, statements);
        }
        let replaces = matches!(detail.way, Way::DeleteAndLoad | Way::DeleteAndInsert | Way::TruncateAndLoad);
        if replaces {
            let arguments = serde_json::json!({"table": intent.table});
            let about = |name: &str| Artifact::Custom { name: name.to_owned(), arguments: arguments.clone() };
            builder = builder.tidy(
                "bring the planner's statistics up to date",
                about(ANALYZE),
                Duration::ZERO,
                vec![sql::analyze(&intent.table)],
            );
            if options.vacuum {
                builder = builder.tidy(
                    "free the space of the deleted rows",
                    about(VACUUM),
                    Duration::ZERO,
                    vec![sql::vacuum(&intent.table)],
                );
            }
        }
        builder.build()
    }
}

/// The names of columns.
pub(super) fn names_of(columns: &TableSchema) -> Vec<String> {
    columns.columns.iter().map(|column| column.name.clone()).collect()
}
