//! What `publish.toml` says: connections, the one that needs no settings, storages, and the server's table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use publish_core::{Error, ErrorKind, Registry, Result, Target, TargetName};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::storages::StorageSettings;

/// The connection that exists without settings.
pub(crate) const LOCAL: &str = "local";

/// The file of the local connection, in the current folder.
const LOCAL_FILE: &str = "publish-warehouse.sqlite";

/// The settings that are read when none are named.
const DEFAULT_FILE: &str = "publish.toml";

/// The connections by name.
#[derive(Debug)]
pub(crate) struct Connections {
    file: Option<PathBuf>,
    by_name: BTreeMap<String, Connection>,
    storage: StorageSettings,
    server: Map<String, Value>,
}

/// One connection: a kind of target and its settings.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Connection {
    pub(crate) target: String,
    #[serde(flatten)]
    pub(crate) settings: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    connections: BTreeMap<String, Connection>,
    #[serde(default)]
    storage: StorageSettings,
    /// As it is: only a server reads its secrets.
    #[serde(default)]
    server: Map<String, Value>,
}

impl Connections {
    /// Reads the named settings, or `publish.toml` where there is one.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self> {
        let file = match named {
            Some(file) => Some(file.to_owned()),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists()),
        };
        let settings = match &file {
            Some(file) => {
                parse(&read_text(file)?).map_err(|error| error.with_context("settings", file.display()))?
            }
            None => Settings::default(),
        };
        let Settings { connections: mut by_name, storage, server } = settings;
        by_name.entry(LOCAL.to_owned()).or_insert_with(|| Connection {
            target: target_sqlite::SqliteTarget::NAME.as_str().to_owned(),
            settings: Map::from_iter([("file".to_owned(), Value::from(LOCAL_FILE))]),
        });
        Ok(Self { file, by_name, storage, server })
    }

    /// How the storages are reached.
    pub(crate) fn storage(&self) -> &StorageSettings {
        &self.storage
    }

    /// The table `[server]`, as it is written.
    pub(crate) fn server(&self) -> &Map<String, Value> {
        &self.server
    }

    /// Every connection with its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Connection)> {
        self.by_name.iter().map(|(name, connection)| (name.as_str(), connection))
    }

    /// The connection of this name.
    pub(crate) fn named(&self, name: &str) -> Result<&Connection> {
        self.by_name.get(name).ok_or_else(|| {
            let known = self.by_name.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let error = Error::new(
                ErrorKind::InvalidRequest,
                "There is no such connection; add it to publish.toml, or use a known one",
            )
            .with_context("connection", name)
            .with_context("known", known);
            match &self.file {
                Some(file) => error.with_context("settings", file.display()),
                None => error,
            }
        })
    }

    /// Builds the target of the connection of this name.
    pub(crate) fn target(&self, name: &str, registry: &Registry) -> Result<Arc<dyn Target>> {
        let connection = self.named(name)?;
        registry
            .build_target(&TargetName::from(connection.target.clone()), &connection.settings)
            .map_err(|error| error.with_context("connection", name))
    }
}

fn read_text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The settings can't be read; correct the path, or leave it out")
            .with_context("settings", file.display())
            .with_source(error)
    })
}

fn parse(text: &str) -> Result<Settings> {
    toml::from_str::<Settings>(text).map_err(|error| {
        // The source line is left out of the message: it may hold a secret.
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        Error::new(ErrorKind::InvalidRequest, format!("The settings are not right: {}", error.message()))
            .with_context("line", line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_a_target_and_its_settings() {
        let text = "[connections.rs]\ntarget = \"redshift\"\nport = 5439\npassword = { env = \"PW\" }\n";
        let connections = parse(text).unwrap().connections;
        assert_eq!(connections["rs"].target, "redshift");
        assert_eq!(connections["rs"].settings["password"]["env"], "PW");
    }

    #[test]
    fn a_mistake_in_the_settings_is_told_without_the_line_itself() {
        let error = parse("[connections.rs]\ntarget = \"x\"\npassword = \"hunter2\n").err().unwrap();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(error.to_string().contains("line: 3"), "{error}");
        assert!(
            parse("[connection.x]\ntarget = \"sqlite\"\n").err().unwrap().to_string().contains("connection")
        );
    }

    #[test]
    fn a_storage_has_a_table_of_its_own() {
        let settings = parse("[storage.hdfs]\nname_node = \"nn:8020\"\nuser = \"etl\"\n").unwrap();
        assert!(settings.storage.register(Registry::new()).is_ok());
        for text in ["[storage.hdfs]\nnamenode = \"nn\"\n", "[storage.ftp]\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let half = parse("[storage.s3]\nregion = \"eu-central-1\"\naccess_key_id = \"AK\"\n").unwrap();
        let error = half.storage.register(Registry::new()).unwrap_err();
        assert!(error.to_string().contains("storage.s3"), "{error}");
        let missing = parse("[storage.hdfs]\nhadoop_conf_dir = \"no such folder\"\n").unwrap();
        let error = missing.storage.register(Registry::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}
