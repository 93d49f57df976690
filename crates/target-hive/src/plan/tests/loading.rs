//! Ways of loading that a setting or the server decides.

use publish_core::ErrorKind;
use serde_json::json;

use super::*;
use crate::config::{AppendFiles, Statistics};

/// Files of one column on HDFS.
fn files_of(format: FileFormat, field: Field, count: usize) -> ResultSet {
    let files = (0..count).map(|number| {
        let at = at(&format!("hdfs://nn:8020/jobs/7/part-{number}.{format}"));
        DataFile::new(FileMeta::new(at, 100), Some(3))
    });
    ResultSet::new(ResultSchema::new(Arc::new(Schema::new(vec![field]))), format, files.collect())
}

/// Parquet files that go into the table of the tests as they are.
fn parquet(count: usize) -> ResultSet {
    files_of(FileFormat::Parquet, Field::new("id", DataType::Int32, true), count)
}

/// The plan of a request that need not be atomic.
fn shown(config: &HiveConfig, action: &'static str, results: &ResultSet, found: &TableState) -> String {
    let plan = plan_with(config, action, results, found, RequestOptions::default(), json!(null));
    plan.unwrap().to_string()
}

#[test]
fn what_the_server_says_of_its_zone_decides_whether_avro_times_are_encoded() {
    let field = Field::new("at", DataType::Timestamp(TimeUnit::Millisecond, None), true);
    let results = files_of(FileFormat::Avro, field, 1);
    let shown = |config: &HiveConfig, server| {
        let options = RequestOptions::default();
        let plan = plan_with(config, "createAndLoad", &results, &TableState::Absent, options, server);
        plan.unwrap().to_string()
    };
    let utc = json!({"zone": "Etc/UTC", "avroGregorian": true});
    let taken = shown(&config(), utc.clone());
    assert!(
        taken.contains("  1 copy the files as they are\n") && taken.contains("STORED AS AVRO"),
        "{taken}"
    );
    assert!(
        taken.contains(
            "note: the files are taken as they are by what the server says: its time zone is Etc/UTC, dates are Gregorian \
             in Avro files: true, in Parquet files: false\n"
        ),
        "{taken}"
    );
    let mut avro = config();
    avro.file_format = crate::config::FileLayout::Avro;
    let encoded = shown(&avro, json!({"zone": "America/New_York", "avroGregorian": true}));
    assert!(
        encoded.contains(
            "note: encoded anew: at: the server's time zone is not known to be UTC, and in others Hive shifts it\n  note: the \
             server says that its time zone is America/New_York\n"
        ),
        "{encoded}"
    );
    // What the connection says goes over what the server says.
    let mut other = avro.clone();
    other.server_zone_utc = Some(false);
    assert!(shown(&other, utc).contains("encoded anew: at"));
    avro.server_zone_utc = Some(true);
    avro.gregorian_dates = Some(true);
    let taken = shown(&avro, json!({"zone": "America/New_York"}));
    assert!(taken.contains("copy the files as they are") && !taken.contains("note:"), "{taken}");
}

#[test]
fn result_files_are_moved_where_that_is_asked_for_and_can_be_undone() {
    let mut moving = config();
    moving.consume_results = true;
    let plan = plan_of(&moving, "truncateAndLoad", &parquet(2), &described!("external_orders")).unwrap();
    let text = plan.to_string();
    assert!(text.contains("  1 move the files as they are\n* 2 point the table"), "{text}");
    assert!(
        text.contains("note: consume_results: the job's files are moved into the table, and not copied\n"),
        "{text}"
    );
    let made = serde_json::to_value(&plan.prepare()[0].makes).unwrap();
    assert_eq!(
        made,
        json!([{"custom": {"name": "hive.consumedFiles", "arguments": {
            "files": [
                {
                    "from": "hdfs://nn:8020/jobs/7/part-0.parquet",
                    "to": "hdfs://nn:8020/w/sales.db/orders.pub_r7_1/pub_r7_1-00000.parquet",
                },
                {
                    "from": "hdfs://nn:8020/jobs/7/part-1.parquet",
                    "to": "hdfs://nn:8020/w/sales.db/orders.pub_r7_1/pub_r7_1-00001.parquet",
                },
            ],
            "inside": {"custom": {"name": "hive.directory", "arguments": {
                "table": {"namespace": "sales", "name": "orders"},
                "directory": "hdfs://nn:8020/w/sales.db/orders.pub_r7_1",
            }}},
        }}}])
    );
    assert!(shown(&moving, "load", &parquet(1), &described!("external_orders")).contains("1 move the files"));
}

#[test]
fn result_files_stay_where_they_could_not_be_put_back() {
    let mut moving = config();
    moving.consume_results = true;
    let external = described!("external_orders");
    let insert_only = described!("insert_only");
    let elsewhere = {
        let file = DataFile::new(FileMeta::new(at("hdfs://other/part-0.parquet"), 100), Some(3));
        ResultSet::new(parquet(1).schema, FileFormat::Parquet, vec![file])
    };
    for (action, results, found, why) in [
        ("load", parquet(2), &external, "they become one file"),
        ("load", parquet(1), &insert_only, "Hive moves or drops the files"),
        ("truncateAndLoad", parquet(1), &insert_only, "Hive moves or drops the files"),
        ("truncateAndLoad", elsewhere, &external, "they are on another filesystem"),
    ] {
        let plan = shown(&moving, action, &results, found);
        assert!(!plan.contains("move the files as they are"), "{plan}");
        assert!(
            plan.contains("the job's files stay, in spite of consume_results: ") && plan.contains(why),
            "{plan}"
        );
    }
    let off = serde_json::from_value(json!({"exactlyOnce": "off"})).unwrap();
    let plan = plan_with(&moving, "truncateAndLoad", &parquet(1), &external, off, json!(null)).unwrap();
    assert!(plan.to_string().contains("without a journal nobody could put them back"), "{plan}");
    // Not asked for: nothing is said of it.
    let plain = shown(&config(), "load", &parquet(1), &external);
    assert!(plain.contains("1 copy the files") && !plain.contains("consume_results"), "{plain}");
}

#[test]
fn files_that_are_added_one_by_one_are_a_window_that_the_plan_declares() {
    let mut many = config();
    many.append_files = AppendFiles::Many;
    let found = described!("external_orders");
    let text = shown(&many, "load", &parquet(3), &found);
    assert!(
        text.contains(
            "  1 copy the files as they are\n* 2 rename the files into the table's directory, one by one\n     -- rename \
             hdfs://nn:8020/publish/staged/pub_r7_1/pub_r7_1-00000.parquet, and those after it, into \
             hdfs://nn:8020/w/sales.db/orders\n  3 remove the staging folder\n  window of about 0.03 s: readers may see some \
             of the new rows, and not yet the others, because append_files is many: each file is renamed by itself; with one \
             there is no window\n"
        ),
        "{text}"
    );
    let refused = plan_of(&many, "load", &parquet(3), &found).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    // One small file is one rename anyway, and Hive adds files to an insert-only table in one transaction.
    assert!(plan_of(&many, "load", &parquet(1), &found).is_ok());
    assert!(plan_of(&many, "load", &parquet(3), &described!("insert_only")).is_ok());
    many.consume_results = true;
    assert!(shown(&many, "load", &parquet(3), &found).contains("  1 move the files as they are\n"));
}

#[test]
fn statistics_are_noted_or_analyzed_only_where_no_publish_is_lost_by_it() {
    let external = described!("external_orders");
    let analyze = "bring the statistics up to date\n     ANALYZE TABLE `sales`.`orders` COMPUTE STATISTICS\n";
    assert!(!shown(&config(), "truncateAndLoad", &parquet(1), &external).contains("ANALYZE"));
    let insert_only = shown(&config(), "truncateAndLoad", &parquet(1), &described!("insert_only"));
    assert!(insert_only.contains(analyze), "{insert_only}");
    let mut asked = config();
    asked.statistics = Statistics::Always;
    let always = shown(&asked, "load", &parquet(1), &external);
    assert!(
        always.contains(analyze) && always.contains("is lost if it commits while ANALYZE runs"),
        "{always}"
    );
    asked.statistics = Statistics::Off;
    for (action, found) in [("createAndLoad", &TableState::Absent), ("load", &described!("insert_only"))] {
        let off = shown(&asked, action, &parquet(1), found);
        assert!(!off.contains("ANALYZE") && !off.contains("numRows"), "{off}");
    }
}

#[test]
fn results_above_the_limit_are_converted_by_hive_where_it_reads_each_value_right() {
    let mut config = config();
    config.restage_limit = 199;
    let field = || Field::new("id", DataType::Int32, true);
    let found = described!("external_orders");
    let text = shown(&config, "truncateAndLoad", &files_of(FileFormat::Avro, field(), 2), &found);
    assert!(
        text.contains(
            "  1 let Hive convert the files to parquet\n     DROP TABLE IF EXISTS `sales`.`pub_r7_1_in`\n     CREATE EXTERNAL \
             TABLE `sales`.`pub_r7_1_in` (\n         `id` int\n       )\n       STORED AS AVRO\n       LOCATION \
             'hdfs://nn:8020/jobs/7'\n       TBLPROPERTIES ('external.table.purge'='false')\n     DROP TABLE IF EXISTS \
             `sales`.`pub_r7_1_out`\n     CREATE EXTERNAL TABLE `sales`.`pub_r7_1_out` (\n         `id` int\n       )\n       \
             STORED AS PARQUET\n       LOCATION 'hdfs://nn:8020/w/sales.db/orders.pub_r7_1'\n       TBLPROPERTIES \
             ('external.table.purge'='false')\n     INSERT INTO TABLE `sales`.`pub_r7_1_out` SELECT `id` FROM \
             `sales`.`pub_r7_1_in`\n     SELECT CAST(count(*) AS STRING), CAST(count(`id`) AS STRING) FROM \
             `sales`.`pub_r7_1_in`\n     SELECT CAST(count(*) AS STRING), CAST(count(`id`) AS STRING) FROM \
             `sales`.`pub_r7_1_out`\n     DROP TABLE IF EXISTS `sales`.`pub_r7_1_in`\n     DROP TABLE IF EXISTS \
             `sales`.`pub_r7_1_out`\n* 2 point the table"
        ),
        "{text}"
    );
    // One byte less is the engine's own work.
    config.restage_limit = 200;
    let below = shown(&config, "truncateAndLoad", &files_of(FileFormat::Avro, field(), 2), &found);
    assert!(
        below.contains("  1 write the rows as parquet files\n") && !below.contains("not Hive"),
        "{below}"
    );
}

#[test]
fn what_hive_can_t_convert_is_encoded_by_the_engine_and_the_plan_says_why() {
    let mut config = config();
    config.restage_limit = 0;
    let micros = Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true);
    let upper = Field::new("Id", DataType::Int32, true);
    let found = described!("external_orders");
    let new = TableState::Absent;
    for (action, results, found, why) in [
        ("createAndLoad", results(), &new, "Hive's text readers lose values"),
        (
            "createAndLoad",
            files_of(FileFormat::Avro, micros, 1),
            &new,
            "at: Hive reads Avro timestamps in microseconds",
        ),
        ("truncateAndLoad", files_of(FileFormat::Avro, upper, 1), &found, "the files call it \"Id\""),
        (
            "load",
            files_of(FileFormat::Avro, Field::new("id", DataType::Int32, true), 1),
            &found,
            "an append is one file",
        ),
    ] {
        let text = shown(&config, action, &results, found);
        let said = "note: the engine encodes the rows, not Hive: ";
        assert!(
            text.contains("  1 write the rows as") && text.contains(said) && text.contains(why),
            "{text}"
        );
    }
    config.append_files = AppendFiles::Many;
    let results = files_of(FileFormat::Avro, Field::new("id", DataType::Int32, true), 2);
    let text = shown(&config, "load", &results, &found);
    assert!(text.contains("1 let Hive convert") && text.contains("* 2 rename the files into"), "{text}");
}
