//! What readers see while a table is replaced: a second session in a loop.

use publish_tests::{RedshiftPlace, poll_redshift};

#[test]
fn a_reader_in_a_loop_sees_the_old_rows_or_the_new_ones_while_rows_are_replaced() {
    under_a_reader("truncateAndLoad", 3, &[]);
}

#[test]
fn a_reader_in_a_loop_sees_the_old_table_or_the_new_one_but_for_the_declared_instant() {
    under_a_reader("dropAndLoad", 4, &["does not exist", "dropped by concurrent transaction"]);
}

/// Replaces a table of 3 columns several times, by ones of 3 and of `columns` columns in turn.
fn under_a_reader(action: &str, columns: usize, allowed: &[&str]) {
    let place = RedshiftPlace::new();
    place.execute("CREATE TABLE {s}.t (id BIGINT, generation BIGINT, text VARCHAR(256))");
    let results = |number: usize, columns: usize| {
        let header = ["id", "generation", "text", "more"][..columns].join(",");
        let extra = if columns > 3 { ",more" } else { "" };
        let rows = (0..5000).map(|row| format!("{row},{number},some text{extra}\n"));
        let text: String = std::iter::once(format!("{header}\n")).chain(rows).collect();
        place.upload(&format!("g{number}"), &[place.place().write(&format!("g{number}.csv"), text)])
    };
    let answer = place.run(&[&results(0, 3)], "t", "load", &[]);
    assert_eq!(answer.code, 0, "{answer}");
    let polls = poll_redshift(&place, "t", 2);
    let publishes = 8;
    for number in 1..=publishes {
        let columns = if number % 2 == 1 { columns } else { 3 };
        let answer = place.run(&[&results(number, columns)], "t", action, &[]);
        assert_eq!(answer.code, 0, "{answer}");
    }
    let looks = polls.stop();
    let mut errors = 0;
    for look in &looks {
        if let Some(error) = &look.error {
            assert!(allowed.iter().any(|allowed| error.contains(allowed)), "{look:?}");
            errors += 1;
            continue;
        }
        assert_eq!((look.rows, look.least), (5000, look.most), "{look:?}");
    }
    println!("{action}: {publishes} publishes under {} looks, {errors} of them in the instant", looks.len());
    assert!(looks.len() > 5, "the readers came to look only {} times", looks.len());
}
