//! dlt, which loads by INSERT and by way of S3.

use std::process::Command;

use redshift_emulator::{Emulator, EndpointStore};
use s3_test_server::{ACCESS_KEY, S3TestServer, SECRET_KEY, Settings};

/// A Python that has dlt.
const PYTHON_VARIABLE: &str = "REDSHIFT_EMULATOR_DLT_PYTHON";

#[tokio::test(flavor = "multi_thread")]
async fn dlt_loads_merges_and_replaces_tables() {
    let Some(python) = std::env::var_os(PYTHON_VARIABLE) else {
        eprintln!("LEFT OUT: dlt; set {PYTHON_VARIABLE} to a Python with tests/data/requirements-dlt.txt");
        return;
    };
    let server = S3TestServer::start(Settings::default().with_bucket("lake")).unwrap();
    let store = EndpointStore::new(server.endpoint());
    let emulator = Emulator::builder().with_objects(store).start().await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/dlt_load.py"))
        .args([&emulator.port().to_string(), server.endpoint(), ACCESS_KEY, SECRET_KEY])
        .arg(scratch.path())
        .env("DLT_DATA_DIR", scratch.path())
        .env("RUNTIME__DLTHUB_TELEMETRY", "false")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
