//! What a run makes and later removes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Location, RunId, TableName};

/// Something that a run makes beside the table, or that is left once the table no longer needs it.
///
/// Artifacts are written into the journal before they are made, so that any engine can remove them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Artifact {
    /// Files below a folder. The engine removes them itself.
    Files {
        /// The folder.
        folder: Location,
    },
    /// A table.
    Table {
        /// Its name.
        table: TableName,
    },
    /// Something that only this target knows.
    Custom {
        /// What it is, such as `hive.directory`.
        name: String,
        /// Where it is and what else must be known to remove it.
        arguments: serde_json::Value,
    },
}

impl Artifact {
    /// Whether its name says that `run` made it: the id is a whole part of the name, between characters that no id
    /// has or at the name's end, so that run `1` does not own what run `11` made.
    pub fn is_named_after(&self, run: &RunId) -> bool {
        let named = |text: &str| has_id(text, run.as_str());
        match self {
            Self::Files { folder } => named(folder.file_name()),
            Self::Table { table } => named(&table.name),
            Self::Custom { arguments, .. } => has_named_value(arguments, &named),
        }
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files { folder } => write!(f, "files below {folder}"),
            Self::Table { table } => write!(f, "table {table}"),
            Self::Custom { name, arguments } => write!(f, "{name} {arguments}"),
        }
    }
}

/// Whether `id` stands in `text` with no other letter or digit right beside it.
fn has_id(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(id)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + id.len()..].starts_with(is_part))
}

fn has_named_value(value: &serde_json::Value, named: &dyn Fn(&str) -> bool) -> bool {
    match value {
        serde_json::Value::String(text) => named(text),
        serde_json::Value::Array(values) => values.iter().any(|value| has_named_value(value, named)),
        serde_json::Value::Object(map) => map.values().any(|value| has_named_value(value, named)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_of_a_longer_id_is_not_ours() {
        let run = RunId::parse("r1").unwrap();
        let table = |name: &str| Artifact::Table { table: TableName::new("main", name) };
        assert!(table("pub_r1_1").is_named_after(&run));
        assert!(!table("pub_r11_1").is_named_after(&run));
        assert!(!table("orders").is_named_after(&run));
        let folder = Location::parse("mem:///staging/r1").unwrap();
        assert!(Artifact::Files { folder }.is_named_after(&run));
        let arguments = serde_json::json!({"at": ["x", "/warehouse/t/r1_2"]});
        assert!(Artifact::Custom { name: "x.directory".into(), arguments }.is_named_after(&run));
    }
}
