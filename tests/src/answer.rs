//! What the binary answered.

use std::fmt;
use std::process::Output;

use serde_json::Value;

/// The exit code and both streams.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The exit code, or -1 if a signal ended the process.
    pub code: i32,
    /// The output.
    pub out: String,
    /// The error stream.
    pub err: String,
}

impl Answer {
    /// The one JSON object on the output.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The kind of the error in the JSON object, or an empty text.
    pub fn error_kind(&self) -> String {
        self.json()["error"]["kind"].as_str().unwrap_or_default().to_owned()
    }

    /// The name of the table in the JSON object.
    ///
    /// # Panics
    /// If there is none.
    pub fn table(&self) -> String {
        self.json()["table"]["name"].as_str().unwrap_or_else(|| panic!("no table: {self}")).to_owned()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n--- output\n{}\n--- errors\n{}", self.code, self.out, self.err)
    }
}
