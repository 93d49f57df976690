//! Plans as text: what is shown is what will be sent.
//!
//! The texts are files beside this one. `PUBLISH_WRITE_SNAPSHOTS=1` writes them anew, to be read before they are kept.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use publish_core::action::{Create, CreateAndLoad, DropAndLoad, Load, TruncateAndLoad};
use publish_core::{
    Action, ActionContext, ColumnDef, DataFile, FileFormat, FileMeta, Location, Plan, PublishRequest,
    RequestOptions, ResultSchema, ResultSet, RunId, Source, TableFound, TableNaming, TableSchema, TableState,
    Target,
};
use serde_json::{Value, json};
use target_redshift::{RedshiftConfig, RedshiftTarget};

fn target() -> RedshiftTarget {
    let settings = json!({
        "host": "h", "database": "dev", "user": "u", "password": "p", "sslmode": "disable", "region": "eu-west-1",
        "access_key_id": "CANARY", "secret_access_key": "CANARY", "staging": "s3://lake/tmp",
    });
    RedshiftTarget::new(RedshiftConfig::from_settings(settings.as_object().unwrap()).unwrap()).unwrap()
}

fn results(format: FileFormat, fields: Vec<Field>) -> ResultSet {
    let file = |number: u32| {
        let at = Location::parse(&format!("s3://lake/jobs/7/part-{number}.{format}")).unwrap();
        DataFile::new(FileMeta::new(at, 1000), Some(10))
    };
    ResultSet::new(ResultSchema::new(Arc::new(Schema::new(fields))), format, vec![file(0), file(1)])
}

fn parquet() -> ResultSet {
    let at = DataType::Timestamp(TimeUnit::Microsecond, None);
    results(
        FileFormat::Parquet,
        vec![
            Field::new("Id", DataType::Int64, true),
            Field::new("name", DataType::Utf8, true),
            Field::new("at", at, true),
        ],
    )
}

fn nested() -> ResultSet {
    let list = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    results(FileFormat::Avro, vec![Field::new("id", DataType::Int64, true), Field::new("tags", list, true)])
}

fn found(columns: &[(&str, &str)], properties: Value) -> TableState {
    let columns = columns.iter().map(|(name, sql_type)| ColumnDef::new(*name, *sql_type)).collect();
    TableState::Present(TableFound::new(TableSchema::new(columns), "v1").with_properties(properties))
}

fn old_table() -> TableState {
    found(
        &[("id", "BIGINT"), ("name", "VARCHAR(65535)"), ("gone", "INTEGER")],
        json!({
            "owner": "etl", "comment": "orders", "columnComments": [["id", "key"]],
            "grants": [{"privilege": "SELECT", "identity": "readers", "identityKind": "group"}],
            "layout": {"dist": {"key": "id"}, "sort": ["name"], "encodings": [["name", "zstd"]]},
            "views": [{
                "name": {"namespace": "public", "name": "v"}, "owner": "etl", "definition": "SELECT id FROM orders;",
                "columns": ["id"], "comment": null, "grants": [],
            }],
        }),
    )
}

fn plan(
    action: &dyn Action,
    results: &ResultSet,
    state: &TableState,
    extra: &Value,
) -> publish_core::Result<Plan> {
    let target = target();
    let run = RunId::parse("r1").unwrap();
    let table = target.table_name(&[], "Orders").unwrap();
    let mut options = RequestOptions::default().with_table_naming(TableNaming::Exact);
    options.extra = extra.as_object().unwrap().clone();
    let request =
        PublishRequest::new(Source::new(Vec::new()), "Orders", action.name().clone()).with_options(options);
    let intent = action.intend(&ActionContext::new(&run, 1, &request, &table, state))?;
    target.plan(&intent, results, state)
}

fn check(name: &str, plan: &Plan) {
    let text = format!("{}\n", plan.to_string().trim_end());
    assert!(!text.contains("CANARY"), "{text}");
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/emulator/plans/{name}.txt"));
    if std::env::var_os("PUBLISH_WRITE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, text, "{}", file.display());
}

#[test]
fn each_way_is_written_down_before_it_is_gone() {
    let absent = TableState::Absent;
    let same =
        found(&[("id", "BIGINT"), ("name", "VARCHAR(65535)"), ("at", "TIMESTAMP")], json!({"owner": "etl"}));
    let none = || json!({});
    check(
        "create",
        &plan(&Create, &parquet(), &absent, &json!({"distKey": "id", "sortKey": ["at"]})).unwrap(),
    );
    check("create_loaded", &plan(&CreateAndLoad, &parquet(), &absent, &none()).unwrap());
    check("create_loaded_nested", &plan(&CreateAndLoad, &nested(), &absent, &none()).unwrap());
    check("append", &plan(&Load, &parquet(), &same, &none()).unwrap());
    check("replace_rows", &plan(&TruncateAndLoad, &parquet(), &same, &json!({"vacuum": true})).unwrap());
    check(
        "replace_by_staging",
        &plan(&TruncateAndLoad, &parquet(), &same, &json!({"replaceBy": "staging"})).unwrap(),
    );
    check(
        "replace_by_truncate",
        &plan(&TruncateAndLoad, &parquet(), &same, &json!({"replaceBy": "truncate"})).unwrap(),
    );
    check("replace_table_same_columns", &plan(&DropAndLoad, &parquet(), &same, &none()).unwrap());
    check(
        "replace_table",
        &plan(&DropAndLoad, &parquet(), &old_table(), &json!({"views": "rebind"})).unwrap(),
    );
}

#[test]
fn a_plan_says_why_files_are_staged() {
    let plan = plan(&CreateAndLoad, &nested(), &TableState::Absent, &json!({})).unwrap();
    let notes = plan.notes().join("\n");
    assert!(notes.contains("staged as json first") && notes.contains("logical types"), "{notes}");
    let error =
        self::plan(&CreateAndLoad, &nested(), &TableState::Absent, &json!({"load": "direct"})).unwrap_err();
    assert!(error.to_string().contains("because"), "{error}");
}
