//! awswrangler, which loads data frames by way of S3.

use std::ffi::OsString;
use std::process::Command;

use redshift_emulator::{Emulator, EndpointStore};
use s3_test_server::{ACCESS_KEY, S3TestServer, SECRET_KEY, Settings};

/// A Python that may have awswrangler.
const PYTHON_VARIABLE: &str = "REDSHIFT_EMULATOR_TEST_PYTHON";

#[tokio::test(flavor = "multi_thread")]
async fn awswrangler_loads_and_replaces_tables() {
    let python = std::env::var_os(PYTHON_VARIABLE);
    let has_it = |python: &OsString| {
        Command::new(python).args(["-c", "import awswrangler"]).status().unwrap().success()
    };
    let Some(python) = python.filter(has_it) else {
        eprintln!(
            "LEFT OUT: awswrangler; set {PYTHON_VARIABLE} to a Python with tests/data/requirements-awswrangler.txt"
        );
        return;
    };
    let server = S3TestServer::start(Settings::default().with_bucket("data")).unwrap();
    let store = EndpointStore::new(server.endpoint());
    let emulator = Emulator::builder().with_objects(store).start().await.unwrap();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/data_frames.py"))
        .args([&emulator.port().to_string(), server.endpoint(), ACCESS_KEY, SECRET_KEY])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
