//! What is refused before anything is touched, and what no output shows.

use publish_tests::{RedshiftPlace, sample};

#[test]
fn results_that_are_not_on_s3_are_refused_with_the_reason() {
    let place = RedshiftPlace::new();
    let answer = place.run(&[&sample("orders/part-0.avro")], "t", "createAndLoad", &[]);
    assert_eq!((answer.code, answer.error_kind().as_str()), (2, "invalidRequest"), "{answer}");
    for word in ["S3", "stage_from_anywhere"] {
        assert!(answer.out.contains(word), "{word}: {answer}");
    }
    assert!(place.tables().is_empty());
}

#[test]
fn a_bad_value_is_told_by_file_line_column_type_value_and_reason() {
    let place = RedshiftPlace::new();
    place.execute("CREATE TABLE {s}.t (id BIGINT, amount DECIMAL(10,2), text VARCHAR(20))");
    let file = |number: usize, bad: Option<usize>| {
        let rows = (1..=100_000).map(|row| {
            let text = if bad == Some(row) { "far too long for twenty bytes" } else { "short" };
            format!("{row},{row}.25,{text}\n")
        });
        let text: String = std::iter::once("id,amount,text\n".to_owned()).chain(rows).collect();
        place.place().write(&format!("part-{number}.csv"), text)
    };
    let files = [file(1, None), file(2, None), file(3, Some(70_001))];
    let folder = place.upload("bad", &files);
    let answer = place.run(&[&folder], "t", "load", &[]);
    assert!([1, 2].contains(&answer.code), "{answer}");
    for word in ["part-3.csv", "text", "far too long", "70002"] {
        assert!(answer.out.contains(word), "{word}: {answer}");
    }
    assert_eq!(place.row_count("t"), 0);
}

#[test]
fn no_secret_is_in_any_output() {
    let place = RedshiftPlace::new();
    let folder = place.upload("orders", &[sample("orders/part-0.avro").into()]);
    let table = format!("{}.t", place.schema());
    let runs = [
        place.run(&[&folder], "t", "createAndLoad", &[]),
        place.run(&[&folder], "t", "load", &[]),
        place.place().publish([
            "plan",
            &folder,
            "--connection",
            "rs",
            "--table",
            &table,
            "--action",
            "dropAndLoad",
        ]),
        place.place().publish([
            "run",
            &folder,
            "--connection",
            "rs",
            "--table",
            &table,
            "--action",
            "dropAndLoad",
        ]),
        place.place().publish(["targets"]),
        place.place().publish(["check", "rs"]),
        place.place().publish(["sweep", "rs"]),
    ];
    for answer in &runs {
        for secret in [s3_test_server::SECRET_KEY, "Passw0rd"] {
            assert!(!answer.out.contains(secret) && !answer.err.contains(secret), "{answer}");
        }
    }
    assert!(runs.iter().any(|answer| answer.out.contains("COPY")), "no plan was shown");
}

#[test]
fn a_direct_load_reads_nothing_but_headers_and_texts_once() {
    let place = RedshiftPlace::new();
    place.execute("CREATE TABLE {s}.t (id BIGINT, text VARCHAR(256))");
    let rows = (0..100_000).map(|row| format!("{row},some text of this row {row}\n"));
    let bytes: String = std::iter::once("id,text\n".to_owned()).chain(rows).collect();
    let size = bytes.len() as u64;
    let folder = place.upload("direct", &[place.place().write("part-0.csv", bytes)]);
    let answer = place.run(&[&folder], "t", "load", &[]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.row_count("t"), 100_000);
    // One counting pass over text, and nothing staged but the manifest.
    let (read, written) = (&answer.json()["bytesRead"], &answer.json()["bytesWritten"]);
    assert!(read.as_u64().expect("a count") <= size + size / 10, "{answer}");
    assert!(written.as_u64().expect("a count") < 4096, "{answer}");
}
