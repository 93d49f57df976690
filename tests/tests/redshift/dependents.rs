//! What hangs on a table that is replaced: grants, owner, comments, views.

use publish_tests::{RedshiftPlace, sample};

const GRANTS: &str = "SELECT privilege_type, identity_name FROM svv_relation_privileges WHERE namespace_name = '{s}' \
     AND relation_name = 't' ORDER BY 1, 2";

#[test]
fn grants_owner_and_comment_survive_a_replace_of_rows_and_of_columns() {
    let place = RedshiftPlace::new();
    let user = format!("reader_{}", place.schema());
    place.execute(&format!("CREATE USER {user} PASSWORD 'Reader12345'"));
    place.execute(
        "CREATE TABLE {s}.t (order_id BIGINT, note VARCHAR(256)) DISTKEY(order_id) SORTKEY(order_id)",
    );
    place.execute(&format!("GRANT SELECT, INSERT ON {{s}}.t TO {user}"));
    place.execute("COMMENT ON TABLE {s}.t IS 'kept'");
    let grants = place.query(GRANTS);
    assert!(grants.iter().any(|grant| grant[1] == user), "{grants:?}");
    let folder = place.upload("orders", &[sample("orders/part-0.parquet").into()]);
    let answer = place.run(&[&folder], "t", "dropAndLoad", &[]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.row_count("t"), 80);
    assert_eq!(place.query(GRANTS), grants);
    assert_eq!(place.query("SELECT obj_description('{s}.t'::regclass)"), [["kept"]]);
    let keys = "SELECT \"column\" FROM pg_table_def WHERE schemaname = '{s}' AND tablename = 't' AND distkey";
    assert_eq!(place.query(&format!("SET search_path TO {{s}}; {keys}")), [["order_id"]]);
}

#[test]
fn a_view_on_the_table_is_named_before_anything_is_touched_or_made_again_when_asked() {
    let place = RedshiftPlace::new();
    place.execute(
        "CREATE TABLE {s}.t (order_id BIGINT, note VARCHAR(256)); INSERT INTO {s}.t VALUES (1, 'old')",
    );
    place.execute("CREATE VIEW {s}.v AS SELECT order_id FROM {s}.t");
    let folder = place.upload("orders", &[sample("orders/part-0.parquet").into()]);
    let answer = place.run(&[&folder], "t", "dropAndLoad", &[]);
    assert_eq!(answer.code, 2, "{answer}");
    assert!(
        answer.out.contains(&format!("{}.v", place.schema())) && answer.out.contains("rebind"),
        "{answer}"
    );
    assert_eq!(place.query("SELECT note FROM {s}.t"), [["old"]]);

    let answer = place.run(&[&folder], "t", "dropAndLoad", &["--option", "views=rebind"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.row_count("t"), 80);
    assert_eq!(place.row_count("v"), 80);
}
