//! A disk that fills up while rows are loaded.

use std::path::Path;
use std::process::{Command, Stdio};

use publish_tests::{Answer, Database, Place, Snapshot, binary, sample};

const ROWS: u64 = 60_000;

#[test]
fn a_full_disk_leaves_the_old_rows_and_a_publish_with_room_succeeds() {
    let place = Place::new();
    let disk = place.path().join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    place.write("big.csv", big_csv());
    place.write("first.sh", script("createAndLoad --table-naming exact", &sample("orders/part-0.csv")));
    place.write("second.sh", script("\"$1\"", "../big.csv"));
    // The mount is seen by this one process and its children alone, and goes with them.
    let whole = "mount -t tmpfs -o size=1500k none disk && cd disk && . ../first.sh && cp * ../before && \
         for action in load truncateAndLoad dropAndLoad; do sh ../second.sh $action > ../$action.json; \
         echo $? > ../$action.code; done; cp * ../after; ls -A > ../names";
    for folder in ["before", "after"] {
        std::fs::create_dir(place.path().join(folder)).expect("a folder");
    }
    let mut mounted = Command::new("unshare");
    mounted.args(["--mount", "--map-root-user", "sh", "-c", whole]);
    let output = output_in(&mut mounted, place.path());
    if output.err.contains("unshare failed") || output.err.contains("permission denied") {
        // The other test of this file sees to it that a write that fails is covered in any case.
        println!("left out: this user may not mount a small disk: {}", output.err.trim());
        return;
    }
    for action in ["load", "truncateAndLoad", "dropAndLoad"] {
        let answer = Answer {
            code: read(place.path(), &format!("{action}.code")).trim().parse().expect("an exit code"),
            out: read(place.path(), &format!("{action}.json")),
            err: output.err.clone(),
        };
        assert_eq!((answer.code, answer.error_kind().as_str()), (1, "unavailable"), "{action}: {answer}");
    }
    let (before, after) = (database(&place, "before"), database(&place, "after"));
    assert_eq!(before.row_count("t"), 80);
    assert_eq!(after.row_count("t"), 80);
    assert_eq!(after.integrity(), "ok");
    assert_eq!(after.tables(), ["t"]);
    assert_eq!(read(place.path(), "names").trim(), "publish-warehouse.sqlite");
}

#[test]
fn a_write_that_fails_leaves_the_old_rows_and_a_publish_with_room_succeeds() {
    let place = Place::new();
    place.write("big.csv", big_csv());
    let answer =
        place.run(&[&sample("orders/part-0.csv")], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let old = place.database().number("SELECT sum(order_id) FROM t");
    for action in ["createAndLoad", "load", "truncateAndLoad", "dropAndLoad"] {
        place.write("limited.sh", format!("trap '' XFSZ; ulimit -f 2000; {}", script(action, "big.csv")));
        let mut command = Command::new("sh");
        command.arg("limited.sh");
        let answer = output_in(&mut command, place.path());
        assert_eq!(answer.code, 1, "{action}: {answer}");
        assert_eq!(answer.json()["outcome"], "rolledBack", "{action}: {answer}");
        assert_eq!(place.database().row_count("t"), 80, "{action}");
        assert_eq!(place.database().number("SELECT sum(order_id) FROM t"), old, "{action}");
        assert_eq!(place.database().tables(), ["t"], "{action}");
        assert_eq!(place.database().integrity(), "ok", "{action}");
    }
    let answer = place.run(&["big.csv"], "t", "dropAndLoad", &[]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.snapshot().names(), ["big.csv", "limited.sh", "publish-warehouse.sqlite"]);
    assert_eq!(place.database().row_count("t"), ROWS);
}

fn script(action: &str, file: &str) -> String {
    format!("'{}' run '{file}' --table t --json --action {action}", binary().display())
}

fn big_csv() -> String {
    let rows = (0..ROWS).map(|row| format!("{row},a row that takes some room on the disk: number {row}\n"));
    std::iter::once("order_id,note\n".to_owned()).chain(rows).collect()
}

fn output_in(command: &mut Command, folder: &Path) -> Answer {
    command.current_dir(folder).stdin(Stdio::null()).output().expect("a shell starts").into()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn database(place: &Place, folder: &str) -> Database {
    let folder = place.path().join(folder);
    assert_eq!(Snapshot::of(&folder).names(), ["publish-warehouse.sqlite"]);
    Database::at(folder.join("publish-warehouse.sqlite"))
}
