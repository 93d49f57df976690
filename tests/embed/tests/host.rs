//! What a host does with its own target and action: real files, a repeated run, an engine that dies, the program.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use publish_core::action::CreateAndLoad;
use publish_core::{
    Cancel, Engine, ErrorKind, ExactlyOnce, NoEvents, PublishRequest, Registry, Report, RunId, RunOutcome,
    Source, Storage, SweepOptions, TableNaming, Target, TargetFactory,
};
use publish_embed::{FolderFactory, FolderTarget, Roll};
use publish_storage::{FileStorage, local_location};
use publish_testkit::faults::{Call, Fault, Faults, FaultyTarget};
use serde_json::{Map, Value, json};

/// Rows of the three order files.
const ORDERS: u64 = 240;

#[tokio::test(flavor = "multi_thread")]
async fn order_files_come_out_with_every_row() {
    let scratch = tempfile::tempdir().unwrap();
    let report = publish(&target(scratch.path()), &request("first_run")).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!((report.row_count, report.file_count), (Some(ORDERS), 3));
    let given: Vec<Vec<String>> =
        (0..3).flat_map(|part| records(&orders(&format!("part-{part}.csv")))).collect();
    let found = rows(scratch.path());
    assert_eq!(found.len() as u64, ORDERS);
    for (found, given) in found.iter().zip(&given) {
        // The number of the order and the customer's name are written as they came.
        assert_eq!(found[..2], given[..2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_run_id_loads_once() {
    let scratch = tempfile::tempdir().unwrap();
    let target = target(scratch.path());
    let first = publish(&target, &request("same_run")).await;
    let second = publish(&target, &request("same_run")).await;
    assert!(!first.was_published_before && second.was_published_before);
    assert_eq!((second.outcome, second.row_count), (RunOutcome::Published, Some(ORDERS)));
    assert_eq!(rows(scratch.path()).len() as u64, ORDERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_died_before_the_rename_is_finished_by_the_same_request() {
    let scratch = tempfile::tempdir().unwrap();
    die_before_the_rename(scratch.path(), "dead_run").await;
    assert!(!staged(scratch.path(), "orders/pub_dead_run_1").is_empty(), "the dead run staged its rows");
    let report = publish(&target(scratch.path()), &request("dead_run")).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(rows(scratch.path()).len() as u64, ORDERS);
    assert_eq!(staged(scratch.path(), "orders/pub_dead_run_1"), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_died_before_the_rename_is_swept() {
    let scratch = tempfile::tempdir().unwrap();
    die_before_the_rename(scratch.path(), "dead_run").await;
    let target = target(scratch.path());
    let swept = Box::pin(engine().sweep(&target, &SweepOptions::default())).await.unwrap();
    assert_eq!(swept.undone, [RunId::parse("dead_run").unwrap()]);
    assert_eq!(staged(scratch.path(), "orders/pub_dead_run_1"), Vec::<PathBuf>::new());
    assert_eq!(catalog(scratch.path())["tables"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_id_that_is_used_again_without_a_journal_loses_no_rows() {
    let scratch = tempfile::tempdir().unwrap();
    let target = target(scratch.path());
    let mut request = request("used_run");
    request.options.exactly_once = ExactlyOnce::Off;
    assert_eq!(publish(&target, &request).await.outcome, RunOutcome::Published);
    let (engine, switch) = (engine(), Cancel::default());
    let again = Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &switch)).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::InvalidRequest, "{again:?}");
    assert_eq!(rows(scratch.path()).len() as u64, ORDERS);
    // Another table has files of its own.
    request.table = "other_orders".to_owned();
    assert_eq!(publish(&target, &request).await.outcome, RunOutcome::Published);
    assert_eq!(rows(scratch.path()).len() as u64, ORDERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_catalog_is_named_and_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("catalog.json");
    fs::write(&file, "{\"tables\": {").unwrap();
    let (engine, target, request) = (engine(), target(scratch.path()), request("some_run"));
    let switch = Cancel::default();
    let answer = engine.publish(&target, &request, Arc::new(NoEvents), &switch);
    let error = Box::pin(answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"tables\": {");
}

#[test]
fn the_factory_names_a_missing_setting() {
    let error = FolderFactory.build(&Map::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("folder"), "{error}");
}

#[test]
fn the_program_shows_the_plan_and_keeps_the_last_three_publications() {
    let scratch = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    for file in ["part-0.csv", "part-1.csv", "part-2.json", "part-2.csv"] {
        let output = run(scratch.path(), &orders(file));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("to folder table folder.orders") && text.contains("80 rows"), "{text}");
        told.push(rows(scratch.path()).len());
    }
    assert_eq!(told, [80, 160, 240, 240]);
    let missing = run(scratch.path(), &orders("no-such.csv"));
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such.csv"));
}

#[test]
fn programs_that_publish_to_one_table_at_once_lose_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let files = ["part-0.csv", "part-1.csv", "part-2.csv"].map(orders);
    let programs = files.each_ref().map(|file| program(scratch.path(), file).spawn().unwrap());
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    let numbers = |rows: Vec<Vec<String>>| sorted(rows.into_iter().map(|row| row[0].clone()).collect());
    assert_eq!(numbers(rows(scratch.path())), numbers(files.iter().flat_map(|file| records(file)).collect()));
}

/// Lets an engine die with its rows staged, its entry begun and half a new catalog written, and its lease run out.
async fn die_before_the_rename(folder: &Path, run: &str) {
    let faults = Faults::default();
    let target = FaultyTarget::new(target(folder), faults.clone()).as_target();
    faults.strike(Call::Commit, 1, Fault::Hang);
    let (engine, request) = (engine(), request(run));
    let switch = Cancel::default();
    tokio::select! {
        report = Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &switch)) => {
            panic!("the run was over before its engine died: {report:?}");
        }
        () = async { while faults.count(Call::Commit) == 0 { tokio::task::yield_now().await } } => {}
    }
    let mut catalog = catalog(folder);
    catalog["runs"][run]["held_until"] = 0.into();
    fs::write(folder.join("catalog.json"), catalog.to_string()).unwrap();
    fs::write(folder.join("catalog.next"), "{\"tables\": {\"orders\"").unwrap();
}

fn engine() -> Engine {
    let disks: Arc<dyn Storage> = Arc::new(FileStorage::default());
    let registry = publish_formats::all().into_iter().fold(Registry::new(), Registry::with_format);
    Engine::new(registry.with_storage(&disks).with_action(Arc::new(Roll)))
}

fn target(folder: &Path) -> Arc<dyn Target> {
    Arc::new(FolderTarget::new(folder).unwrap())
}

/// Asks to publish the order files to the table `orders`.
fn request(run: &str) -> PublishRequest {
    let files = orders("part-*.csv");
    let location = local_location(files.to_str().unwrap(), Path::new("/")).unwrap();
    let mut request = PublishRequest::new(Source::new(vec![location]), "orders", CreateAndLoad::NAME)
        .with_run_id(RunId::parse(run).unwrap());
    request.options.table_naming = TableNaming::Exact;
    request
}

async fn publish(target: &Arc<dyn Target>, request: &PublishRequest) -> Report {
    let (engine, switch) = (engine(), Cancel::default());
    Box::pin(engine.publish(target, request, Arc::new(NoEvents), &switch)).await.unwrap()
}

fn run(folder: &Path, file: &Path) -> Output {
    program(folder, file).output().unwrap()
}

fn program(folder: &Path, file: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_publish-embed"));
    program.arg(folder).arg("orders").arg(file).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn orders(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/orders").canonicalize().unwrap().join(file)
}

fn catalog(folder: &Path) -> Value {
    let bytes = fs::read(folder.join("catalog.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The rows of the table `orders`, read by a CSV reader from the files that the catalog names.
fn rows(folder: &Path) -> Vec<Vec<String>> {
    let catalog = catalog(folder);
    let folders = catalog["tables"]["orders"]["folders"].as_array().unwrap();
    let files = folders.iter().flat_map(|name| staged(folder, name.as_str().unwrap()));
    files.flat_map(|file| records(&file)).collect()
}

/// The files of one publication, in order.
fn staged(folder: &Path, name: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("data").join(name)).into_iter().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn records(file: &Path) -> Vec<Vec<String>> {
    let records = csv::Reader::from_path(file).unwrap().into_records();
    records.map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}
