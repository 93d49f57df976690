//! What a commit notes in the journal before its act.

use publish_core::{Location, TableName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a commit is about to do to its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Note {
    /// The statement is sent right after this.
    Sending,
    /// The statement that replaces what is told here is sent right after this.
    Replacing(Replaced),
    /// The change that the metastore makes only if the table still has this version is sent right after this.
    Swapping { expected: String },
    /// The rename is sent right after this.
    Renaming { from: TableName, to: TableName },
    /// The file is renamed into this directory right after this.
    Appending { into: Location },
}

impl Note {
    pub(super) fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

/// Where the files of a table were before a replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replaced {
    /// The directory.
    pub(crate) before: Location,
    /// What it held, where no publish made it and its files may be deleted later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<String>,
}

impl Replaced {
    /// Reads it from a note, if it is one of a replace.
    pub(crate) fn of_note(value: &Value) -> Option<Self> {
        match Note::read(value)? {
            Note::Replacing(replaced) => Some(replaced),
            _ => None,
        }
    }
}

/// Whether two addresses are one directory: the metastore may name the filesystem in another way than we do.
pub(crate) fn is_same_place(one: &Location, other: &Location) -> bool {
    one.scheme() == other.scheme() && one.path().trim_end_matches('/') == other.path().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_as_it_was() {
        let at = |text: &str| Location::parse(text).unwrap();
        let replaced = Replaced { before: at("hdfs://nn/w/t"), files: vec!["a b".to_owned()] };
        let notes =
            [Note::Sending, Note::Replacing(replaced.clone()), Note::Appending { into: at("hdfs://nn/w/t") }];
        for note in notes {
            let value = serde_json::to_value(&note).unwrap();
            assert_eq!(Note::read(&value), Some(note.clone()));
            assert_eq!(Replaced::of_note(&value).is_some(), matches!(note, Note::Replacing(_)));
        }
        assert_eq!(Note::read(&serde_json::json!({"note": "later"})), None);
    }

    #[test]
    fn a_directory_has_one_place_under_two_names_of_its_filesystem() {
        let at = |text: &str| Location::parse(text).unwrap();
        assert!(is_same_place(&at("hdfs://nn/w/t"), &at("hdfs://nn:8020/w/t/")));
        assert!(!is_same_place(&at("hdfs://nn/w/t"), &at("hdfs://nn/w/t2")));
    }
}
