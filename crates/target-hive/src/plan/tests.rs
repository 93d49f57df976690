//! Plans as people read them, by what is asked and what the table is.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use publish_core::{
    ActionContext, ActionName, Atomicity, DataFile, FileFormat, FileMeta, Location, Plan, PublishRequest,
    Registry, RequestOptions, Result, ResultSchema, ResultSet, RunId, Source, TableName, TableNaming,
    TableState,
};

use crate::config::{HiveConfig, NewTableKind};
use crate::table::{DescribeRow, Description, HiveTable};

fn at(text: &str) -> Location {
    Location::parse(text).unwrap()
}

fn config() -> HiveConfig {
    HiveConfig::new("h:10000", at("hdfs://nn:8020/publish"))
}

fn results() -> ResultSet {
    let schema =
        Schema::new(vec![Field::new("Id", DataType::Int32, true), Field::new("name", DataType::Utf8, true)]);
    let file = DataFile::new(FileMeta::new(at("file:///jobs/7/part-0.csv"), 100), Some(3));
    ResultSet::new(ResultSchema::new(Arc::new(schema)), FileFormat::Csv, vec![file])
}

fn described(text: &str) -> TableState {
    let rows: Vec<DescribeRow> = text
        .lines()
        .map(|line| {
            let mut cells = line.split('\t').map(|cell| (cell != "\\N").then(|| cell.to_owned()));
            [cells.next().flatten(), cells.next().flatten(), cells.next().flatten()]
        })
        .collect();
    TableState::Present(HiveTable::found(&Description::read(&rows)).unwrap())
}

macro_rules! described {
    ($name:literal) => {
        described(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/describe/", $name, ".tsv")))
    };
}

mod loading;

/// The plan of a request that must be atomic.
fn plan_of(
    config: &HiveConfig,
    action: &'static str,
    results: &ResultSet,
    found: &TableState,
) -> Result<Plan> {
    let options = RequestOptions::default().with_atomic(Atomicity::Required);
    plan_with(config, action, results, found, options, serde_json::Value::Null)
}

/// The plan of a request with these options, at a server that told this of itself.
fn plan_with(
    config: &HiveConfig,
    action: &'static str,
    results: &ResultSet,
    found: &TableState,
    options: RequestOptions,
    server: serde_json::Value,
) -> Result<Plan> {
    let action = ActionName::new(action);
    let request =
        PublishRequest::new(Source::new(vec![at("file:///jobs/7/part-0.csv")]), "orders", action.clone())
            .with_options(options.with_table_naming(TableNaming::Exact));
    let (run, table) = (RunId::parse("r7").unwrap(), TableName::new("sales", "orders"));
    let context = ActionContext::new(&run, 1, &request, &table, found);
    let mut intent = Registry::new().action(&action).unwrap().intend(&context)?;
    intent.server = server;
    super::plan(config, &intent, results, found)
}

fn shown(config: &HiveConfig, action: &'static str, found: &TableState) -> String {
    plan_of(config, action, &results(), found).unwrap().to_string()
}

#[test]
fn an_external_table_appears_with_its_rows() {
    assert_eq!(
        shown(&config(), "createAndLoad", &TableState::Absent),
        "\
createAndLoad to hive table sales.orders
  results: 1 csv file(s), 100 bytes, 3 rows
  columns: id int, name string
  1 write the rows as parquet files
* 2 make the table over the files
     CREATE EXTERNAL TABLE `sales`.`orders` (
         `id` int,
         `name` string
       )
       STORED AS PARQUET
       LOCATION 'hdfs://nn:8020/publish/warehouse/sales.db/orders.pub_r7_1'
       TBLPROPERTIES ('external.table.purge'='true', 'publish.version'='r7_1', 'numRows'='3')
  readers see the old table or the new one, whole
  note: encoded anew: csv files are always encoded: Hive's text readers split rows at quoted line ends and read what does not fit as \
         null
"
    );
}

#[test]
fn an_external_table_is_made_by_one_statement() {
    let shown = shown(&config(), "create", &TableState::Absent);
    assert!(shown.contains("* 1 make the table\n     CREATE EXTERNAL TABLE"), "{shown}");
}

#[test]
fn an_insert_only_table_is_loaded_beside_and_renamed() {
    let mut config = config();
    config.table_kind = NewTableKind::InsertOnly;
    assert_eq!(
        shown(&config, "createAndLoad", &TableState::Absent).lines().skip(3).take(19).collect::<Vec<_>>().join("\n"),
        "  1 write the rows as parquet files
  2 make an insert-only table beside and load it
     DROP TABLE IF EXISTS `sales`.`pub_r7_1`
     CREATE TABLE `sales`.`pub_r7_1` (
         `id` int,
         `name` string
       )
       STORED AS PARQUET
       TBLPROPERTIES ('transactional'='true', 'transactional_properties'='insert_only', \
         'publish.version'='r7_1')
     LOAD DATA INPATH 'hdfs://nn:8020/publish/staged/pub_r7_1' INTO TABLE `sales`.`pub_r7_1`
* 3 give the loaded table its name
     ALTER TABLE `sales`.`pub_r7_1` RENAME TO `sales`.`orders`
  4 remove the staging folder
  5 bring the statistics up to date
     ANALYZE TABLE `sales`.`orders` COMPUTE STATISTICS
  readers see the old table or the new one, whole
  note: encoded anew: csv files are always encoded: Hive's text readers split rows at quoted line ends and read what does not fit as \
         null"
    );
}

#[test]
fn rows_are_added_by_one_rename_or_one_transaction() {
    let external = shown(&config(), "load", &described!("external_orders"));
    assert!(
        external.contains(
            "  1 write the rows as one parquet file\n* 2 rename the file into the table's directory, in one act\n     \
             -- rename hdfs://nn:8020/publish/staged/pub_r7_1/pub_r7_1-00000.parquet to \
             hdfs://nn:8020/w/sales.db/orders/pub_r7_1.parquet\n  3 remove the staging folder\n"
        ),
        "{external}"
    );
    let insert_only = shown(&config(), "load", &described!("insert_only"));
    assert!(
        insert_only.contains(
            "  1 write the rows as parquet files\n* 2 move the files into the table, in one transaction\n     LOAD DATA \
             INPATH 'hdfs://nn:8020/publish/staged/pub_r7_1' INTO TABLE `sales`.`orders`\n"
        ),
        "{insert_only}"
    );
}

#[test]
fn rows_are_replaced_by_one_statement() {
    let external = shown(&config(), "truncateAndLoad", &described!("external_orders"));
    assert!(
        external.contains(
            "* 2 point the table to the new files, in one act\n     ALTER TABLE `sales`.`orders` SET LOCATION \
             'hdfs://nn:8020/w/sales.db/orders.pub_r7_1'\n"
        ),
        "{external}"
    );
    assert!(external.contains("the replaced files stay in hdfs://nn:8020/w/sales.db/orders:"), "{external}");
    let translated = shown(&config(), "truncateAndLoad", &described!("translated"));
    assert!(translated.contains("  3 remove the replaced files\n"), "{translated}");
    let insert_only = shown(&config(), "truncateAndLoad", &described!("insert_only"));
    assert!(insert_only.contains("OVERWRITE INTO TABLE `sales`.`orders`"), "{insert_only}");
}

#[test]
fn the_same_columns_are_replaced_by_replacing_the_rows() {
    let shown = shown(&config(), "dropAndLoad", &described!("external_orders"));
    assert!(shown.contains("SET LOCATION") && shown.contains("the columns stay the same"), "{shown}");
}

/// Results of other columns than the tables have.
fn other_results() -> ResultSet {
    let schema = Schema::new(vec![Field::new("Label", DataType::Utf8, true)]);
    let mut results = results();
    results.schema = ResultSchema::new(Arc::new(schema));
    results
}

#[test]
fn other_columns_come_by_one_call_of_the_metastore() {
    let mut config = config();
    config.metastore = Some("thrift://m:9083".to_owned());
    let (results, found) = (other_results(), described!("external_orders"));
    let options = RequestOptions::default();
    let shown = plan_with(&config, "dropAndLoad", &results, &found, options, serde_json::Value::Null)
        .unwrap()
        .to_string();
    assert!(
        shown.contains(
            "* 2 give the table its new columns and files, in one transaction of the metastore\n     -- metastore: \
             alter_table_with_environment_context `sales`.`orders`: columns (`label` string), location \
             'hdfs://nn:8020/w/sales.db/orders.pub_r7_1', 'publish.version'='r7_1', 'numRows'='3', if 'publish.version' is still as it \
             was read\n"
        ),
        "{shown}"
    );
    assert!(shown.contains("the old columns over the new files") && shown.contains("0.01 s"), "{shown}");
}

#[test]
fn other_columns_by_the_metastore_are_not_atomic_and_the_same_columns_are() {
    let mut config = config();
    config.metastore = Some("thrift://m:9083".to_owned());
    let found = described!("external_orders");
    let error = plan_of(&config, "dropAndLoad", &other_results(), &found).unwrap_err();
    assert_eq!(error.kind(), publish_core::ErrorKind::Unsupported, "{error}");
    for way in ["the old columns over the new files", "front = \"view\"", "the same columns"] {
        assert!(error.to_string().contains(way), "{way}: {error}");
    }
    for action in ["truncateAndLoad", "dropAndLoad"] {
        let rows = shown(&config, action, &found);
        assert!(rows.contains("`sales`.`orders`: location 'hdfs://"), "{rows}");
        assert!(rows.contains("readers see the old table or the new one, whole"), "{rows}");
    }
}

#[test]
fn without_a_metastore_other_columns_come_by_two_renames_which_is_not_atomic() {
    for found in [described!("external_orders"), described!("insert_only")] {
        let error = plan_of(&config(), "dropAndLoad", &other_results(), &found).unwrap_err();
        assert_eq!(error.kind(), publish_core::ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("Table not found"), "{error}");
    }
}

#[test]
fn a_view_in_front_shows_the_new_table_by_one_statement() {
    let mut config = config();
    config.front = crate::config::Front::View;
    let first = shown(&config, "createAndLoad", &TableState::Absent);
    assert!(
        first.contains(
            "* 3 let the view show the new table\n     CREATE VIEW `sales`.`orders`\n       TBLPROPERTIES \
             ('publish.version'='r7_1', 'publish.table'='pub_r7_1')\n       AS SELECT `id`, `name` FROM \
             `sales`.`pub_r7_1`\n"
        ),
        "{first}"
    );
    let TableState::Present(mut view) = described!("view") else { return };
    view.properties["shown"] = "pub_r6_1".into();
    let next = shown(&config, "dropAndLoad", &TableState::Present(view));
    assert!(next.contains("CREATE OR REPLACE VIEW `sales`.`orders`"), "{next}");
    assert!(next.contains("DROP TABLE IF EXISTS `sales`.`pub_r6_1`"), "{next}");
    assert!(next.contains("readers see the old table or the new one, whole"), "{next}");
    let table = plan_of(&config, "dropAndLoad", &results(), &described!("external_orders")).unwrap_err();
    assert!(table.message().contains("front"), "{table}");
    let empty = plan_of(&config, "create", &results(), &TableState::Absent).unwrap_err();
    assert!(empty.message().contains("createAndLoad"), "{empty}");
}

#[test]
fn tables_of_other_kinds_are_refused_by_what_they_are() {
    for (found, words) in [
        (described!("full_acid"), "full ACID"),
        (described!("view"), "view"),
        (described!("partitioned"), "partitioned by day"),
        (described!("bucketed"), "buckets by id"),
        (described!("csv"), "OpenCSVSerde"),
        (described!("orc"), "OrcSerde"),
        (described!("avro_schema"), "avro.schema.literal"),
    ] {
        for action in ["load", "truncateAndLoad"] {
            let error = plan_of(&config(), action, &results(), &found).unwrap_err();
            assert_eq!(error.kind(), publish_core::ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn an_avro_table_refuses_what_its_files_do_not_hold() {
    let schema = Schema::new(vec![Field::new("id", DataType::Timestamp(TimeUnit::Microsecond, None), true)]);
    let mut results = results();
    results.schema = ResultSchema::new(Arc::new(schema));
    let error = plan_of(&config(), "load", &results, &described!("translated")).unwrap_err();
    assert_eq!(error.kind(), publish_core::ErrorKind::SchemaMismatch, "{error}");
}

#[test]
fn texts_are_checked_where_the_column_may_cut_them() {
    let TableState::Present(mut table) = described!("external_orders") else { return };
    let plan = |table: &publish_core::TableFound| {
        shown(&config(), "load", &TableState::Present(table.clone())).contains("check the lengths of texts")
    };
    assert!(!plan(&table));
    table.schema.columns[1].sql_type = "varchar(5)".to_owned();
    assert!(plan(&table));
}

#[test]
fn the_table_s_own_files_are_never_the_place_of_new_ones() {
    let found = described!("external_orders");
    let TableState::Present(mut table) = found else { return };
    table.properties["location"] = "hdfs://nn:8020/w/sales.db/orders.pub_r7_1".into();
    let error = plan_of(&config(), "truncateAndLoad", &results(), &TableState::Present(table)).unwrap_err();
    assert!(error.message().contains("new run id"), "{error}");
}

#[test]
fn an_option_that_does_nothing_is_refused_by_name() {
    let plan = |name: &str| {
        let options = RequestOptions::default().with_extra(name, true);
        plan_with(&config(), "create", &results(), &TableState::Absent, options, serde_json::Value::Null)
    };
    plan("acme.trace").unwrap();
    let error = plan("vacuum").unwrap_err();
    assert_eq!(error.kind(), publish_core::ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("vacuum") && error.message().contains("Hive"), "{error}");
}
