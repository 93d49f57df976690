//! A table that is published to under faults, and what must be true of it afterwards.

use publish_tests::{Answer, HivePlace};

const ROWS: u64 = 2000;
const OLD_ROWS: u64 = 50;

/// A table with old rows, and the results that are to be published to it under one run id.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    run: String,
    results: String,
}

impl Table {
    /// Makes an external table of 2 columns with old rows.
    pub(crate) fn filled(place: &HivePlace, name: &str) -> Self {
        let old = (0..OLD_ROWS).map(|row| format!("{row},old row {row}\n"));
        let old = std::iter::once("id,text\n".to_owned()).chain(old).collect::<String>();
        let old = place.upload(&format!("{name}/old"), &[place.place().write("old.csv", old)]);
        let answer = place.run(&[&old], name, "createAndLoad", &["--table-naming", "exact"]);
        assert_eq!(answer.code, 0, "{answer}");
        // One column more, so that dropAndLoad changes the table's columns.
        let new = (0..ROWS).map(|row| format!("{row},new row {row}\n"));
        let new = std::iter::once("id,text\n".to_owned()).chain(new).collect::<String>();
        let wide = (0..ROWS).map(|row| format!("{row},new row {row},{row}.5\n"));
        let wide = std::iter::once("id,text,more\n".to_owned()).chain(wide).collect::<String>();
        let results = place.upload(&format!("{name}/new"), &[place.place().write("new.csv", new)]);
        place.upload(&format!("{name}/wide"), &[place.place().write("wide.csv", wide)]);
        Self { name: name.to_owned(), run: format!("run_{name}"), results }
    }

    fn results(&self, action: &str) -> String {
        if action == "dropAndLoad" { self.results.replace("/new", "/wide") } else { self.results.clone() }
    }

    /// Publishes, always under the same run id.
    pub(crate) fn publish(&self, place: &HivePlace, action: &str) -> Answer {
        place.run(&[&self.results(action)], &self.name, action, &["--run-id", &self.run])
    }

    /// The same, ready to be started.
    pub(crate) fn command(&self, place: &HivePlace, action: &str) -> std::process::Command {
        place.command(&[&self.results(action)], &self.name, action, &["--run-id", &self.run])
    }

    /// Right after a fault a reader sees the old rows or the new ones, and no mix. By renames alone a table can be
    /// missing until the next run or sweep.
    pub(crate) fn check_old_or_new(&self, place: &HivePlace, action: &str, context: &str) {
        let tables = place.tables();
        if !tables.contains(&self.name) {
            assert_eq!(action, "dropAndLoad", "{context}: the table is gone: {tables:?}");
            return;
        }
        let rows = place.row_count(&self.name);
        let new = match action {
            "load" => OLD_ROWS + ROWS,
            "truncateAndLoad" | "dropAndLoad" => ROWS,
            _ => OLD_ROWS,
        };
        assert!(rows == OLD_ROWS || rows == new, "{context}: {rows} rows");
    }

    /// The run is published, and its rows are there once.
    pub(crate) fn check(&self, place: &HivePlace, action: &str, answer: &Answer, context: &str) {
        assert_eq!(answer.json()["outcome"], "published", "{context}: {answer}");
        let table = answer.table();
        let rows = match action {
            "create" => 0,
            "load" => OLD_ROWS + ROWS,
            _ => ROWS,
        };
        let found = place.query(&format!("SELECT text FROM {{db}}.`{table}`"));
        assert_eq!(found.len() as u64, rows, "{context}");
        if rows > 0 {
            let mut new: Vec<&str> =
                found.iter().map(|row| row[0].as_str()).filter(|text| text.starts_with("new row ")).collect();
            new.sort_unstable();
            new.dedup();
            assert_eq!(new.len() as u64, ROWS, "{context}");
        }
        if action.starts_with("create") {
            assert_eq!(place.row_count(&self.name), OLD_ROWS, "{context}: the table of the very name");
            let made =
                place.tables().into_iter().filter(|name| name.starts_with(&format!("{}_2", self.name)));
            assert_eq!(made.collect::<Vec<_>>(), [table], "{context}");
        }
    }
}
