//! COPY from objects in a folder: formats, options, errors by row, atomicity.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails with it")]

use std::fs;
use std::io::Write;
use std::path::Path;

use redshift_emulator::{Emulator, FolderStore};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

const ROLE: &str = "iam_role 'arn:aws:iam::123456789012:role/load'";

async fn start(root: &Path) -> (Emulator, Client) {
    fs::create_dir_all(root.join("b")).unwrap();
    let emulator = Emulator::builder().with_objects(FolderStore::new(root)).start().await.unwrap();
    let options =
        format!("host=127.0.0.1 port={} user=awsuser password=Passw0rd dbname=dev", emulator.port());
    let (client, connection) = tokio_postgres::connect(&options, NoTls).await.unwrap();
    tokio::spawn(connection);
    (emulator, client)
}

async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            let values: Vec<_> = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL").to_owned()).collect();
            Some(values.join("|"))
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

async fn refusal(client: &Client, sql: &str) -> (String, String) {
    let error = client.batch_execute(sql).await.expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
    (error.code().code().to_owned(), error.message().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_loaded_by_prefix_and_by_manifest() {
    let scratch = tempfile::tempdir().unwrap();
    let (_emulator, client) = start(scratch.path()).await;
    let bucket = scratch.path().join("b");
    fs::write(bucket.join("data.csv"), "id,name,d\n1,\"a,\"\"b\"\"\",2024-01-02\n2,,\n").unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"3|c|\\N\n").unwrap();
    fs::write(bucket.join("part.gz"), gzip.finish().unwrap()).unwrap();
    client.batch_execute("create table t (id int, name varchar(10), d date)").await.unwrap();

    let csv = format!("copy t from 's3://b/data.csv' {ROLE} csv ignoreheader 1");
    client.batch_execute(&csv).await.unwrap();
    assert_eq!(rows(&client, "select * from t order by id").await, ["1|a,\"b\"|2024-01-02", "2||NULL"]);
    assert_eq!(rows(&client, "select pg_last_copy_count()").await, ["2"]);

    // Empty strings become nulls only when asked; the extended protocol does the same.
    client.batch_execute("delete from t").await.unwrap();
    client.execute(&format!("{csv} emptyasnull"), &[]).await.unwrap();
    assert_eq!(rows(&client, "select count(*) from t where name is null").await, ["1"]);

    client.batch_execute("delete from t").await.unwrap();
    client.batch_execute(&format!("copy t from 's3://b/part' {ROLE} gzip")).await.unwrap();
    assert_eq!(rows(&client, "select * from t").await, ["3|c|NULL"]);

    // A prefix takes every key that begins with it; a manifest takes what it names.
    fs::write(bucket.join("data.csv.bak"), "id,name,d\n9,x,\n").unwrap();
    client.batch_execute(&csv).await.unwrap();
    assert_eq!(rows(&client, "select count(*) from t where id = 9").await, ["1"]);
    let entry = |url: &str, mandatory: bool| format!("{{\"url\": \"{url}\", \"mandatory\": {mandatory}}}");
    let manifest = |entries: &[String]| format!("{{\"entries\": [{}]}}", entries.join(","));
    fs::write(bucket.join("m"), manifest(&[entry("s3://b/data.csv", true), entry("s3://b/none", false)]))
        .unwrap();
    client.batch_execute("delete from t").await.unwrap();
    client
        .batch_execute(&format!("copy t from 's3://b/m' {ROLE} csv ignoreheader 1 manifest"))
        .await
        .unwrap();
    assert_eq!(rows(&client, "select count(*) from t").await, ["2"]);
    fs::write(bucket.join("m"), manifest(&[entry("s3://b/none", true)])).unwrap();
    let (code, message) = refusal(&client, &format!("copy t from 's3://b/m' {ROLE} csv manifest")).await;
    assert!(code == "XX000" && message.contains("NoSuchKey"), "{message}");
    assert!(refusal(&client, &format!("copy t from 's3://b/zzz' {ROLE}")).await.1.contains("does not exist"));
    assert!(
        refusal(&client, &format!("copy gone from 's3://b/m' {ROLE}")).await.1.contains("nonexistent table")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_value_fails_the_whole_load_and_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let (_emulator, client) = start(scratch.path()).await;
    let bucket = scratch.path().join("b");
    fs::write(bucket.join("a.csv"), "1,a\n2,éé\nx,c\n4,d\n").unwrap();
    client.batch_execute("create table t (id int, name varchar(3))").await.unwrap();
    client.batch_execute("begin; insert into t values (0, 'z')").await.unwrap();
    let (code, message) = refusal(&client, &format!("copy t from 's3://b/a' {ROLE} csv")).await;
    assert_eq!(code, "XX000");
    assert_eq!(message, "Load into table 't' failed.  Check 'stl_load_errors' system table for details.");
    assert_eq!(refusal(&client, "select 1").await.0, "25P02");
    client.batch_execute("rollback").await.unwrap();
    assert_eq!(rows(&client, "select count(*), pg_last_copy_count() from t").await, ["0|0"]);
    let errors = "select trim(filename), line_number, trim(colname), trim(type), trim(col_length), \
                  trim(raw_field_value), err_code from stl_load_errors where query = pg_last_copy_id()";
    assert_eq!(rows(&client, errors).await, ["s3://b/a.csv|2|name|varchar|3|éé|1204"]);

    // Up to the limit bad rows are left out.
    client.batch_execute(&format!("copy t from 's3://b/a' {ROLE} csv maxerror 3")).await.unwrap();
    assert_eq!(rows(&client, "select id from t order by id").await, ["1", "4"]);
    let counted = "select error_code from sys_load_error_detail where query_id = pg_last_copy_id() order by line_number";
    assert_eq!(rows(&client, counted).await, ["1204", "1207"]);
    let history = "select trim(status), loaded_rows from sys_load_history where query_id = pg_last_copy_id()";
    assert_eq!(rows(&client, history).await, ["completed|2"]);

    // A check loads nothing; a rolled back load leaves nothing.
    client.batch_execute(&format!("copy t from 's3://b/a' {ROLE} csv maxerror 3 noload")).await.unwrap();
    client
        .batch_execute(&format!("begin; copy t from 's3://b/a' {ROLE} csv maxerror 3; rollback"))
        .await
        .unwrap();
    assert_eq!(rows(&client, "select count(*) from t").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_avro_are_loaded_by_name_and_physical_type() {
    let scratch = tempfile::tempdir().unwrap();
    let (_emulator, client) = start(scratch.path()).await;
    let bucket = scratch.path().join("b");
    fs::write(bucket.join("a.json"), "{\"id\": 1, \"Name\": \"x\", \"s\": {\"k\": [1, 2]}}\n{\"id\": 2}")
        .unwrap();
    client.batch_execute("create table t (id int, name varchar(10), s super)").await.unwrap();
    client.batch_execute(&format!("copy t from 's3://b/a.json' {ROLE} json 'auto'")).await.unwrap();
    assert_eq!(rows(&client, "select * from t order by id").await, ["1|NULL|{\"k\":[1,2]}", "2|NULL|NULL"]);
    client.batch_execute("delete from t").await.unwrap();
    client
        .batch_execute(&format!("copy t from 's3://b/a.json' {ROLE} json 'auto ignorecase'"))
        .await
        .unwrap();
    assert_eq!(rows(&client, "select name from t where id = 1").await, ["x"]);

    let schema = r#"{"type": "record", "name": "r", "fields": [
        {"name": "id", "type": "int"}, {"name": "d", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]}]}"#;
    let schema = apache_avro::Schema::parse_str(schema).unwrap();
    let mut writer = apache_avro::Writer::new(&schema, Vec::new()).unwrap();
    let mut record = apache_avro::types::Record::new(&schema).unwrap();
    record.put("id", 7);
    record.put("d", apache_avro::types::Value::Date(19_000));
    record.put(
        "at",
        apache_avro::types::Value::Union(
            1,
            Box::new(apache_avro::types::Value::TimestampMillis(1_700_000_000_123)),
        ),
    );
    writer.append_value(record).unwrap();
    fs::write(bucket.join("a.avro"), writer.into_inner().unwrap()).unwrap();
    // Logical types are not known: a date is a number, a time needs the epoch's format.
    client
        .batch_execute("create table v (id int, at timestamp); create table w (id int, d date)")
        .await
        .unwrap();
    let avro = |table: &str, options: &str| {
        format!("copy {table} from 's3://b/a.avro' {ROLE} avro 'auto' {options}")
    };
    client.batch_execute(&avro("v", "timeformat 'epochmillisecs'")).await.unwrap();
    assert_eq!(rows(&client, "select * from v").await, ["7|2023-11-14 22:13:20.123"]);
    assert_eq!(refusal(&client, &avro("v", "timeformat 'auto'")).await.0, "XX000");
    assert_eq!(refusal(&client, &avro("w", "dateformat 'auto'")).await.0, "XX000");
}
