//! What the journal's files are called.

use publish_core::{Location, Result, RunId, TableName};
use sha2::{Digest, Sha256};

/// Folders that runs are spread over, so that the files of one run are found in a short listing.
const BUCKETS: u8 = 64;

/// What a file of an attempt says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileKind {
    /// The attempt began.
    Begun,
    /// It commits, or never will.
    Turn { id: String },
    /// How far its commit is.
    Note { id: String, number: u32 },
    /// What its commit came to.
    End { id: String },
    /// What is left of it.
    Closed { id: String, number: u32 },
    /// Its engine lived when this was written.
    Lease { id: String },
}

/// The name of a file of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileName {
    pub(super) run: RunId,
    pub(super) attempt: u32,
    pub(super) kind: FileKind,
}

impl FileName {
    pub(super) fn new(run: &RunId, attempt: u32, kind: FileKind) -> Self {
        Self { run: run.clone(), attempt, kind }
    }

    /// Reads a name back. `None` for a file that is not the journal's.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".json")?.splitn(3, '.');
        let (run, attempt, kind) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = match kind.split('-').collect::<Vec<_>>().as_slice() {
            ["begun"] => FileKind::Begun,
            ["turn", id] => FileKind::Turn { id: (*id).to_owned() },
            ["note", id, number] => FileKind::Note { id: (*id).to_owned(), number: number.parse().ok()? },
            ["end", id] => FileKind::End { id: (*id).to_owned() },
            ["closed", id, number] => FileKind::Closed { id: (*id).to_owned(), number: number.parse().ok()? },
            ["lease", id] => FileKind::Lease { id: (*id).to_owned() },
            _ => return None,
        };
        Some(Self { run: RunId::parse(run).ok()?, attempt: attempt.parse().ok()?, kind })
    }

    fn to_text(&self) -> String {
        let kind = match &self.kind {
            FileKind::Begun => "begun".to_owned(),
            FileKind::Turn { id } => format!("turn-{id}"),
            FileKind::Note { id, number } => format!("note-{id}-{number}"),
            FileKind::End { id } => format!("end-{id}"),
            FileKind::Closed { id, number } => format!("closed-{id}-{number}"),
            FileKind::Lease { id } => format!("lease-{id}"),
        };
        format!("{}.{}.{kind}.json", self.run, self.attempt)
    }

    /// Where the file is.
    pub(super) fn location(&self, root: &Location) -> Result<Location> {
        bucket(root, &self.run)?.join(&self.to_text())
    }
}

/// The folder of all runs.
pub(super) fn runs_folder(root: &Location) -> Result<Location> {
    root.join("runs")
}

/// The folder of a run's files, and of others'.
pub(super) fn bucket(root: &Location, run: &RunId) -> Result<Location> {
    let first = Sha256::digest(run.as_str())[0] % BUCKETS;
    runs_folder(root)?.join(&format!("{first:02x}"))
}

/// The folder of the marks of runs that commit.
pub(super) fn commits_folder(root: &Location) -> Result<Location> {
    root.join("commits")
}

/// The folder of files that are written to read the store's clock.
pub(super) fn clock_folder(root: &Location) -> Result<Location> {
    root.join("clock")
}

/// The mark of a run that commits to `table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    digest: String,
    pub(super) run: RunId,
    pub(super) attempt: u32,
}

impl Mark {
    pub(super) fn new(table: &TableName, run: &RunId, attempt: u32) -> Self {
        Self { digest: table_digest(table), run: run.clone(), attempt }
    }

    /// Reads a mark's name back.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.splitn(3, '.');
        let (digest, run, attempt) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { digest: digest.to_owned(), run: RunId::parse(run).ok()?, attempt: attempt.parse().ok()? })
    }

    /// Whether it is for this table, as far as digests tell.
    pub(super) fn is_for(&self, table: &TableName) -> bool {
        self.digest == table_digest(table)
    }

    /// Where the mark is.
    pub(super) fn location(&self, root: &Location) -> Result<Location> {
        commits_folder(root)?.join(&format!("{}.{}.{}", self.digest, self.run, self.attempt))
    }
}

/// No name holds a character 0, so no two tables are written alike.
fn table_digest(table: &TableName) -> String {
    let digest = Sha256::digest(format!("{}\0{}", table.namespace, table.name));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_strange_ones_passed_over() {
        let run = RunId::parse("nightly_7").unwrap();
        let id = "0f".to_owned();
        let kinds = [
            FileKind::Begun,
            FileKind::Turn { id: id.clone() },
            FileKind::Note { id: id.clone(), number: 3 },
            FileKind::End { id: id.clone() },
            FileKind::Closed { id: id.clone(), number: 12 },
            FileKind::Lease { id },
        ];
        for kind in kinds {
            let name = FileName::new(&run, 2, kind);
            assert_eq!(FileName::parse(&name.to_text()), Some(name));
        }
        for strange in ["", "a.json", "a.1.begun", "a.1.begun-x.json", "A.1.begun.json", "a.x.begun.json"] {
            assert_eq!(FileName::parse(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_mark_tells_its_run_and_knows_its_table() {
        let root = Location::parse("mem:///journal").unwrap();
        let (table, run) = (TableName::new("db", "orders"), RunId::parse("r1").unwrap());
        let at = Mark::new(&table, &run, 3).location(&root).unwrap();
        let mark = Mark::parse(at.file_name()).unwrap();
        assert_eq!((&mark.run, mark.attempt), (&run, 3));
        assert!(mark.is_for(&table));
        assert!(!mark.is_for(&TableName::new("dbo", "rders")));
    }
}
