//! CSV and JSON: what is written is read back, and no bytes break the readers.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int64Type, Time32MillisecondType,
    Time64MicrosecondType, TimestampMicrosecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, NullArray, PrimitiveArray, RecordBatch,
    StringArray, StructArray,
};
use arrow_schema::{DataType, Field, SchemaRef};
use futures::StreamExt;
use publish_core::{ErrorKind, FileMeta, Format, FormatOptions, Location, Result, Storage, WriteOptions};
use publish_formats::{CsvFormat, JsonFormat};
use publish_testkit::results::ShelfStorage;

fn storage() -> (ShelfStorage, Arc<dyn Storage>) {
    let shelf = ShelfStorage::default();
    let storage: Arc<dyn Storage> = Arc::new(shelf.clone());
    (shelf, storage)
}

fn write_options(compression: Option<&str>, null_text: &str) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.compression = compression.map(str::to_owned);
    options.null_text = null_text.to_owned();
    options
}

async fn write(
    format: &dyn Format,
    batch: &RecordBatch,
    options: &WriteOptions,
    storage: &Arc<dyn Storage>,
) -> Result<FileMeta> {
    let at = Location::parse(&format!("mem:///f.{}", format.format())).unwrap();
    let mut writer = format.create(&batch.schema(), options, storage.create(&at).await?).await?;
    writer.write(batch.clone()).await?;
    assert!(batch.num_rows() == 0 || writer.bytes_written() > 0);
    writer.finish().await
}

async fn read(
    format: &dyn Format,
    file: &FileMeta,
    schema: Option<&SchemaRef>,
    options: &FormatOptions,
    storage: &Arc<dyn Storage>,
) -> Result<Vec<RecordBatch>> {
    let found = format.inspect(file, options, storage).await?;
    let schema = match schema {
        Some(schema) => Arc::clone(schema),
        None => Arc::clone(format.unify(std::slice::from_ref(&found), options)?.source()),
    };
    let mut batches = Vec::new();
    for part in &found.parts {
        let mut stream = format.open(file, part, &schema, options, 8192, storage).await?;
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
    }
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(found.row_count, Some(rows as u64));
    Ok(batches)
}

/// Writes and reads back as the same schema.
async fn round_trip(format: &dyn Format, batch: &RecordBatch, options: &WriteOptions) -> RecordBatch {
    let (_, storage) = storage();
    let file = write(format, batch, options, &storage).await.unwrap();
    let mut read_options = FormatOptions::default();
    read_options.null_text = options.null_text.clone();
    let mut batches = read(format, &file, Some(&batch.schema()), &read_options, &storage).await.unwrap();
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

fn primitive<T: arrow_array::ArrowPrimitiveType>(values: [T::Native; 2]) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter([Some(values[0]), None, Some(values[1])]))
}

/// A column of each type, with its extremes and a null.
fn every_type() -> RecordBatch {
    let numbers: ArrayRef = primitive::<Int64Type>([i64::MIN, i64::MAX]);
    let decimals = PrimitiveArray::<Decimal128Type>::from_iter([Some(10_i128.pow(38) - 1), None, Some(-1)]);
    let zoned =
        PrimitiveArray::<TimestampMicrosecondType>::from_iter([Some(-62_135_596_800_000_000), None, Some(1)]);
    let mut list = ListBuilder::new(Int64Builder::new());
    list.append_value([Some(1), None, Some(i64::MAX)]);
    list.append_null();
    list.append_value([]);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("k \"1\"");
    map.values().append_value(7);
    map.append(true).unwrap();
    map.append(false).unwrap();
    map.append(true).unwrap();
    let fields = vec![Field::new("x", DataType::Int64, true), Field::new("y z", DataType::Utf8, true)];
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a,\"b\"\r\n\0é😀"), None, Some("")]));
    let nulls = Some(vec![true, false, true].into());
    let nested = StructArray::new(fields.into(), vec![Arc::clone(&numbers), Arc::clone(&texts)], nulls);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", texts),
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("int8", primitive::<Int8Type>([-128, 127])),
        ("int64", numbers),
        ("uint64", primitive::<UInt64Type>([0, u64::MAX])),
        ("float32", primitive::<Float32Type>([f32::MAX, -f32::from_bits(1)])),
        ("float64", primitive::<Float64Type>([-0.0, 5e-324])),
        ("decimal", Arc::new(decimals.with_precision_and_scale(38, 10).unwrap())),
        ("date", primitive::<Date32Type>([-719_162, 2_932_896])),
        ("time", primitive::<Time64MicrosecondType>([0, 86_399_999_999])),
        ("time32", primitive::<Time32MillisecondType>([1, 86_399_999])),
        ("local", primitive::<TimestampMicrosecondType>([253_402_300_799_999_999, -1])),
        ("nanos", primitive::<TimestampNanosecondType>([i64::MIN, i64::MAX])),
        ("zoned", Arc::new(zoned.with_timezone("UTC"))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b"\0\xff"[..]), None, Some(b"")]))),
        (
            "fixed",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    [Some([0_u8, 255]), None, Some([1, 2])].into_iter(),
                    2,
                )
                .unwrap(),
            ),
        ),
        ("nothing", Arc::new(NullArray::new(3))),
        ("list", Arc::new(list.finish())),
        ("map", Arc::new(map.finish())),
        ("nested", Arc::new(nested)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

#[tokio::test]
async fn every_type_is_written_and_read_back_whatever_the_compression() {
    let batch = every_type();
    for compression in [None, Some("snappy"), Some("gzip"), Some("bzip2"), Some("zstd")] {
        for null_text in ["", "NULL", "\\N"] {
            let options = write_options(compression, null_text);
            assert_eq!(round_trip(&CsvFormat, &batch, &options).await, batch, "{compression:?} {null_text}");
        }
        assert_eq!(
            round_trip(&JsonFormat, &batch, &write_options(compression, "")).await,
            batch,
            "{compression:?}"
        );
    }
}

#[tokio::test]
async fn not_a_number_and_infinity_are_kept_by_csv_and_refused_by_json() {
    let floats: ArrayRef = primitive::<Float64Type>([f64::NAN, f64::NEG_INFINITY]);
    let batch = RecordBatch::try_from_iter_with_nullable([("f", floats, true)]).unwrap();
    assert_eq!(
        format!("{:?}", round_trip(&CsvFormat, &batch, &write_options(None, "-")).await),
        format!("{batch:?}")
    );
    let (_, storage) = storage();
    let error = write(&JsonFormat, &batch, &write_options(None, ""), &storage).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.message().contains("NaN"));
    assert_eq!(error.context()[0], ("row", "1".to_owned()));
}

#[tokio::test]
async fn texts_of_any_characters_are_written_and_read_back() {
    let mut random = fastrand::Rng::with_seed(7);
    let signs =
        ['"', ',', '\n', '\r', '\\', '\0', ' ', 'a', 'é', '😀', '\u{feff}', '\t', '\u{2028}', '{', '1'];
    for round in 0..40 {
        let columns = random.usize(1..4);
        let rows = random.usize(1..200);
        let mut text = || {
            let length = random.usize(0..6);
            let text: String = (0..length).map(|_| signs[random.usize(0..signs.len())]).collect();
            (random.usize(0..5) > 0).then_some(text)
        };
        let arrays = (0..columns).map(|at| {
            let column: ArrayRef = Arc::new((0..rows).map(|_| text()).collect::<StringArray>());
            (format!("c{at}"), column, true)
        });
        let batch = RecordBatch::try_from_iter_with_nullable(arrays.collect::<Vec<_>>()).unwrap();
        for null_text in ["", "a"] {
            let options = write_options(None, null_text);
            assert_eq!(round_trip(&CsvFormat, &batch, &options).await, batch, "round {round}");
        }
        assert_eq!(round_trip(&JsonFormat, &batch, &write_options(None, "")).await, batch, "round {round}");
    }
}

#[tokio::test]
async fn what_cant_be_written_is_refused_before_a_byte_is() {
    let (_, storage) = storage();
    let batch = every_type();
    for (format, options) in [
        (&CsvFormat as &dyn Format, write_options(Some("lz4"), "")),
        (&JsonFormat, write_options(Some("lz4"), "")),
        (&CsvFormat, write_options(None, "a,b")),
    ] {
        assert!(write(format, &batch, &options, &storage).await.is_err());
    }
}

/// The readers meet files that somebody damaged, in every way that one byte can be.
#[tokio::test]
async fn damaged_files_are_read_or_refused_and_nothing_breaks_down() {
    let (shelf, storage) = storage();
    let batch = every_type();
    let mut seeds = Vec::new();
    for (format, compression) in
        [("csv", None), ("json", None), ("csv", Some("gzip")), ("json", Some("zstd"))]
    {
        let written: &dyn Format = if format == "csv" { &CsvFormat } else { &JsonFormat };
        let (_, storage) = self::storage();
        let file = write(written, &batch, &write_options(compression, ""), &storage).await.unwrap();
        seeds.push((format, storage.read(&file.location, 0..file.size).await.unwrap().to_vec()));
    }
    seeds.push(("json", b" [{\"a\":[1,{\"b\":\"\\ud83d\\ude00\"}]},\n{\"a\":null}]".to_vec()));
    seeds.push(("csv", b"\xef\xbb\xbfa\r\n\r\n\"x\"\"\"\r1".to_vec()));
    let mut random = fastrand::Rng::with_seed(11);
    let (mut good, mut bad) = (0, 0);
    for round in 0..4000 {
        let (format, seed) = &seeds[round % seeds.len()];
        let mut bytes = seed.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(0..bytes.len());
            match random.u8(0..4) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.truncate(at + 1),
                2 => bytes.insert(at, b"\"\\,\n\r{}[]:-e."[random.usize(0..13)]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(b'"');
            }
        }
        let at = Location::parse(&format!("mem:///fuzz/{round}.{format}")).unwrap();
        let file = FileMeta::new(at.clone(), bytes.len() as u64);
        shelf.put(at, bytes.into());
        let format: &dyn Format = if *format == "csv" { &CsvFormat } else { &JsonFormat };
        for schema in [None, Some(batch.schema())] {
            match read(format, &file, schema.as_ref(), &FormatOptions::default(), &storage).await {
                Ok(_) => good += 1,
                Err(error) => {
                    bad += 1;
                    let kinds = [ErrorKind::BadData, ErrorKind::SchemaMismatch];
                    assert!(kinds.contains(&error.kind()), "{error:?}");
                    assert!(
                        error.message()
                            != "Decoding broke down, most likely because the file is damaged; write it again"
                    );
                }
            }
        }
    }
    assert!(good > 500 && bad > 500, "{good} read, {bad} refused");
}
