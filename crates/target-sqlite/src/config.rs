//! The settings of a connection.

use std::path::{Path, PathBuf};

use publish_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is done with unsigned 64-bit integers, which SQLite's integers do not hold whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum UnsignedMode {
    /// The column is `BIGINT`, and a value above 9223372036854775807 is refused by row and column.
    #[default]
    Refuse,
    /// The column is `DECIMAL TEXT(20,0)`, and every value is kept as text.
    Decimal,
}

/// The settings of a SQLite target.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// The database file. It is made by the first publish.
    pub file: PathBuf,
    /// What is done with unsigned 64-bit integers.
    #[serde(default)]
    pub u64: UnsignedMode,
}

impl SqliteConfig {
    /// Uses this file, and the default for everything else.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), u64: UnsignedMode::default() }
    }

    /// Says what is done with unsigned 64-bit integers.
    #[must_use]
    pub fn with_u64(mut self, mode: UnsignedMode) -> Self {
        self.u64 = mode;
        self
    }

    /// Reads a connection's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names a missing, unknown or wrong setting.
    pub fn from_settings(settings: &Map<String, Value>) -> Result<Self> {
        Self::deserialize(Value::Object(settings.clone())).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "The settings of a sqlite connection are `file`, a path, and `u64`, refuse or decimal; correct them",
            )
            .with_context("setting", &error)
            .with_source(error)
        })
    }

    /// The file's absolute path: one spelling for one file, as far as its folder is there.
    pub(crate) fn absolute_file(&self) -> Result<PathBuf> {
        let invalid = |message: &str| {
            Error::new(ErrorKind::InvalidRequest, message).with_context("file", self.file.display())
        };
        let text = self.file.to_string_lossy();
        if text.is_empty() || text.contains('\0') {
            return Err(invalid("The setting `file` is the path of a database file; give one"));
        }
        if text.starts_with(':') || text.starts_with("file:") {
            return Err(invalid(
                "The setting `file` is a plain path; a database in memory or a URI can't be shared by connections",
            ));
        }
        let absolute = std::path::absolute(&self.file)
            .map_err(|error| invalid("The path of the database can't be made absolute").with_source(error))?;
        Ok(resolved(&absolute))
    }
}

fn resolved(file: &Path) -> PathBuf {
    if let Ok(real) = file.canonicalize() {
        return real;
    }
    match (file.parent().map(Path::canonicalize), file.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &Value) -> Result<SqliteConfig> {
        SqliteConfig::from_settings(settings.as_object().unwrap())
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let config = read(&json!({"file": "a.sqlite", "u64": "decimal"})).unwrap();
        assert_eq!(config, SqliteConfig::new("a.sqlite").with_u64(UnsignedMode::Decimal));
        for (settings, named) in [
            (json!({}), "file"),
            (json!({"file": 1}), "string"),
            (json!({"file": "a", "fiel": "b"}), "fiel"),
            (json!({"file": "a", "u64": "cut"}), "cut"),
        ] {
            let error = read(&settings).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn a_database_that_connections_could_not_share_is_refused() {
        for bad in ["", ":memory:", "file:a?mode=memory", "a\0b"] {
            let error = SqliteConfig::new(bad).absolute_file().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{bad:?}");
        }
    }

    #[test]
    fn two_spellings_of_a_file_are_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let one = SqliteConfig::new(folder.path().join("a.sqlite")).absolute_file().unwrap();
        let two = SqliteConfig::new(folder.path().join("sub/../a.sqlite")).absolute_file().unwrap();
        assert_eq!(one, two);
    }
}
