//! The steps of a commit: the plan shows them, the session takes them.

use publish_core::{ColumnDef, RunId, TableName};

use crate::config::CopyAuthorization;
use crate::detail::{Detail, Way};
use crate::sql::journal::JournalSql;
use crate::sql::{self, CopyStatement};

/// One step of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Checks, outside of the transaction, that the attempt was not fenced off while it was prepared.
    CheckAttempt,
    /// Starts a transaction.
    Begin,
    /// Compares the table's definition with the one that was found.
    CheckTable,
    /// Compares what hangs on the table with what was found.
    CheckSurroundings,
    /// A statement.
    Run(String),
    /// A statement after which rows are gone for good, whatever follows.
    RunAlone(String),
    /// Loads the files, and counts the rows.
    Copy(Box<CopyStatement>),
    /// Inserts the rows of the table beside, and counts them.
    Insert(String),
    /// Compares the count with what the files hold.
    CheckRows,
    /// Writes the evidence.
    Evidence,
    /// Ends the transaction.
    Commit,
}

/// What is needed to write a script down.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) detail: &'a Detail,
    pub(crate) table: &'a TableName,
    pub(crate) columns: &'a [ColumnDef],
    pub(crate) keeps_journal: bool,
}

impl Script<'_> {
    /// The steps in order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let detail = self.detail;
        let mut steps = Vec::new();
        if self.keeps_journal {
            steps.push(Step::CheckAttempt);
        }
        let run = |statement: String| Step::Run(statement);
        let copy = detail.copy.as_ref().map(|copy| Step::Copy(Box::new(copy.clone())));
        match detail.way {
            Way::Create | Way::CreateLoaded => {
                steps.extend([
                    Step::Begin,
                    Step::CheckTable,
                    run(sql::create_table(self.table, self.columns, &detail.layout)),
                ]);
                steps.extend(copy);
            }
            Way::Append => {
                steps.extend([Step::Begin, Step::CheckTable]);
                steps.extend(copy);
            }
            Way::DeleteAndLoad => {
                steps.extend([Step::Begin, Step::CheckTable, run(sql::delete_rows(self.table))]);
                steps.extend(copy);
            }
            Way::DeleteAndInsert => {
                // The lock comes first: the snapshot is taken under it, so nobody's rows are missed or kept.
                steps.extend([
                    Step::Begin,
                    run(sql::lock(self.table)),
                    Step::CheckTable,
                    run(sql::delete_rows(self.table)),
                ]);
                if let Some(beside) = &detail.beside {
                    steps.push(Step::Insert(sql::insert_from(self.table, beside, &detail.columns)));
                }
            }
            Way::TruncateAndLoad => {
                steps.extend([Step::CheckTable, Step::RunAlone(sql::truncate(self.table)), Step::Begin]);
                steps.extend(copy);
            }
            Way::Swap => {
                steps.extend([
                    Step::Begin,
                    run(sql::lock(self.table)),
                    Step::CheckTable,
                    Step::CheckSurroundings,
                ]);
                if let (Some(beside), Some(old_name)) = (&detail.beside, &detail.old_name) {
                    let old = self.table.with_name(old_name);
                    steps.push(run(sql::rename(self.table, old_name)));
                    steps.push(run(sql::rename(beside, &self.table.name)));
                    steps.extend(detail.before_drop.iter().cloned().map(run));
                    steps.push(run(if detail.cascades {
                        sql::drop_table_cascade(&old)
                    } else {
                        sql::drop_table(&old)
                    }));
                }
                steps.extend(detail.keep.iter().cloned().map(run));
            }
        }
        if detail.way != Way::Create {
            steps.push(Step::CheckRows);
        }
        if self.keeps_journal {
            steps.push(Step::Evidence);
        }
        steps.push(Step::Commit);
        steps
    }
}

impl Step {
    /// The statement that is sent, keys left out. `None` for what asks or compares.
    pub(crate) fn shown(
        &self,
        authorization: Option<&CopyAuthorization>,
        journal: &JournalSql,
        run: &RunId,
        attempt: u32,
    ) -> Option<String> {
        Some(match self {
            Self::CheckAttempt => journal.gate_state(run, attempt),
            Self::Begin => sql::BEGIN.to_owned(),
            Self::CheckTable => {
                "-- the table's definition is compared with the one that was planned for".to_owned()
            }
            Self::CheckSurroundings => {
                "-- grants, comments, owner and views are compared with those found".to_owned()
            }
            Self::Run(statement) | Self::RunAlone(statement) | Self::Insert(statement) => statement.clone(),
            Self::Copy(copy) => {
                let default = CopyAuthorization::DefaultRole;
                format!("{};\n{}", copy.shown(authorization.unwrap_or(&default)), sql::COPY_COUNT)
            }
            Self::CheckRows => return None,
            Self::Evidence => journal.evidence(run, attempt, "<rows>"),
            Self::Commit => sql::COMMIT.to_owned(),
        })
    }
}
