//! Python, whose own libraries say what files and tables hold.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compares a table with the files it was published from, as Python's sqlite3, pyarrow, fastavro, csv and json read them.
///
/// # Errors
/// What differs.
///
/// # Panics
/// If there is no Python with the packages of `tests/data/requirements.txt`: `tests/run.sh` makes it.
pub fn check_values(database: &Path, table: &str, files: &[PathBuf]) -> Result<(), String> {
    let mut arguments = vec![database.into(), table.into()];
    arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
    run("check.py", &arguments)
}

/// Runs a script of `tests/data`, and gives what it printed if it fails.
pub(crate) fn run(script: &str, arguments: &[OsString]) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(script);
    let output =
        Command::new(python()).arg("-B").arg(script).args(arguments).output().expect("Python starts");
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// A program that the packages bring along, beside Python itself.
///
/// # Panics
/// As [`python`].
pub fn python_tool(name: &str) -> PathBuf {
    python().with_file_name(name)
}

/// Python with the packages of `tests/data/requirements.txt`.
///
/// # Panics
/// If there is none: `tests/run.sh` makes it.
pub fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("PUBLISH_TEST_PYTHON") {
        return python.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let target = test.ancestors().nth(3).expect("a test is four folders deep");
    let python = target.join("python/bin/python");
    assert!(
        python.exists(),
        "there is no Python with pyarrow and fastavro at {}: run tests/run.sh once, or set PUBLISH_TEST_PYTHON",
        python.display()
    );
    python
}
