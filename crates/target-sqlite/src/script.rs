//! The steps of a commit: the plan shows them, the session takes them.

use publish_core::{ColumnDef, ColumnMapping, TableName};
use serde::{Deserialize, Serialize};

use crate::sql;

/// The way in which a commit leaves the table as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Way {
    /// The table is made.
    Create,
    /// Rows are added.
    Append,
    /// Rows are deleted and others added.
    ReplaceRows,
    /// The table is dropped and made anew, with its indexes and triggers.
    Recreate,
}

/// What a plan notes for its session: the way, and what has to be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detail {
    pub(crate) way: Way,
    /// Statements that make the table's indexes and triggers.
    #[serde(default)]
    pub(crate) remake: Vec<String>,
    /// Views that have to read the new table as they read the old one.
    #[serde(default)]
    pub(crate) views: Vec<String>,
}

impl Detail {
    pub(crate) fn new(way: Way) -> Self {
        Self { way, remake: Vec::new(), views: Vec::new() }
    }
}

/// One step of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A statement without parameters or rows.
    Run(String),
    /// Takes the write lock and starts the transaction.
    Begin,
    /// Compares the table's definition with the one that was found.
    CheckTable,
    /// Checks that the attempt was not fenced off.
    CheckAttempt,
    /// Inserts the rows, one by one.
    Load(String),
    /// Checks that no row of another table is left without the row it refers to.
    CheckReferences,
    /// Checks that a view can still be read.
    CheckView(String),
    /// Writes the evidence.
    Evidence,
    /// Ends the transaction.
    Commit,
}

impl Step {
    /// The statement that is sent.
    pub(crate) fn statement(&self) -> String {
        match self {
            Self::Run(statement) | Self::Load(statement) => statement.clone(),
            Self::Begin => sql::BEGIN.to_owned(),
            Self::CheckTable => sql::DEFINITION.to_owned(),
            Self::CheckAttempt => sql::attempt_state(),
            Self::CheckReferences => sql::FOREIGN_KEY_CHECK.to_owned(),
            Self::CheckView(view) => sql::select_nothing(view),
            Self::Evidence => sql::evidence(),
            Self::Commit => sql::COMMIT.to_owned(),
        }
    }
}

/// The steps of a commit in order.
pub(crate) fn script(
    detail: &Detail,
    table: &TableName,
    columns: &[ColumnDef],
    mapping: Option<&ColumnMapping>,
    keeps_journal: bool,
) -> Vec<Step> {
    let table = table.name.as_str();
    let replaces = matches!(detail.way, Way::ReplaceRows | Way::Recreate);
    let mut steps = Vec::new();
    if replaces {
        // Deleting must not cascade into other tables. It can't be switched within a transaction.
        steps.push(Step::Run(sql::FOREIGN_KEYS_OFF.to_owned()));
    }
    steps.extend([Step::Begin, Step::CheckTable]);
    if keeps_journal {
        steps.push(Step::CheckAttempt);
    }
    match detail.way {
        Way::Append => {}
        Way::Create => steps.push(Step::Run(sql::create_table(table, columns))),
        Way::ReplaceRows => steps.push(Step::Run(sql::delete_rows(table))),
        // Within the transaction readers see the old table to the end, so there is no need to build beside and rename.
        Way::Recreate => {
            steps.push(Step::Run(sql::drop_table(table)));
            steps.push(Step::Run(sql::create_table(table, columns)));
        }
    }
    if let Some(mapping) = mapping {
        let names = mapping.columns().iter().map(|mapped| mapped.column.name.as_str());
        steps.push(Step::Load(sql::insert(table, names)));
    }
    steps.extend(detail.remake.iter().cloned().map(Step::Run));
    steps.extend(detail.views.iter().cloned().map(Step::CheckView));
    if replaces {
        steps.push(Step::CheckReferences);
    }
    if keeps_journal {
        steps.push(Step::Evidence);
    }
    steps.push(Step::Commit);
    steps
}
