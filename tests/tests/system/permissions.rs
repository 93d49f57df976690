//! Places where nothing may be written.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use publish_tests::{Answer, Place, binary, sample};

/// The user who may do nothing, on every Linux.
const NOBODY: &str = "65534";

#[test]
fn a_folder_that_can_not_be_written_is_named_and_stays_empty() {
    let place = Place::new();
    let answer = run_without_rights(&place, "createAndLoad");
    refused(&answer);
    assert!(!place.database().file().exists());
}

#[test]
fn a_database_that_can_not_be_written_keeps_its_rows() {
    let place = Place::new();
    let answer =
        place.run(&[&sample("orders/part-0.avro")], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    for action in ["load", "truncateAndLoad", "dropAndLoad", "create"] {
        let before = std::fs::read(place.database().file()).expect("a database");
        let answer = run_without_rights(&place, action);
        refused(&answer);
        assert!(before == std::fs::read(place.database().file()).expect("a database"), "{action}");
    }
}

#[test]
fn a_result_file_that_can_not_be_read_is_named() {
    let place = Place::new();
    let file = place.write("secret.csv", "id\n1\n");
    chmod(&file, 0o000);
    let answer =
        without_rights(&place, 0o777, &["run", "secret.csv", "-t", "t", "-a", "createAndLoad", "--json"]);
    assert_eq!((answer.code, answer.error_kind().as_str()), (1, "permissionDenied"), "{answer}");
    assert!(answer.json()["error"].to_string().contains("secret.csv"), "{answer}");
    assert!(!place.database().file().exists());
}

fn refused(answer: &Answer) {
    assert_eq!((answer.code, answer.error_kind().as_str()), (1, "permissionDenied"), "{answer}");
    assert!(answer.json()["error"].to_string().contains("publish-warehouse.sqlite"), "{answer}");
}

fn run_without_rights(place: &Place, action: &str) -> Answer {
    std::fs::copy(sample("orders/part-0.avro"), place.path().join("part-0.avro")).expect("a copy");
    without_rights(place, 0o555, &["run", "part-0.avro", "-t", "t", "-a", action, "--json"])
}

/// Runs the binary as a user who does not own the folder. Rights do not bind the administrator, so another user is
/// taken where the test itself runs as one.
fn without_rights(place: &Place, mode: u32, arguments: &[&str]) -> Answer {
    let copy = place.path().join("bin");
    std::fs::create_dir_all(&copy).expect("a folder");
    let program = copy.join("publish");
    if !program.exists() {
        std::fs::copy(binary(), &program).expect("a copy");
    }
    chmod(&program, 0o755);
    chmod(place.path(), mode);
    let mut command = if is_administrator() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]).arg(&program);
        command
    } else {
        if place.database().file().exists() {
            chmod(place.database().file(), 0o444);
        }
        Command::new(&program)
    };
    command.args(arguments).current_dir(place.path()).stdin(Stdio::null());
    let answer = command.output().expect("the binary starts").into();
    chmod(place.path(), 0o755);
    answer
}

fn is_administrator() -> bool {
    // A file below /proc belongs to the user who runs this.
    std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("rights that can be set");
}
