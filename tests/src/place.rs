//! A folder to run the binary in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::{Answer, Database, Snapshot, binary};

/// A fresh folder with a database of its own, removed when dropped.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// Makes an empty folder.
    ///
    /// # Panics
    /// If the disk does not let it.
    #[expect(clippy::new_without_default, reason = "a default should not touch the disk")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("publish-test-").tempdir().expect("a temporary folder");
        Self { folder }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder and gives its path.
    ///
    /// # Panics
    /// If it can't.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// The database of the connection `local`.
    pub fn database(&self) -> Database {
        Database::at(self.path().join("publish-warehouse.sqlite"))
    }

    /// What is in the folder now, byte for byte.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.path())
    }

    /// The binary with these arguments, ready to be started here.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.path()).env_remove("PUBLISH_CONFIG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the binary here, to its end.
    ///
    /// # Panics
    /// If it can't be started.
    pub fn publish<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Answer {
        self.command(arguments).output().expect("the binary starts").into()
    }

    /// Runs `publish run FILES --table TABLE --action ACTION --json` and more arguments.
    pub fn run(&self, files: &[&str], table: &str, action: &str, more: &[&str]) -> Answer {
        let fixed = ["--table", table, "--action", action, "--json"];
        self.publish(["run"].iter().chain(files).chain(&fixed).chain(more))
    }
}

/// The path of a file, folder or glob below `tests/data`.
pub fn sample(name: &str) -> String {
    format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"))
}
