//! A table that is published to under faults, and what must be true of it afterwards.

use publish_tests::{Answer, RedshiftPlace};

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
    /// Makes a table of 2 columns with old rows.
    pub(crate) fn filled(place: &RedshiftPlace, name: &str) -> Self {
        place.execute(&format!("CREATE TABLE {{s}}.{name} (id BIGINT, text VARCHAR(256))"));
        let old = (0..OLD_ROWS).map(|row| format!("({row}, 'old row {row}')")).collect::<Vec<_>>().join(", ");
        place.execute(&format!("INSERT INTO {{s}}.{name} VALUES {old}"));
        let new = (0..ROWS).map(|row| format!("{row},new row {row}\n"));
        let new = std::iter::once("id,text\n".to_owned()).chain(new).collect::<String>();
        // One column more, so that dropAndLoad changes the table's columns.
        let wide = (0..ROWS).map(|row| format!("{row},new row {row},{row}.5\n"));
        let wide = std::iter::once("id,text,more\n".to_owned()).chain(wide).collect::<String>();
        let results = place.upload(&format!("{name}/new"), &[place.place().write("new.csv", new)]);
        place.upload(&format!("{name}/wide"), &[place.place().write("wide.csv", wide)]);
        Self { name: name.to_owned(), run: format!("run_{}_{name}", place.schema()), results }
    }

    fn results(&self, action: &str) -> String {
        if action == "dropAndLoad" { self.results.replace("/new", "/wide") } else { self.results.clone() }
    }

    /// Publishes, always under the same run id.
    pub(crate) fn publish(&self, place: &RedshiftPlace, action: &str) -> Answer {
        place.run(&[&self.results(action)], &self.name, action, &["--run-id", &self.run])
    }

    /// The same, ready to be started.
    pub(crate) fn command(&self, place: &RedshiftPlace, action: &str) -> std::process::Command {
        place.command(&[&self.results(action)], &self.name, action, &["--run-id", &self.run])
    }

    /// Right after a fault a reader sees the old rows or the new ones, and no mix.
    pub(crate) fn check_old_or_new(&self, place: &RedshiftPlace, action: &str, context: &str) {
        let rows = place.row_count(&self.name);
        let new = match action {
            "load" => OLD_ROWS + ROWS,
            "truncateAndLoad" | "dropAndLoad" => ROWS,
            _ => OLD_ROWS,
        };
        assert!(rows == OLD_ROWS || rows == new, "{context}: {rows} rows");
    }

    /// The run is published, its rows are there once, and nothing of it is left beside.
    pub(crate) fn check(&self, place: &RedshiftPlace, action: &str, answer: &Answer, context: &str) {
        assert_eq!(answer.json()["outcome"], "published", "{context}: {answer}");
        let table = answer.table();
        let rows = match action {
            "create" => 0,
            "load" => OLD_ROWS + ROWS,
            _ => ROWS,
        };
        assert_eq!(place.row_count(&table), rows, "{context}");
        if rows > 0 {
            let once =
                format!("SELECT count(DISTINCT id) FROM {{s}}.\"{table}\" WHERE text LIKE 'new row %'");
            assert_eq!(place.number(&once), ROWS, "{context}");
        }
        if action.starts_with("create") {
            assert_eq!(place.row_count(&self.name), OLD_ROWS, "{context}: the table of the very name");
        }
        let own = format!("{}_", self.name);
        let beside: Vec<String> = place.tables().into_iter().filter(|name| name.starts_with(&own)).collect();
        let wanted = if action.starts_with("create") { vec![table] } else { Vec::new() };
        assert_eq!(beside, wanted, "{context}");
    }
}
