use super::*;

fn database(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

fn found(connection: &mut Connection, table: &str) -> TableFound {
    match inspect(connection, &TableName::new("main", table)).unwrap() {
        TableState::Present(found) => found,
        TableState::Absent => panic!("there is no {table}"),
    }
}

#[test]
fn columns_are_told_as_declared() {
    let mut connection = database(
        "CREATE TABLE Orders (id INTEGER PRIMARY KEY, a DECIMAL(10,2) NOT NULL, b DEFAULT 1, \
         c TEXT GENERATED ALWAYS AS (a || 'x'), d AS (a) STORED)",
    );
    let columns = found(&mut connection, "orders").schema.columns;
    assert_eq!(
        columns,
        [
            ColumnDef::new("id", "INTEGER").with_nullable(false).with_default(true),
            ColumnDef::new("a", "DECIMAL(10,2)").with_nullable(false),
            ColumnDef::new("b", "").with_default(true),
            ColumnDef::new("c", "TEXT GENERATED ALWAYS").with_default(true),
            ColumnDef::new("d", "GENERATED ALWAYS").with_default(true),
        ]
    );
}

#[test]
fn a_version_changes_with_the_definition_and_not_with_rows() {
    let mut connection = database("CREATE TABLE t (a); CREATE TABLE u (a)");
    let mut last = found(&mut connection, "t").version;
    for same in
        ["INSERT INTO t VALUES (1)", "CREATE INDEX iu ON u (a)", "CREATE VIEW v AS SELECT * FROM t", "VACUUM"]
    {
        connection.execute_batch(same).unwrap();
        assert_eq!(found(&mut connection, "t").version, last, "{same}");
    }
    for other in [
        "CREATE INDEX it ON t (a)",
        "ALTER TABLE t ADD COLUMN b",
        "CREATE TRIGGER tt AFTER INSERT ON t BEGIN DELETE FROM u; END",
        "DROP INDEX it",
    ] {
        connection.execute_batch(other).unwrap();
        let version = found(&mut connection, "t").version;
        assert_ne!(version, last, "{other}");
        last = version;
    }
}

#[test]
fn dependents_are_found_with_the_columns_they_need() {
    let mut connection = database(
        "CREATE TABLE t (a INTEGER UNIQUE, b, c, d);
         CREATE TABLE other (x, y);
         CREATE TABLE child (a REFERENCES t (a));
         CREATE INDEX plain ON t (a, b);
         CREATE INDEX expr ON t (lower(c)) WHERE d > 1;
         CREATE VIEW direct AS SELECT a FROM t WHERE b = 1;
         CREATE VIEW through AS SELECT count(*) FROM direct;
         CREATE VIEW apart AS SELECT x FROM other;
         CREATE VIEW broken AS SELECT gone FROM t;
         CREATE VIEW rows_only AS SELECT count(*) AS n FROM t;
         CREATE TRIGGER own AFTER UPDATE OF b ON t BEGIN INSERT INTO other (x) VALUES (new.c); END;
         CREATE TRIGGER foreign_one AFTER INSERT ON other BEGIN UPDATE t SET d = 1 WHERE a = new.x; END;
         CREATE TRIGGER harmless AFTER DELETE ON other BEGIN SELECT 't'; END;",
    );
    let seen: Vec<(String, String, Vec<String>, bool)> = found(&mut connection, "T")
        .dependents
        .into_iter()
        .map(|one| (one.kind, one.name, one.columns, one.definition.is_some()))
        .collect();
    let expect = |kind: &str, name: &str, columns: &[&str], has_definition| {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        (kind.to_owned(), name.to_owned(), columns, has_definition)
    };
    assert_eq!(
        seen,
        [
            expect("index", "expr", &["c", "d"], true),
            expect("index", "plain", &["a", "b"], true),
            expect("trigger", "foreign_one", &["a", "d"], false),
            expect("trigger", "own", &["c", "b"], true),
            expect("view", "direct", &["a", "b"], true),
            expect("view", "rows_only", &[], true),
            expect("view", "through", &["a", "b"], true),
            expect("foreignKey", "child", &["a"], false),
        ]
    );
}

#[test]
fn only_a_plain_table_is_published_to() {
    let mut connection = database(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT 1; CREATE INDEX i ON t (a); CREATE VIRTUAL TABLE f USING fts5(x)",
    );
    for (name, what) in [("v", "view"), ("i", "index"), ("f", "virtual"), ("f_data", "shadow")] {
        let error = inspect(&mut connection, &TableName::new("main", name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(what), "{error}");
    }
    let none = inspect(&mut connection, &TableName::new("main", "none")).unwrap();
    assert_eq!(none, TableState::Absent);
}

#[test]
fn constraints_that_a_new_table_would_lack_are_listed() {
    let mut connection = database(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b CHECK (b > 0), c NOT NULL, d DEFAULT 1, e REFERENCES p)",
    );
    let properties = found(&mut connection, "t").properties;
    assert_eq!(
        properties["constraints"],
        json!(["PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "NOT NULL", "DEFAULT", "CHECK"])
    );
}
