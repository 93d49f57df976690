//! Writing the plan: the way to what an action wants, and what stands in it.

use publish_core::{
    ColumnMapping, CommitKind, Dependent, Error, ErrorKind, ExactlyOnce, Intent, LoadSource, Plan,
    PlanBuilder, Result, ResultSet, TableFound, TableSchema, TableState, Target,
};

use crate::declared::Declared;
use crate::dependents::{FOREIGN_KEY, INDEX, TRIGGER, VIEW};
use crate::fit::read_into_new;
use crate::script::{Detail, Step, Way, script};
use crate::target::SqliteTarget;

/// Writes the plan of `target` for `intent`.
pub(crate) fn plan(
    target: &SqliteTarget,
    intent: &Intent,
    results: &ResultSet,
    found: &TableState,
) -> Result<Plan> {
    check_options(&intent.options.extra)?;
    let made = || target.map_schema(&results.schema);
    match (&intent.kind, found) {
        (CommitKind::Create, TableState::Absent) => {
            Draft { target, intent, results }.write(&Detail::new(Way::Create), made()?, None, Vec::new())
        }
        (CommitKind::CreateLoaded, TableState::Absent) => {
            let columns = made()?;
            let mapping = ColumnMapping::by_position_as(&results.schema, &columns, read_into_new);
            Draft { target, intent, results }.write(
                &Detail::new(Way::Create),
                columns,
                Some(mapping),
                Vec::new(),
            )
        }
        (CommitKind::Append, TableState::Present(found)) => {
            Draft { target, intent, results }.into_table(Way::Append, found)
        }
        (CommitKind::ReplaceRows, TableState::Present(found)) => {
            Draft { target, intent, results }.into_table(Way::ReplaceRows, found)
        }
        (CommitKind::ReplaceTable, TableState::Present(found)) => {
            let columns = made()?;
            let draft = Draft { target, intent, results };
            if keeps_columns(found, &columns) {
                draft.into_table(Way::ReplaceRows, found)
            } else {
                draft.recreate(found, columns)
            }
        }
        (kind, _) => Err(Error::new(
            ErrorKind::Unsupported,
            "This target does not know how to do that to such a table; use one of the five actions",
        )
        .with_context("kind", kind)
        .with_context("table", &intent.table)),
    }
}

/// Refuses settings that nobody would read. Those with a dot in their name are a host's or an action's.
fn check_options(extra: &serde_json::Map<String, serde_json::Value>) -> Result<()> {
    match extra.keys().find(|name| !name.contains('.')) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::InvalidRequest,
            "The target sqlite has no such setting of a request; leave it out",
        )
        .with_context("setting", name)),
    }
}

/// Whether the table has the very columns that a new one would have, and nothing in them that could refuse a null.
fn keeps_columns(found: &TableFound, made: &TableSchema) -> bool {
    let is_open = |column: &publish_core::ColumnDef| {
        column.nullable && !column.has_default && Declared::of(&column.sql_type) != Declared::Generated
    };
    found.schema.has_same_columns(made) && found.schema.columns.iter().all(is_open)
}

struct Draft<'a> {
    target: &'a SqliteTarget,
    intent: &'a Intent,
    results: &'a ResultSet,
}

impl Draft<'_> {
    /// Rows go into a table as it is.
    fn into_table(self, way: Way, found: &TableFound) -> Result<Plan> {
        let mapping = self.target.check_fit(&self.results.schema, &found.schema)?;
        let mut notes = Vec::new();
        let fired = names(found, |dependent| dependent.kind == TRIGGER && dependent.definition.is_some());
        if !fired.is_empty() {
            notes.push(format!("triggers of the table fire for each row: {}", fired.join(", ")));
        }
        let lacking: Vec<&str> = found
            .schema
            .columns
            .iter()
            .filter(|column| !mapping.columns().iter().any(|mapped| mapped.column.name == column.name))
            .map(|column| column.name.as_str())
            .collect();
        if !lacking.is_empty() {
            notes.push(format!(
                "columns that the results lack get their default or null: {}",
                lacking.join(", ")
            ));
        }
        // What the results lose on their way is the same whoever made the table.
        let mut columns = found.schema.clone();
        columns.notes =
            self.target.map_schema(&self.results.schema).map(|schema| schema.notes).unwrap_or_default();
        self.write(&Detail::new(way), columns, Some(mapping), notes)
    }

    /// The table gets other columns. What hangs on it is made again, or refused by name.
    fn recreate(self, found: &TableFound, columns: TableSchema) -> Result<Plan> {
        let is_gone =
            |name: &String| !columns.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let stranded: Vec<String> = found
            .dependents
            .iter()
            .filter_map(|dependent| {
                let gone: Vec<&str> =
                    dependent.columns.iter().filter(|name| is_gone(name)).map(String::as_str).collect();
                let Dependent { kind, name, .. } = dependent;
                match kind.as_str() {
                    FOREIGN_KEY => Some(format!("foreign key of {name}")),
                    _ if gone.is_empty() => None,
                    _ => Some(format!("{kind} {name} needs {}", gone.join(", "))),
                }
            })
            .collect();
        if !stranded.is_empty() {
            let error = Error::new(
                ErrorKind::SchemaMismatch,
                "Something hangs on the table that its new columns would break; drop it first, or use truncateAndLoad",
            )
            .with_context("table", &self.intent.table);
            return Err(stranded.iter().fold(error, |error, one| error.with_context("in the way", one)));
        }
        let mut detail = Detail::new(Way::Recreate);
        // Triggers come after the indexes, and both after the rows: they fire for none of them.
        for kind in [INDEX, TRIGGER] {
            let own = found.dependents.iter().filter(|dependent| dependent.kind == kind);
            detail.remake.extend(own.filter_map(|dependent| dependent.definition.clone()));
        }
        detail.views = names(found, |dependent| dependent.kind == VIEW);
        let mut notes = Vec::new();
        let lost: Vec<&str> = found.properties["constraints"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        if !lost.is_empty() {
            notes.push(format!("the new table has none of the old one's constraints: {}", lost.join(", ")));
        }
        let mapping = ColumnMapping::by_position_as(&self.results.schema, &columns, read_into_new);
        self.write(&detail, columns, Some(mapping), notes)
    }

    fn write(
        self,
        detail: &Detail,
        columns: TableSchema,
        mapping: Option<ColumnMapping>,
        notes: Vec<String>,
    ) -> Result<Plan> {
        let intent = self.intent;
        let keeps_journal = intent.options.exactly_once == ExactlyOnce::On;
        let steps = script(detail, &intent.table, &columns.columns, mapping.as_ref(), keeps_journal);
        let statements = steps.iter().map(Step::statement).collect();
        let title = match (detail.way, &mapping) {
            (Way::Create, None) => "make the table, in one transaction",
            (Way::Create, Some(_)) => "make the table and load it, in one transaction",
            (Way::Append, _) => "add the rows, in one transaction",
            (Way::ReplaceRows, _) => "replace the rows, in one transaction",
            (Way::Recreate, _) => "replace the table and its rows, in one transaction",
        };
        let detail = serde_json::to_value(detail).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan's detail has no JSON form").with_source(error)
        })?;
        let builder = PlanBuilder::new(self.target.name().clone(), intent, self.results)
            .commit(title, columns, statements)
            .detail(detail);
        let builder = match mapping {
            Some(mapping) => builder.load(LoadSource::Results, mapping),
            None => builder,
        };
        notes.into_iter().fold(builder, PlanBuilder::note).build()
    }
}

fn names(found: &TableFound, is_meant: impl Fn(&Dependent) -> bool) -> Vec<String> {
    let meant = found.dependents.iter().filter(|dependent| is_meant(dependent));
    meant.map(|dependent| dependent.name.clone()).collect()
}
