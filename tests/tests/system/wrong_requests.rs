//! Requests with a mistake: exit code 2, an error that says what is right, and nothing changed.

use publish_tests::{Place, sample};

#[test]
fn a_wrong_word_is_answered_with_the_right_ones() {
    let file = sample("orders/part-0.avro");
    let cases: [(&[&str], &[&str]); 11] = [
        (&["--table", "t", "--action", "upsert"], &["upsert", "createAndLoad", "truncateAndLoad"]),
        (&["--table", "t", "--action", "createandload"], &["createandload", "createAndLoad"]),
        (&["--table", "t", "--action", "load", "--input-format", "orc"], &["orc", "avro", "csv"]),
        (&["--table", "t", "--action", "load", "--connection", "lokal"], &["lokal", "local"]),
        (
            &["--table", "t", "--action", "load", "--table-naming", "random"],
            &["random", "timestamp", "exact"],
        ),
        (&["--table", "t", "--action", "load", "--run-id", "No Good"], &["No Good"]),
        (&["--table", "t", "--action", "load", "--path", "elsewhere"], &["elsewhere", "main"]),
        (&["--table", "t", "--action", "createAndLoad", "--option", "frnt=view"], &["frnt", "sqlite"]),
        (&["--table", "t", "--action", "createAndLoad", "--option", "front"], &["front", "NAME=VALUE"]),
        (&["--action", "load"], &["--table"]),
        (&["--table", "t"], &["--action"]),
    ];
    let place = Place::new();
    for (arguments, named) in cases {
        let answer = place.publish(["run", &file, "--json"].iter().chain(arguments));
        assert_eq!(answer.code, 2, "{arguments:?}: {answer}");
        assert_eq!(answer.json()["outcome"], "refused", "{arguments:?}: {answer}");
        let error = answer.json()["error"].to_string();
        for name in named {
            assert!(error.contains(name), "{arguments:?} must name {name}: {answer}");
        }
        assert!(place.snapshot().names().is_empty(), "{arguments:?}: {:?}", place.snapshot().names());
    }
}

#[test]
fn a_table_name_that_needs_quotes_is_refused_and_runs_no_statement() {
    let place = Place::new();
    let file = sample("orders/part-0.avro");
    let answer = place.run(&[&file], "orders", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let before = place.snapshot();
    let long = "a".repeat(2000);
    for name in ["", "a b", "o\"rders", "o'rders", "main.orders", "orders; DROP TABLE orders", &long] {
        for action in ["createAndLoad", "dropAndLoad", "load"] {
            let answer = place.run(&[&file], name, action, &["--table-naming", "exact"]);
            assert_eq!(answer.code, 2, "{name:?} {action}: {answer}");
            assert_eq!(before.difference(&place.snapshot()), None, "{name:?} {action}");
        }
    }
}

#[test]
fn the_journal_and_the_tables_of_sqlite_can_not_be_published_to() {
    let place = Place::new();
    let file = sample("orders/part-0.avro");
    let answer = place.run(&[&file], "orders", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let before = place.snapshot();
    for name in ["publish_journal", "PUBLISH_JOURNAL", "sqlite_schema", "sqlite_x"] {
        let answer = place.run(&[&file], name, "dropAndLoad", &[]);
        assert_eq!(answer.code, 2, "{name}: {answer}");
        assert_eq!(before.difference(&place.snapshot()), None, "{name}");
    }
}

#[test]
fn a_run_without_a_journal_leaves_none() {
    let place = Place::new();
    let file = sample("orders/part-0.avro");
    let answer = place.run(&[&file], "orders", "dropAndLoad", &["--without-journal"]);
    assert_eq!(answer.code, 0, "{answer}");
    let journal = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'publish_%'";
    assert_eq!((place.database().row_count("orders"), place.database().number(journal)), (80, 0));
}

#[test]
fn a_run_id_of_another_request_is_refused() {
    let place = Place::new();
    let file = sample("orders/part-0.avro");
    let id = ["--table-naming", "exact", "--run-id", "nightly"];
    let answer = place.run(&[&file], "one", "createAndLoad", &id);
    assert_eq!(answer.code, 0, "{answer}");
    let before = place.snapshot();
    let answer = place.run(&[&file], "two", "createAndLoad", &id);
    assert_eq!((answer.code, answer.error_kind().as_str()), (2, "invalidRequest"), "{answer}");
    assert_eq!(before.difference(&place.snapshot()), None);
    let answer = place.run(&[&file], "one", "createAndLoad", &id);
    assert_eq!((answer.code, &answer.json()["wasPublishedBefore"]), (0, &true.into()), "{answer}");
    assert_eq!(place.database().row_count("one"), 80);
}

#[test]
fn settings_with_a_mistake_are_named_by_line_and_word() {
    let place = Place::new();
    let file = sample("orders/part-0.avro");
    let cases = [
        ("[connection.x]\ntarget = \"sqlite\"\n", "connection"),
        ("[connections.local]\ntarget = \"sqlit\"\nfile = \"a.sqlite\"\n", "sqlite"),
        ("[connections.local]\ntarget = \"sqlite\"\n", "file"),
        ("[connections.local]\ntarget = \"sqlite\"\nfile = \"a.sqlite\"\nfiel = 1\n", "fiel"),
        ("[connections.local\n", "line"),
    ];
    for (settings, named) in cases {
        place.write("publish.toml", settings);
        let before = place.snapshot();
        let answer = place.run(&[&file], "t", "createAndLoad", &[]);
        assert_eq!(answer.code, 2, "{settings}: {answer}");
        assert!(answer.json()["error"].to_string().contains(named), "{settings} must name {named}: {answer}");
        assert_eq!(before.difference(&place.snapshot()), None, "{settings}");
    }
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let place = Place::new();
    place.write(
        "publish-warehouse.sqlite",
        "these are the minutes of the meeting, and no database at all\n".repeat(50),
    );
    let before = place.snapshot();
    for action in ["create", "load", "createAndLoad", "truncateAndLoad", "dropAndLoad"] {
        let answer = place.run(&[&sample("orders/part-0.avro")], "t", action, &[]);
        assert_eq!((answer.code, answer.error_kind().as_str()), (2, "invalidRequest"), "{action}: {answer}");
        assert_eq!(before.difference(&place.snapshot()), None, "{action}");
    }
}

#[test]
fn a_plan_changes_nothing_and_a_check_makes_nothing() {
    let place = Place::new();
    for action in ["create", "createAndLoad", "dropAndLoad"] {
        let file = sample("orders/part-*.parquet");
        let answer = place.publish(["plan", &file, "--table", "t", "--action", action]);
        assert_eq!(answer.code, 0, "{action}: {answer}");
        assert!(answer.out.contains("CREATE TABLE"), "{action}: {answer}");
    }
    for command in ["check", "targets", "sweep"] {
        let answer = place.publish([command]);
        assert_eq!(answer.code, 0, "{command}: {answer}");
    }
    assert!(place.snapshot().names().is_empty(), "{:?}", place.snapshot().names());
}
