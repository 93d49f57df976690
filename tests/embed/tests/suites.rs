//! The target and the action of this host, judged by the testkit's suites.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    Cancel, Engine, Error, ErrorKind, NoEvents, PublishRequest, Registry, Result, RunOutcome, Storage,
    TableName, Target,
};
use publish_embed::{FolderTarget, Roll};
use publish_formats::CsvFormat;
use publish_storage::FileStorage;
use publish_testkit::action::{self, Intends};
use publish_testkit::results::{ResultShelf, numbered_rows};
use publish_testkit::target::{TargetFixture, TargetPlace, check_all};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_keeps_the_contract_of_targets() {
    check_all(&FolderFixture).await.unwrap();
}

// ANCHOR: action_suite
#[test]
fn roll_keeps_the_contract_of_actions() {
    action::check_all(&Roll).unwrap();
    let (absent, present) = (Intends::Commit("createLoaded"), Intends::Commit(Roll::COMMIT));
    action::intends(&Roll, absent, present).unwrap();
}
// ANCHOR_END: action_suite

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_table_keeps_its_last_publications() {
    let place = FolderPlace::new().unwrap();
    let shelf = ResultShelf::new();
    let engine = Engine::new(place.equip(shelf.registry()).with_action(Arc::new(Roll)));
    let mut seen = Vec::new();
    for day in 1..=4 {
        let source = shelf.put(&format!("day_{day}"), &[numbered_rows(day..=day)]).unwrap();
        let mut request = PublishRequest::new(source, "days", Roll::NAME);
        request.options.extra.insert("keep".to_owned(), 2.into());
        let (target, switch) = (place.target(), Cancel::default());
        let report = Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &switch)).await.unwrap();
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        seen.push(place.rows(&report.table).await.unwrap().unwrap().len());
    }
    assert_eq!(seen, [1, 2, 2, 2]);
    let last = place.rows(&TableName::new("folder", "days")).await.unwrap().unwrap();
    assert_eq!(last, ["3|null", "4|\"row 4\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_keep_is_refused_before_anything_starts() {
    let place = FolderPlace::new().unwrap();
    let shelf = ResultShelf::new();
    let engine = Engine::new(place.equip(shelf.registry()).with_action(Arc::new(Roll)));
    let source = shelf.put("day", &[numbered_rows(1..=1)]).unwrap();
    let mut request = PublishRequest::new(source, "days", Roll::NAME);
    request.options.extra.insert("keep".to_owned(), 0.into());
    let error = engine.plan(&place.target(), &request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(place.contents().await.unwrap(), Vec::<String>::new());
}

// ANCHOR: fixture
#[derive(Debug)]
struct FolderFixture;

#[async_trait]
impl TargetFixture for FolderFixture {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        Ok(Box::new(FolderPlace::new()?))
    }
}

/// A folder, read by nothing but a JSON and a CSV reader.
#[derive(Debug)]
struct FolderPlace {
    scratch: tempfile::TempDir,
    target: FolderTarget,
}

#[async_trait]
impl TargetPlace for FolderPlace {
    fn target(&self) -> Arc<dyn Target> {
        Arc::new(self.target.clone())
    }

    fn equip(&self, registry: Registry) -> Registry {
        let files: Arc<dyn Storage> = Arc::new(FileStorage::default());
        registry.with_storage(&files).with_format(Arc::new(CsvFormat))
    }

    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>> {
        self.read(table).map_err(unreadable)
    }

    async fn contents(&self) -> Result<Vec<String>> {
        let tables = self.catalog()["tables"].as_object().cloned().unwrap_or_default();
        let mut names: Vec<String> = tables.keys().cloned().collect();
        // What a table names is the table; any other file is something beside it.
        let named = |folder: &str| {
            let mut folders = tables.values().flat_map(|table| table["folders"].as_array()).flatten();
            folders.any(|name| name == folder)
        };
        for table in fs::read_dir(self.data()).into_iter().flatten().flatten() {
            for folder in fs::read_dir(table.path()).into_iter().flatten().flatten() {
                let name = format!("{}/{}", table.file_name().display(), folder.file_name().display());
                let files = fs::read_dir(folder.path()).into_iter().flatten().flatten();
                if !named(&name) {
                    names.extend(files.map(|file| file.path().display().to_string()));
                }
            }
        }
        names.sort();
        Ok(names)
    }

    async fn alter(&self, table: &TableName) -> Result<()> {
        let mut catalog = self.catalog();
        let entry = &mut catalog["tables"][&table.name];
        entry["version"] = (entry["version"].as_u64().unwrap_or_default() + 1000).into();
        let column = serde_json::json!({
            "name": "added", "sqlType": "Int64", "nullable": true, "hasDefault": false
        });
        if let Some(columns) = entry["schema"]["columns"].as_array_mut() {
            columns.push(column);
        }
        fs::write(self.scratch.path().join("catalog.json"), catalog.to_string()).map_err(unreadable)
    }

    async fn end_leases(&self) -> Result<()> {
        let mut catalog = self.catalog();
        for (_, run) in catalog["runs"].as_object_mut().into_iter().flatten() {
            run["held_until"] = 0.into();
        }
        fs::write(self.scratch.path().join("catalog.json"), catalog.to_string()).map_err(unreadable)
    }
}
// ANCHOR_END: fixture

impl FolderPlace {
    fn new() -> Result<Self> {
        let scratch = tempfile::tempdir().map_err(unreadable)?;
        let target = FolderTarget::new(scratch.path())?;
        Ok(Self { scratch, target })
    }

    fn data(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    fn catalog(&self) -> Value {
        let bytes = fs::read(self.scratch.path().join("catalog.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_else(|_| serde_json::json!({ "tables": {}, "runs": {} }))
    }

    fn read(&self, table: &TableName) -> std::result::Result<Option<Vec<String>>, csv::Error> {
        let catalog = self.catalog();
        let Some(table) = catalog["tables"].get(&table.name) else { return Ok(None) };
        let columns = table["schema"]["columns"].as_array().cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for folder in table["folders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut files: Vec<_> = fs::read_dir(self.data().join(folder))?.flatten().collect();
            files.sort_by_key(fs::DirEntry::file_name);
            for file in files {
                let mut reader = csv::Reader::from_path(file.path())?;
                let header = reader.headers()?.clone();
                for record in reader.records() {
                    let record = record?;
                    let value = |column: &Value| {
                        let place = header.iter().position(|name| Some(name) == column["name"].as_str());
                        match place.map(|place| &record[place]) {
                            None | Some("\\N") => "null".to_owned(),
                            Some(text) if column["sqlType"] == "Utf8" => format!("{text:?}"),
                            Some(text) => text.to_owned(),
                        }
                    };
                    rows.push(columns.iter().map(value).collect::<Vec<_>>().join("|"));
                }
            }
        }
        Ok(Some(rows))
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "The folder can't be read").with_source(error)
}
