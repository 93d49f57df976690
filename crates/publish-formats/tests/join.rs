//! Files made one without decoding them.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use publish_core::{
    Error, ErrorKind, FileFormat, FileMeta, Format, FormatOptions, Location, Result, Storage, Storages,
    WriteOptions,
};
use publish_formats::{AvroFormat, JoinedFile, ParquetFormat, join_files};
use publish_storage::{FileStorage, MemoryStorage};
use publish_testkit::faults::FaultyStorage;
use stored::{compressed, read};

const FORMATS: [FileFormat; 2] = [FileFormat::Avro, FileFormat::Parquet];

fn format(format: FileFormat) -> Arc<dyn Format> {
    match format {
        FileFormat::Avro => Arc::new(AvroFormat::new()),
        _ => Arc::new(ParquetFormat::new()),
    }
}

fn at(name: &str) -> Location {
    Location::parse(&format!("mem:///{name}")).unwrap()
}

fn ids(range: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
    RecordBatch::try_from_iter([("id", column)]).unwrap()
}

async fn put(
    storage: &Arc<dyn Storage>,
    name: &str,
    kind: FileFormat,
    batch: &RecordBatch,
    options: &WriteOptions,
) -> FileMeta {
    let writer = storage.create(&at(name)).await.unwrap();
    let mut writer = format(kind).create(&batch.schema(), options, writer).await.unwrap();
    writer.write(batch.clone()).await.unwrap();
    writer.finish().await.unwrap()
}

async fn join(kind: FileFormat, files: &[FileMeta], storage: &Arc<dyn Storage>) -> Result<JoinedFile> {
    let writer = storage.create(&at("joined")).await.unwrap();
    join_files(kind, files, &Storages::default().with(storage), writer, &|_| {}).await
}

async fn refusal(kind: FileFormat, files: &[FileMeta], storage: &Arc<dyn Storage>) -> Error {
    let error = join(kind, files, storage).await.unwrap_err();
    assert_eq!(storage.head(&at("joined")).await.unwrap_err().kind(), ErrorKind::NotFound);
    error
}

#[tokio::test]
async fn rows_of_all_files_come_in_order_and_are_counted() {
    for kind in FORMATS {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let mut options = compressed(Some("snappy"));
        options.group_rows = 700;
        let mut files = Vec::new();
        for (part, range) in [0..1000, 1000..1000, 1000..1001, 1001..5000].into_iter().enumerate() {
            files.push(put(&storage, &format!("part-{part}"), kind, &ids(range), &options).await);
        }
        let empty = storage.create(&at("empty")).await.unwrap().finish().await.unwrap();
        files.insert(2, empty);
        let joined = join(kind, &files, &storage).await.unwrap();
        assert_eq!(joined.row_count, 5000);
        let found = format(kind).inspect(&joined.file, &FormatOptions::default(), &storage).await.unwrap();
        assert_eq!(found.row_count, Some(5000));
        let bytes = storage.read(&joined.file.location, 0..joined.file.size).await.unwrap();
        let rows = read(format(kind).as_ref(), bytes).await.unwrap();
        assert!(rows.column(0).as_primitive::<Int64Type>().values().iter().copied().eq(0..5000), "{kind}");
    }
}

#[tokio::test]
async fn files_that_differ_are_refused_before_anything_is_written() {
    for kind in FORMATS {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let options = compressed(Some("snappy"));
        let first = put(&storage, "first", kind, &ids(0..10), &options).await;
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let other = RecordBatch::try_from_iter([("id", column)]).unwrap();
        let other = put(&storage, "other", kind, &other, &options).await;
        let error = refusal(kind, &[first.clone(), first.clone(), other], &storage).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.context()[0].1, "their schemas");
        assert_eq!(error.context()[2].1, "mem:///other");
        assert_eq!(refusal(kind, &[], &storage).await.kind(), ErrorKind::Unsupported);
        if kind == FileFormat::Avro {
            let packed = put(&storage, "packed", kind, &ids(0..10), &compressed(None)).await;
            let error = refusal(kind, &[first, packed], &storage).await;
            assert_eq!(error.context()[0].1, "their compression");
        }
    }
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
    assert_eq!(refusal(FileFormat::Csv, &[], &storage).await.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_nothing_is_left() {
    for kind in FORMATS {
        let memory = MemoryStorage::default();
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        let first = put(&storage, "first", kind, &ids(0..10), &compressed(None)).await;
        let whole = put(&storage, "whole", kind, &ids(0..1000), &compressed(None)).await;
        let bytes = storage.read(&whole.location, 0..whole.size).await.unwrap();
        for cut in [bytes.len() - 1, bytes.len() / 2] {
            memory.put(&at("cut"), bytes.slice(..cut));
            let cut = storage.head(&at("cut")).await.unwrap();
            let error = refusal(kind, &[first.clone(), cut], &storage).await;
            assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
            assert!(error.to_string().contains("mem:///cut"), "{error}");
        }
    }
}

#[tokio::test]
async fn memory_is_bounded_and_each_byte_is_read_once() {
    for kind in FORMATS {
        let faulty = Arc::new(FaultyStorage::new(Arc::new(MemoryStorage::default())));
        let storage: Arc<dyn Storage> = Arc::<FaultyStorage>::clone(&faulty);
        let mut files = Vec::new();
        for part in 0..4 {
            let name = format!("part-{part}");
            files.push(put(&storage, &name, kind, &ids(0..1_000_000), &compressed(None)).await);
        }
        let size = files.iter().map(|file| file.size).sum::<u64>();
        let before = faulty.bytes_written();
        let told = AtomicU64::new(0);
        let writer = storage.create(&at("joined")).await.unwrap();
        let storages = Storages::default().with(&storage);
        let progress = |bytes| told.store(bytes, Ordering::Relaxed);
        let joined = join_files(kind, &files, &storages, writer, &progress).await.unwrap();
        assert_eq!(told.load(Ordering::Relaxed), joined.file.size);
        assert_eq!(faulty.bytes_written() - before, joined.file.size);
        assert!(faulty.largest_read() <= 64 * 1024, "{}", faulty.largest_read());
        assert!(faulty.bytes_read() <= size + 4 * 64 * 1024, "{} of {size}", faulty.bytes_read());
    }
}

#[tokio::test]
async fn joined_files_are_what_other_libraries_read() {
    let Some(python) = std::env::var_os("PUBLISH_TEST_PYTHON") else {
        println!("skipped: PUBLISH_TEST_PYTHON names no Python with pyarrow and fastavro");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/join_outside.py");
    let outside = |what: &str| {
        let status = Command::new(&python).args(["-B", script, what]).arg(folder.path()).status().unwrap();
        assert!(status.success(), "{what}");
    };
    outside("make");
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::default());
    let storages = Storages::default().with(&storage);
    for (kind, codecs) in [
        (FileFormat::Avro, ["null", "deflate", "bzip2", "xz"]),
        (FileFormat::Parquet, ["none", "snappy", "gzip", "zstd"]),
    ] {
        for codec in codecs {
            let mut files = Vec::new();
            for part in 0..4 {
                let at = file_at(folder.path(), &format!("{codec}-{part}.{kind}"));
                files.push(storage.head(&at).await.unwrap());
            }
            let writer =
                storage.create(&file_at(folder.path(), &format!("joined-{codec}.{kind}"))).await.unwrap();
            let joined = join_files(kind, &files, &storages, writer, &|_| {}).await.unwrap();
            assert_eq!(joined.row_count, 17346);
        }
    }
    outside("check");
}

fn file_at(folder: &Path, name: &str) -> Location {
    Location::parse(&format!("file://{}/{name}", folder.display())).unwrap()
}
