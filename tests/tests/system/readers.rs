//! What a reader sees while a table is replaced.

use std::time::{Duration, Instant};

use publish_tests::Place;

/// What one look at the table gave: rows, least and greatest generation, columns.
type Look = (i64, i64, i64, usize);

#[test]
fn a_reader_in_a_loop_sees_the_old_rows_or_the_new_ones_while_rows_are_replaced() {
    replace_under_a_reader("truncateAndLoad", 3);
}

#[test]
fn a_reader_in_a_loop_sees_the_old_table_or_the_new_one_while_the_table_is_replaced() {
    replace_under_a_reader("dropAndLoad", 4);
}

fn replace_under_a_reader(action: &str, new_columns: usize) {
    let rows = row_count();
    let place = Place::new();
    place.write("old.csv", csv(rows, 1, 3));
    place.write("new.csv", csv(rows + 1, 2, new_columns));
    let answer = place.run(&["old.csv"], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let (old, new) = ((rows as i64, 1, 1, 3), (rows as i64 + 1, 2, 2, new_columns));

    let arguments = ["run", "new.csv", "--table", "t", "--action", action, "--json"];
    let mut run = place.command(arguments).spawn().expect("the binary starts");
    let connection = place.database().reader();
    connection.busy_timeout(Duration::ZERO).expect("a reader that never waits");
    let mut seen: Vec<Look> = Vec::new();
    let mut slowest = Duration::ZERO;
    let (mut looks, mut ended) = (0, false);
    // The last look comes after the end.
    while !ended {
        ended = run.try_wait().expect("a process that can be asked").is_some();
        let started = Instant::now();
        let look = look(&connection).unwrap_or_else(|error| panic!("look {looks}: {error}"));
        slowest = slowest.max(started.elapsed());
        looks += 1;
        assert!(look == old || look == new, "look {looks}: {look:?} is neither {old:?} nor {new:?}");
        if seen.last() != Some(&look) {
            seen.push(look);
        }
    }
    let answer = publish_tests::Answer::from(run.wait_with_output().expect("an answer"));
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(seen, [old, new], "after {looks} looks");
    assert!(looks > 5, "the reader came to look only {looks} times");
    println!("{action}: {looks} looks at {rows} rows, the slowest took {slowest:?}");
}

/// One transaction, so one state of the table.
fn look(connection: &rusqlite::Connection) -> rusqlite::Result<Look> {
    let transaction = connection.unchecked_transaction()?;
    let totals = "SELECT count(*), min(generation), max(generation) FROM t";
    let (rows, least, most) =
        transaction.query_row(totals, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Only a row knows its columns: the table may be replaced after the statement was prepared.
    let columns =
        transaction.query_row("SELECT * FROM t LIMIT 1", [], |row| Ok(row.as_ref().column_count()))?;
    transaction.finish()?;
    Ok((rows, least, most, columns))
}

fn csv(rows: u64, generation: u64, columns: usize) -> String {
    let header = ["id", "generation", "text", "more"][..columns].join(",");
    let extra = if columns > 3 { ",more" } else { "" };
    let lines = (0..rows).map(|row| format!("{row},{generation},some text of row {row}{extra}\n"));
    std::iter::once(format!("{header}\n")).chain(lines).collect()
}

/// More of them than a test needs can be asked for, to try the same at full size.
fn row_count() -> u64 {
    std::env::var("PUBLISH_TEST_ROWS")
        .map_or(200_000, |rows| rows.parse().expect("PUBLISH_TEST_ROWS is a number"))
}
