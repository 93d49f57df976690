//! What readers see while a table is replaced: impyla in a loop.

use std::path::PathBuf;

use publish_tests::{HivePlace, Polls};

/// Rows of each of a publish's files.
const ROWS: usize = 500;
const FILES: usize = 12;

#[test]
fn two_readers_in_a_loop_see_the_old_rows_or_the_new_ones_while_rows_are_replaced() {
    under_readers("truncateAndLoad", "", 3, &[]);
}

#[test]
fn two_readers_in_a_loop_see_whole_appends_only() {
    let Some(place) = HivePlace::new("") else { return };
    let first = place.upload("g0", &generation(&place, 0, 3));
    loaded(&place, &first, "createAndLoad");
    let polls = Polls::start(&place, "t", 2);
    for number in 1..6 {
        let folder = place.upload(&format!("g{number}"), &generation(&place, number, 3));
        loaded(&place, &folder, "load");
    }
    let looks = polls.stop();
    for look in &looks {
        let generations = look.least..=look.most;
        assert_eq!(look.error, None, "{look:?}");
        assert_eq!(look.rows as usize, generations.count() * ROWS * FILES, "{look:?}");
    }
    assert!(looks.len() > 5, "the readers came to look only {} times", looks.len());
}

#[test]
fn readers_of_a_view_in_front_see_the_old_table_or_the_new_one_while_columns_change() {
    under_readers("dropAndLoad", "front = \"view\"", 4, &[]);
}

#[test]
fn readers_see_no_other_error_than_the_declared_one_while_columns_change_by_renames() {
    under_readers("dropAndLoad", "", 4, &["Table not found", "FileNotFound", "does not exist"]);
}

/// Replaces a table of 3 columns several times, by ones of 3 and of `columns` columns in turn.
fn under_readers(action: &str, setting: &str, columns: usize, allowed: &[&str]) {
    let Some(place) = HivePlace::new(setting) else { return };
    let first = place.upload("g0", &generation(&place, 0, 3));
    loaded(&place, &first, if setting.is_empty() { "createAndLoad" } else { "dropAndLoad" });
    let polls = Polls::start(&place, "t", 2);
    let publishes = 6;
    for number in 1..=publishes {
        let columns = if number % 2 == 1 { columns } else { 3 };
        let folder = place.upload(&format!("g{number}"), &generation(&place, number, columns));
        loaded(&place, &folder, action);
    }
    let looks = polls.stop();
    let mut errors = 0;
    for look in &looks {
        if let Some(error) = &look.error {
            assert!(allowed.iter().any(|allowed| error.contains(allowed)), "{look:?}");
            errors += 1;
            continue;
        }
        assert_eq!(look.least, look.most, "a mix: {look:?}");
        assert_eq!(look.rows as usize, ROWS * FILES, "{look:?}");
    }
    println!(
        "{action} {setting}: {publishes} publishes under {} looks, {errors} of them in a window",
        looks.len()
    );
    assert!(looks.len() > 5, "the readers came to look only {} times", looks.len());
}

fn loaded(place: &HivePlace, folder: &str, action: &str) {
    let answer = place.run(&[folder], "t", action, &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
}

/// The files of one generation, which each of its rows names.
fn generation(place: &HivePlace, number: usize, columns: usize) -> Vec<PathBuf> {
    let header = ["id", "generation", "text", "more"][..columns].join(",");
    let extra = if columns > 3 { ",more" } else { "" };
    let file = |part: usize| {
        let rows = (0..ROWS).map(|row| format!("{},{number},some text{extra}\n", part * ROWS + row));
        let text: String = std::iter::once(format!("{header}\n")).chain(rows).collect();
        place.place().write(&format!("g{number}-{part}.csv"), text)
    };
    (0..FILES).map(file).collect()
}
