//! Replacing a table: what it had is kept, what can't be kept is named, and readers see the old rows or the new ones.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use publish_core::{ErrorKind, FileFormat, RunOutcome};
use serde_json::json;

use crate::fixture::Fixture;

/// Two columns as the table has them, or with a third one.
fn batch(ids: std::ops::Range<i64>, has_more: bool) -> RecordBatch {
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(ids.clone().map(|id| format!("name {id}"))));
    let more: ArrayRef = Arc::new(Int64Array::from_iter_values(ids.clone().map(|id| id * 10)));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    let mut columns = vec![("id", ids), ("name", names)];
    if has_more {
        columns.push(("more", more));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn fixture() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.write("same", FileFormat::Parquet, &[batch(100..104, false)]).await;
    fixture.write("more", FileFormat::Parquet, &[batch(100..104, true)]).await;
    fixture
        .execute(
            "CREATE TABLE t (id BIGINT, name VARCHAR(65535) ENCODE zstd, gone INTEGER) DISTSTYLE KEY DISTKEY (id) \
             COMPOUND SORTKEY (name, id); INSERT INTO t VALUES (1, 'old', 1), (2, 'old', 2)",
        )
        .await;
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_owner_comments_and_keys_are_kept_when_the_columns_change() {
    let fixture = fixture().await;
    let tag = &fixture.name;
    fixture
        .execute(&format!(
            "CREATE USER bob_{tag} PASSWORD 'Passw0rd'; CREATE USER own_{tag} PASSWORD 'Passw0rd'; CREATE GROUP readers_{tag}; \
             GRANT SELECT ON t TO bob_{tag}; GRANT INSERT, SELECT ON t TO GROUP readers_{tag}; GRANT SELECT (id) ON t TO \
             PUBLIC; COMMENT ON TABLE t IS 'it''s the orders'; COMMENT ON COLUMN t.id IS 'the key'; ALTER TABLE t OWNER \
             TO own_{tag}"
        ))
        .await;
    let report = fixture.publish("dropAndLoad", "more", "t", json!({})).await;
    assert_eq!(fixture.rows("SELECT id, name, more FROM t ORDER BY 1").await[0], "100|name 100|1000");
    let grants = format!(
        "SELECT DISTINCT privilege_type, identity_name FROM svv_relation_privileges WHERE relation_name = 't' AND \
         identity_name <> 'own_{tag}' ORDER BY 1, 2"
    );
    assert_eq!(
        fixture.rows(&grants).await,
        [format!("INSERT|readers_{tag}"), format!("SELECT|bob_{tag}"), format!("SELECT|readers_{tag}")]
    );
    let of_columns = "SELECT column_name, privilege_type, identity_name FROM svv_column_privileges WHERE relation_name = 't'";
    assert_eq!(fixture.rows(of_columns).await, ["id|SELECT|public"]);
    let about = "SELECT pg_get_userbyid(relowner), obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 't'";
    assert_eq!(fixture.rows(about).await, [format!("own_{tag}|it's the orders")]);
    let keys = "SELECT column_name, distkey, sortkey, encoding, remarks FROM svv_redshift_columns WHERE table_name = 't' \
                ORDER BY ordinal_position";
    assert_eq!(
        fixture.rows(keys).await[..2],
        ["id|t|2|none|the key".to_owned(), "name|f|1|zstd|NULL".to_owned()]
    );
    assert_eq!(fixture.relations().await, ["public.t"]);
    assert!(report.notes.iter().any(|note| note.contains("gone")), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replace_with_a_window_is_refused_where_it_must_be_atomic() {
    let fixture = fixture().await;
    let mut request = fixture.request("dropAndLoad", "more", "t", json!({}));
    let plan = fixture.plan(&request).await.unwrap();
    assert_eq!(plan.windows().len(), 1);
    request.options.atomic = publish_core::Atomicity::Required;
    assert_eq!(fixture.plan(&request).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test(flavor = "multi_thread")]
async fn bound_views_are_named_rebound_or_dropped_as_the_request_says() {
    let fixture = fixture().await;
    fixture
        .execute(
            "CREATE VIEW direct AS SELECT id, name FROM t; CREATE VIEW above AS SELECT id FROM direct; CREATE VIEW late AS \
             SELECT id FROM public.t WITH NO SCHEMA BINDING; GRANT SELECT ON direct TO PUBLIC",
        )
        .await;
    let refused = fixture.plan(&fixture.request("dropAndLoad", "more", "t", json!({}))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
    let text = refused.to_string();
    assert!(text.contains("public.direct, public.above") && !text.contains("late"), "{text}");

    fixture.publish("dropAndLoad", "more", "t", json!({"views": "rebind"})).await;
    assert_eq!(fixture.rows("SELECT id FROM above ORDER BY 1 LIMIT 1").await, ["100"]);
    assert_eq!(fixture.rows("SELECT id FROM late ORDER BY 1 LIMIT 1").await, ["100"]);
    let granted = "SELECT identity_name FROM svv_relation_privileges WHERE relation_name = 'direct' AND privilege_type = \
                   'SELECT' AND identity_name = 'public'";
    assert_eq!(fixture.rows(granted).await, ["public"]);

    // The new columns lack one that a view needs.
    fixture.execute("CREATE VIEW needs AS SELECT more FROM t").await;
    let broken = fixture.plan(&fixture.request("dropAndLoad", "same", "t", json!({"views": "rebind"}))).await;
    assert!(broken.unwrap_err().to_string().contains("public.needs needs more"));
    fixture.publish("dropAndLoad", "same", "t", json!({"views": "cascade"})).await;
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["4"]);
    assert!(!fixture.relations().await.contains(&"public.above".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_comes_after_the_plan_is_not_lost() {
    let fixture = fixture().await;
    let request = fixture.request("dropAndLoad", "more", "t", json!({}));
    let plan = fixture.plan(&request).await.unwrap();
    let run = publish_core::RunContext::new(plan.run().clone(), std::time::Duration::from_secs(60))
        .with_exactly_once(publish_core::ExactlyOnce::Off);
    fixture.execute("GRANT SELECT ON t TO PUBLIC").await;
    let mut session = fixture.target.connect(&run).await.unwrap();
    let error = session.commit(plan.commit(), &run).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StalePlan);
    assert_eq!(fixture.rows("SELECT name FROM t ORDER BY id").await, ["old", "old"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_replaced_in_each_way_and_the_table_keeps_its_columns() {
    for by in ["delete", "staging", "truncate"] {
        let fixture = fixture().await;
        let request =
            fixture.request("truncateAndLoad", "same", "t", json!({"replaceBy": by, "vacuum": true}));
        let plan = fixture.plan(&request).await.unwrap();
        assert_eq!(plan.windows().len(), usize::from(by == "truncate"), "{by}");
        let report = fixture.run(&request).await.unwrap();
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(4)), "{report:?}");
        assert!(report.leftovers.is_empty(), "{report:?}");
        let rows = fixture.rows("SELECT id, name, gone FROM t ORDER BY id").await;
        assert_eq!((rows.len(), rows[0].as_str()), (4, "100|name 100|NULL"), "{by}");
        assert_eq!(fixture.relations().await, ["public.t"], "{by}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_same_columns_only_changes_its_rows() {
    let fixture = fixture().await;
    fixture.execute("ALTER TABLE t DROP COLUMN gone; CREATE VIEW v AS SELECT id FROM t").await;
    let before = fixture.rows("SELECT oid FROM pg_class WHERE relname = 't'").await;
    fixture.publish("dropAndLoad", "same", "t", json!({})).await;
    assert_eq!(fixture.rows("SELECT oid FROM pg_class WHERE relname = 't'").await, before);
    assert_eq!(fixture.rows("SELECT id FROM v ORDER BY 1 LIMIT 1").await, ["100"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_is_kept_where_the_request_says() {
    let fixture = fixture().await;
    let extra = json!({"distKey": "ID", "sortKey": ["name"], "encode": {"name": "lzo"}});
    fixture.publish("createAndLoad", "same", "n", extra).await;
    let keys =
        "SELECT column_name, distkey, sortkey FROM svv_redshift_columns WHERE table_name = 'n' ORDER BY 1";
    assert_eq!(fixture.rows(keys).await, ["id|t|0", "name|f|1"]);
    let error =
        fixture.plan(&fixture.request("load", "same", "n", json!({"distStyle": "all"}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_the_old_rows_or_the_new_ones() {
    let fixture = fixture().await;
    for round in 0..6 {
        fixture.write(&format!("r{round}"), FileFormat::Parquet, &[batch(0..(round + 3), false)]).await;
    }
    let reader = fixture.client().await;
    let reading = async {
        let mut seen = Vec::new();
        loop {
            let rows = crate::fixture::rows(&reader, "SELECT COUNT(*) FROM t").await.unwrap();
            if seen.last() != Some(&rows[0]) {
                seen.push(rows[0].clone());
            }
            if rows[0] == "8" {
                return seen;
            }
        }
    };
    let writing = async {
        for round in 0..6 {
            let by = if round % 2 == 0 { "delete" } else { "staging" };
            let extra = json!({"replaceBy": by});
            fixture.publish("truncateAndLoad", &format!("r{round}"), "t", extra).await;
        }
    };
    let (seen, ()) = tokio::join!(reading, writing);
    let legal = ["2", "3", "4", "5", "6", "7", "8"];
    assert!(seen.iter().all(|count| legal.contains(&count.as_str())), "{seen:?}");
}
