#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use futures::TryStreamExt;
use publish_core::{
    Cancel, ColumnDef, ColumnMapping, ErrorKind, Event, EventSink, FileFormat, FileMeta, FormatOptions,
    Location, Prepared, Result, ResultReader, ResultSchema, ResultSet, Retry, RunContext, RunId, StepId,
    Storage, Storages, TableSchema, WriteOptions, with_stored_as,
};
use publish_storage::{FileStorage, MemoryStorage};
use publish_testkit::faults::{FaultyStorage, StorageCall};

use super::{FileWay, ReaderSettings, TakeFiles, count_rows, decide, format_of, prove_rows};

const UTC: ReaderSettings = ReaderSettings { zone_is_utc: true, dates_are_gregorian: true };

fn at(name: &str) -> Location {
    Location::parse(&format!("mem:///{name}")).unwrap()
}

/// Decides about one column of the files that goes to one of the table.
fn way(
    format: FileFormat,
    field: Field,
    column: (&str, &str),
    settings: ReaderSettings,
) -> std::result::Result<(), String> {
    let schema = ResultSchema::new(Arc::new(Schema::new(vec![field])));
    let table = TableSchema::new(vec![ColumnDef::new(column.0, column.1)]);
    let mapping = ColumnMapping::by_position(&schema, &table);
    let results = ResultSet::new(schema, format, Vec::new());
    match decide(&results, &mapping, format, settings) {
        FileWay::AsTheyAre => Ok(()),
        FileWay::Encoded(reasons) => {
            Err(reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        }
    }
}

#[test]
fn parquet_is_taken_only_where_hive_reads_each_value_right() {
    use DataType as D;
    let item = |data_type| Arc::new(Field::new("item", data_type, true));
    let parts = |name: &str| D::Struct(vec![Field::new(name, D::Int64, true)].into());
    let instant = D::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    for (stored, hive, is_right) in [
        (D::Int32, "int", true),
        (D::Int32, "bigint", true),
        (D::Int64, "int", false),
        (D::Int64, "string", false),
        (D::UInt8, "smallint", true),
        (D::UInt8, "tinyint", false),
        (D::UInt16, "int", true),
        (D::UInt16, "bigint", false),
        (D::UInt32, "bigint", false),
        (D::UInt64, "decimal(20,0)", false),
        (D::Float32, "double", true),
        (D::Float64, "float", false),
        (D::Decimal128(9, 2), "decimal(9,2)", true),
        (D::Decimal128(9, 2), "decimal(20,2)", true),
        (D::Decimal128(9, 2), "decimal(8,2)", false),
        (D::Decimal128(9, 2), "decimal(12,4)", false),
        (D::Utf8, "string", true),
        (D::Utf8, "varchar(10)", false),
        (D::FixedSizeBinary(3), "binary", true),
        (D::Date32, "date", true),
        (D::Time64(TimeUnit::Microsecond), "string", false),
        (D::Timestamp(TimeUnit::Nanosecond, None), "timestamp", true),
        (instant, "timestamp", true),
        (D::List(item(D::Int64)), "array<bigint>", true),
        (D::List(item(D::UInt32)), "array<bigint>", false),
        (parts("A"), "struct<a:bigint,b:int>", true),
        (parts("c"), "struct<a:bigint,b:int>", false),
        (D::Null, "string", false),
    ] {
        let found = way(FileFormat::Parquet, Field::new("X", stored.clone(), true), ("x", hive), UTC);
        assert_eq!(found.is_ok(), is_right, "{stored} as {hive}: {found:?}");
    }
}

#[test]
fn avro_is_taken_only_where_hive_reads_each_value_right() {
    use DataType as D;
    let parts = |name: &str| D::Struct(vec![Field::new(name, D::Int64, true)].into());
    for (stored, hive, is_right) in [
        (D::Int32, "int", true),
        (D::Int32, "bigint", true),
        (D::Int32, "tinyint", false),
        (D::Int64, "int", false),
        (D::Decimal128(9, 2), "decimal(12,4)", true),
        (D::Decimal128(9, 2), "decimal(9,4)", false),
        (D::Timestamp(TimeUnit::Millisecond, None), "timestamp", true),
        (D::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), "timestamp", true),
        (D::Timestamp(TimeUnit::Microsecond, None), "timestamp", false),
        (D::FixedSizeBinary(3), "binary", false),
        (D::Time32(TimeUnit::Millisecond), "string", false),
        (parts("a"), "struct<a:bigint>", true),
        (parts("A"), "struct<a:bigint>", false),
    ] {
        let found = way(FileFormat::Avro, Field::new("x", stored.clone(), true), ("x", hive), UTC);
        assert_eq!(found.is_ok(), is_right, "{stored} as {hive}: {found:?}");
    }
    let upper = way(FileFormat::Avro, Field::new("userName", D::Int64, true), ("username", "bigint"), UTC);
    assert!(upper.unwrap_err().contains("userName"));
}

#[test]
fn what_types_do_not_show_decides_too() {
    use DataType as D;
    let text = |word: &str| with_stored_as(Field::new("x", D::Utf8, true), [word]);
    for word in ["enum", "fixed", "uuid", "codec:xz", "codec:brotli", "new"] {
        let why = way(FileFormat::Avro, text(word), ("x", "string"), UTC).unwrap_err();
        assert!(why.starts_with("x: "), "{why}");
    }
    for word in ["codec:zstd", "encoding:DELTA_BYTE_ARRAY"] {
        assert_eq!(way(FileFormat::Parquet, text(word), ("x", "string"), UTC), Ok(()));
    }
    let half = with_stored_as(Field::new("x", D::Float32, true), ["float16"]);
    assert!(way(FileFormat::Parquet, half, ("x", "float"), UTC).unwrap_err().contains("half float"));
    let int96 = with_stored_as(Field::new("x", D::Timestamp(TimeUnit::Microsecond, None), true), ["int96"]);
    assert_eq!(way(FileFormat::Parquet, int96, ("x", "timestamp"), ReaderSettings::unknown()), Ok(()));
    let date = Field::new("x", D::Date32, true);
    let old = with_stored_as(date.clone(), ["oldDates"]);
    let unknown = ReaderSettings::unknown();
    assert_eq!(way(FileFormat::Parquet, date.clone(), ("x", "date"), unknown), Ok(()));
    assert!(way(FileFormat::Parquet, old.clone(), ("x", "date"), unknown).unwrap_err().contains("1582"));
    assert_eq!(way(FileFormat::Parquet, old, ("x", "date"), UTC), Ok(()));
    assert!(way(FileFormat::Avro, date, ("x", "date"), unknown).unwrap_err().contains("1582"));
    let millis = Field::new("x", D::Timestamp(TimeUnit::Millisecond, None), true);
    assert!(way(FileFormat::Avro, millis.clone(), ("x", "timestamp"), unknown).unwrap_err().contains("zone"));
    let old = way(FileFormat::Avro, millis, ("x", "timestamp"), unknown.with_zone_utc(true));
    assert!(old.unwrap_err().contains("1582"));
}

#[test]
fn text_and_files_of_another_format_are_encoded() {
    let schema = ResultSchema::new(Arc::new(Schema::new(vec![Field::new("x", DataType::Utf8, true)])));
    let table = TableSchema::new(vec![ColumnDef::new("x", "string")]);
    let mapping = ColumnMapping::by_position(&schema, &table);
    for (files, expected) in [(FileFormat::Csv, "always encoded"), (FileFormat::Avro, "not avro")] {
        let results = ResultSet::new(schema.clone(), files, Vec::new());
        let FileWay::Encoded(reasons) = decide(&results, &mapping, FileFormat::Parquet, UTC) else {
            panic!()
        };
        assert!(reasons[0].to_string().contains(expected), "{reasons:?}");
    }
}

fn rows(range: std::ops::Range<i64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(range.clone()));
    let texts: ArrayRef = Arc::new(range.map(|id| Some(format!("text {id}"))).collect::<StringArray>());
    RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap()
}

async fn put(
    storage: &Arc<dyn Storage>,
    at: &Location,
    format: FileFormat,
    batch: &RecordBatch,
    codec: &str,
) {
    let mut options = WriteOptions::default();
    options.compression = Some(codec.to_owned());
    let writer = storage.create(at).await.unwrap();
    let writer = format_of(format).unwrap().create(&batch.schema(), &options, writer).await;
    let mut writer = writer.unwrap();
    writer.write(batch.clone()).await.unwrap();
    writer.finish().await.unwrap();
}

/// A run whose results are the files below `folder`.
async fn run(storages: Storages, folder: &Location, format: FileFormat) -> RunContext {
    let storage = storages.at(folder).unwrap();
    let mut files: Vec<FileMeta> = storage.list(folder).try_collect().await.unwrap();
    files.sort_by(|one, two| one.location.cmp(&two.location));
    let reader = format_of(format).unwrap();
    let options = FormatOptions::default();
    let mut found = Vec::new();
    for file in &files {
        found.push(reader.inspect(file, &options, storage).await.unwrap());
    }
    let schema = reader.unify(&found, &options).unwrap();
    let data = found.iter().map(|found| {
        let mut file = publish_core::DataFile::new(found.file.clone(), found.row_count);
        file.parts = found.parts.clone();
        file
    });
    let results = ResultSet::new(schema, format, data.collect());
    RunContext::new(RunId::parse("r1").unwrap(), Duration::from_secs(60))
        .with_reader(Arc::new(ResultReader::new(results, reader, storages.clone())))
        .with_storages(storages)
}

async fn taken(run: &RunContext, storage: &Arc<dyn Storage>, made: &Prepared) -> Vec<i64> {
    let format = run.reader().unwrap().results().format;
    let mut ids = Vec::new();
    for file in &made.files {
        let reader = format_of(format).unwrap();
        let options = FormatOptions::default();
        let found = reader.inspect(file, &options, storage).await.unwrap();
        for part in &found.parts {
            let schema = found.schema.as_ref().unwrap();
            let batches = reader.open(file, part, schema, &options, 1000, storage).await.unwrap();
            for batch in batches.try_collect::<Vec<_>>().await.unwrap() {
                let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
                ids.extend(column.values());
            }
        }
    }
    ids
}

#[tokio::test]
async fn files_are_copied_across_stores_or_joined_and_counted() {
    for format in [FileFormat::Avro, FileFormat::Parquet] {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Storage> = Arc::new(FileStorage::default());
        let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let jobs = Location::parse(&format!("file://{}/jobs", folder.path().display())).unwrap();
        for (part, range) in [0..3000, 3000..3000, 3000..7000].into_iter().enumerate() {
            put(&disk, &jobs.join(&format!("{part}.{format}")).unwrap(), format, &rows(range), "snappy")
                .await;
        }
        let run = run(Storages::default().with(&disk).with(&memory), &jobs, format).await;
        for (as_one, count) in [(false, 3), (true, 1)] {
            let step = TakeFiles::new(at("table/r1_1"), "pub_r1_1", as_one);
            memory.delete(&at("table/r1_1/left")).await.unwrap();
            memory.create(&at("table/r1_1/left")).await.unwrap().finish().await.unwrap();
            for _ in 0..2 {
                let made = step.carry_out(&run).await.unwrap();
                assert_eq!((made.row_count, made.files.len()), (Some(7000), count));
                assert_eq!(made.files[0].location, at(&format!("table/r1_1/pub_r1_1-00000.{format}")));
                assert!(taken(&run, &memory, &made).await.into_iter().eq(0..7000));
                let listed: Vec<_> = memory.list(&at("table")).try_collect().await.unwrap();
                assert_eq!(listed.len(), count);
            }
        }
    }
}

#[tokio::test]
async fn files_whose_headers_differ_become_one_all_the_same() {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
    put(&memory, &at("jobs/0.avro"), FileFormat::Avro, &rows(0..2000), "snappy").await;
    put(&memory, &at("jobs/1.avro"), FileFormat::Avro, &rows(2000..5000), "deflate").await;
    let run = run(Storages::default().with(&memory), &at("jobs"), FileFormat::Avro).await;
    let made = TakeFiles::new(at("table/r1_1"), "pub_r1_1", true).carry_out(&run).await.unwrap();
    assert_eq!((made.row_count, made.files.len()), (Some(5000), 1));
    assert!(taken(&run, &memory, &made).await.into_iter().eq(0..5000));
}

#[tokio::test]
async fn a_file_that_changed_or_breaks_off_is_not_taken() {
    for as_one in [false, true] {
        let store = MemoryStorage::default();
        let memory: Arc<dyn Storage> = Arc::new(store.clone());
        for part in 0..2 {
            let name = format!("jobs/{part}.parquet");
            put(&memory, &at(&name), FileFormat::Parquet, &rows(0..3000), "snappy").await;
        }
        let faulty = FaultyStorage::new(Arc::clone(&memory));
        let storages = Storages::default().with(&(Arc::new(faulty.clone()) as Arc<dyn Storage>));
        let run = run(storages, &at("jobs"), FileFormat::Parquet).await;
        let step = TakeFiles::new(at("table/r1_1"), "pub_r1_1", as_one);
        faulty.fail(StorageCall::Stream, 2, ErrorKind::Unavailable, Retry::Safe);
        assert_eq!(step.carry_out(&run).await.unwrap_err().retry(), Retry::Safe);
        memory.delete(&at("jobs/1.parquet")).await.unwrap();
        put(&memory, &at("jobs/1.parquet"), FileFormat::Parquet, &rows(0..2999), "snappy").await;
        let error = step.carry_out(&run).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<(u64, Option<u64>)>>);

impl EventSink for Heard {
    fn emit(&self, _: &RunId, event: &Event) {
        if let Event::StepProgressed { progress, .. } = event {
            self.0.lock().unwrap().push((progress.bytes, progress.total_bytes));
        }
    }
}

#[tokio::test]
async fn progress_is_told_and_a_cancelled_run_leaves_nothing() {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
    for part in 0..3 {
        let name = format!("jobs/{part}.parquet");
        put(&memory, &at(&name), FileFormat::Parquet, &rows(0..3000), "snappy").await;
    }
    let heard = Arc::new(Heard::default());
    let run = run(Storages::default().with(&memory), &at("jobs"), FileFormat::Parquet).await;
    let run = run.with_events(Arc::<Heard>::clone(&heard)).at_step(StepId(1));
    let total = run.reader().unwrap().results().size();
    let step = TakeFiles::new(at("table/r1_1"), "pub_r1_1", false);
    step.carry_out(&run).await.unwrap();
    assert_eq!(heard.0.lock().unwrap().iter().max(), Some(&(total, Some(total))));
    let cancel = Cancel::default();
    cancel.cancel();
    for as_one in [false, true] {
        let step = TakeFiles::new(at("table/r1_2"), "pub_r1_2", as_one);
        let error = step.carry_out(&run.clone().with_cancel(cancel.clone())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        let left: Vec<_> = memory.list(&at("table/r1_2")).try_collect().await.unwrap();
        assert_eq!(left, []);
    }
}

#[tokio::test]
async fn rows_are_proved_by_headers_alone() -> Result<()> {
    for format in [FileFormat::Avro, FileFormat::Parquet] {
        let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        put(&memory, &at("a"), format, &rows(0..2500), "snappy").await;
        put(&memory, &at("b"), format, &rows(0..500), "snappy").await;
        let files = [memory.head(&at("a")).await?, memory.head(&at("b")).await?];
        let storages = Storages::default().with(&memory);
        assert_eq!(count_rows(format, &files, &storages).await?, 3000);
        prove_rows(format, &files, 3000, &storages).await?;
        let error = prove_rows(format, &files, 2999, &storages).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
    }
    Ok(())
}
