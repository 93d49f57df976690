//! The binary, as psql and the service's Python drivers see it, and its end.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails with it")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A Python with psycopg2 and redshift_connector.
const PYTHON_VARIABLE: &str = "REDSHIFT_EMULATOR_TEST_PYTHON";

const SCRIPT: &str = r#"
import sys, psycopg2, redshift_connector
copy = "copy t from 's3://b/x' iam_role default csv"
where = dict(host="127.0.0.1", port=int(sys.argv[1]), user="awsuser", password="Passw0rd")
one = psycopg2.connect(dbname="dev", **where)
cursor = one.cursor()
cursor.execute(copy)
cursor.execute("select count(*), pg_last_copy_count() from t")
assert cursor.fetchall() == [(2, 1)], "psycopg2"
one.rollback()
two = redshift_connector.connect(database="dev", ssl=False, **where)
cursor = two.cursor()
cursor.execute(copy)
cursor.execute("select count(*), pg_last_copy_count() from t where a = %s", (1,))
assert [list(row) for row in cursor.fetchall()] == [[2, 1]], "redshift_connector"
two.commit()
"#;

fn start(scratch: &Path) -> (Child, String) {
    // The server may run as another user.
    fs::set_permissions(scratch, fs::Permissions::from_mode(0o777)).unwrap();
    let buckets = scratch.join("buckets");
    fs::create_dir_all(buckets.join("b")).unwrap();
    fs::write(buckets.join("b/x.csv"), "1,a\n").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_redshift-emulator"))
        .args(["--listen", "127.0.0.1:0", "--buckets"])
        .arg(&buckets)
        .env("TMPDIR", scratch)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.split("port=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    (child, port.to_owned())
}

fn servers(scratch: &Path) -> usize {
    let is_server = |name: &str| name.starts_with("redshift-emulator-");
    fs::read_dir(scratch)
        .unwrap()
        .flatten()
        .filter(|entry| is_server(&entry.file_name().to_string_lossy()))
        .count()
}

#[test]
fn outside_clients_load_and_nothing_outlives_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut emulator, port) = start(scratch.path());
    let psql = |password: &str, sql: &str| {
        let target = format!("host=127.0.0.1 port={port} user=awsuser dbname=dev");
        Command::new("psql").args(["-At", &target, "-c", sql]).env("PGPASSWORD", password).output().unwrap()
    };
    assert!(psql("Passw0rd", "create table t (a int, b varchar(5))").status.success());
    let loaded = psql("Passw0rd", "copy t from 's3://b/x' iam_role default csv");
    assert_eq!(String::from_utf8_lossy(&loaded.stdout), "COPY\n");
    assert!(String::from_utf8_lossy(&loaded.stderr).contains("1 record(s) loaded successfully."));
    let refused = psql("wrong", "select 1");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("password authentication failed"));

    match std::env::var_os(PYTHON_VARIABLE) {
        Some(python) => {
            let output = Command::new(python).args(["-c", SCRIPT, &port]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        None => eprintln!(
            "LEFT OUT: psycopg2 and redshift_connector; set {PYTHON_VARIABLE} to a Python with both"
        ),
    }

    assert_eq!(servers(scratch.path()), 1);
    emulator.kill().unwrap();
    emulator.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while servers(scratch.path()) > 0 {
        assert!(Instant::now() < deadline, "the server outlives the emulator");
        std::thread::sleep(Duration::from_millis(20));
    }
}
