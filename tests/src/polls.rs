//! Readers in a loop, each a process of Python with a client that is not this project's.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use crate::{HivePlace, RedshiftPlace, python};

/// What one look at a table gave.
#[derive(Debug, Deserialize)]
pub struct Look {
    /// Its rows.
    pub rows: u64,
    /// The least of its rows' generations.
    pub least: i64,
    /// The greatest of its rows' generations.
    pub most: i64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// Running readers.
#[derive(Debug)]
pub struct Polls {
    readers: Vec<Child>,
}

impl Polls {
    /// Starts readers that each look at a table's rows again and again. Returns once each has looked.
    ///
    /// # Panics
    /// If one can't be started.
    pub fn start(place: &HivePlace, table: &str, count: usize) -> Self {
        let (host, port) = place.stack().thrift("plain");
        Self::run("poll_hive.py", &[&format!("{host}:{port}"), place.database(), table], count)
    }

    fn run(script: &str, arguments: &[&str], count: usize) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(script);
        let start = |_| {
            Command::new(python())
                .arg("-B")
                .arg(&script)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("Python starts")
        };
        let mut readers: Vec<Child> = (0..count).map(start).collect();
        for reader in &mut readers {
            let mut first = [0];
            let output = reader.stdout.as_mut().expect("piped");
            output.read_exact(&mut first).expect("a first look");
        }
        Self { readers }
    }

    /// Stops the readers after one last look each, and gives all their looks.
    ///
    /// # Panics
    /// If one failed by itself.
    pub fn stop(self) -> Vec<Look> {
        let outputs = self.readers.into_iter().map(|mut reader| {
            drop(reader.stdin.take());
            reader.wait_with_output().expect("a reader that ends")
        });
        let looks = outputs.flat_map(|output| {
            assert!(output.status.success(), "a reader failed");
            let lines = String::from_utf8(output.stdout).expect("text");
            // The first character was taken as the sign that the reader runs.
            let lines = format!("{{{lines}");
            lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect::<Vec<Look>>()
        });
        looks.collect()
    }
}

/// Starts readers of a table of Redshift, each a session of psycopg2. Returns once each has looked.
///
/// # Panics
/// If one can't be started.
pub fn poll_redshift(place: &RedshiftPlace, table: &str, count: usize) -> Polls {
    Polls::run("poll_redshift.py", &[&place.dsn(), place.schema(), table], count)
}
