//! Parquet files of every kind.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, DurationSecondArray, FixedSizeBinaryArray, Int64Array,
    LargeStringArray, RecordBatch, StringArray, StringViewArray, TimestampSecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::data_type::{FixedLenByteArray, FixedLenByteArrayType, Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use publish_core::ErrorKind;
use publish_formats::ParquetFormat;
use stored::{compressed, inspect, read, read_batches, write};

const UNIX_DAY: i64 = 2_440_588;

fn file(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn int96(day: i64, nanos: i64) -> Int96 {
    let mut value = Int96::new();
    let day = u32::try_from(day + UNIX_DAY).unwrap();
    value.set_data((nanos & 0xffff_ffff) as u32, (nanos >> 32) as u32, day);
    value
}

fn int96_file(values: &[Int96]) -> Vec<u8> {
    let schema = parse_message_type("message m { optional group g { optional int96 at; } }").unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let levels = vec![2; values.len()];
    column.typed::<Int96Type>().write_batch(values, Some(&levels), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn every_compression_is_written_and_read() {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..5000).map(|id| format!("text {}", id % 9))));
    let batch = RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap();
    for name in [None, Some("snappy"), Some("gzip"), Some("zstd"), Some("lz4"), Some("brotli")] {
        let mut options = compressed(name);
        options.group_rows = 1500;
        let bytes = write(&ParquetFormat::new(), &batch.schema(), std::slice::from_ref(&batch), &options)
            .await
            .unwrap();
        assert_eq!(read(&ParquetFormat::new(), bytes).await.unwrap(), batch, "{name:?}");
    }
    // The older of the two ways to frame lz4.
    let properties = WriterProperties::builder().set_compression(Compression::LZ4).build();
    assert_eq!(read(&ParquetFormat::new(), file(&batch, properties)).await.unwrap(), batch);
    let error =
        write(&ParquetFormat::new(), &batch.schema(), &[], &compressed(Some("rar"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn years_1_and_9999_of_int96_do_not_wrap() {
    const DAY_MICROS: i64 = 86_400_000_000;
    let values = [int96(-719_162, 0), int96(2_932_896, 86_399_999_999_000), int96(0, 1000)];
    let batch = read(&ParquetFormat::new(), int96_file(&values)).await.unwrap();
    let at = batch["g"].as_struct().column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.values(), &[-719_162 * DAY_MICROS, 2_932_897 * DAY_MICROS - 1, 1]);
}

#[tokio::test]
async fn an_int96_below_microseconds_is_refused_not_cut() {
    for day in [-719_162, 0, 2_932_896] {
        let error = read(&ParquetFormat::new(), int96_file(&[int96(day, 1001)])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.context().iter().any(|(key, _)| *key == "from row"), "{error}");
    }
}

#[tokio::test]
async fn a_uuid_is_text_at_any_depth() {
    let schema = parse_message_type(
        "message m { required fixed_len_byte_array(16) id (UUID); \
         required group ids (LIST) { repeated group list { required fixed_len_byte_array(16) element (UUID); } } \
         required fixed_len_byte_array(16) raw; }",
    )
    .unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let id = FixedLenByteArray::from((0..16).collect::<Vec<u8>>());
    for levels in [None, Some(([1], [0])), None] {
        let mut column = group.next_column().unwrap().unwrap();
        let (definitions, repetitions) = levels.unzip();
        column
            .typed::<FixedLenByteArrayType>()
            .write_batch(
                std::slice::from_ref(&id),
                definitions.as_ref().map(<[i16; 1]>::as_slice),
                repetitions.as_ref().map(<[i16; 1]>::as_slice),
            )
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    let batch = read(&ParquetFormat::new(), writer.into_inner().unwrap()).await.unwrap();
    let text = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    assert_eq!(batch["id"].as_string::<i32>().value(0), text);
    assert_eq!(batch["ids"].as_list::<i32>().values().as_string::<i32>().value(0), text);
    assert_eq!(batch["raw"].data_type(), &DataType::FixedSizeBinary(16));
}

#[tokio::test]
async fn what_arrow_writers_add_does_not_show() {
    let texts = ["a", "b", "a"];
    let seconds = TimestampSecondArray::from(vec![1, 2, 3]).with_timezone("Europe/Berlin");
    let columns: [(&str, ArrayRef); 4] = [
        (
            "dictionary",
            Arc::new(texts.into_iter().collect::<DictionaryArray<arrow_array::types::Int8Type>>()),
        ),
        ("large", Arc::new(LargeStringArray::from(texts.to_vec()))),
        ("view", Arc::new(StringViewArray::from(texts.to_vec()))),
        (
            "zoned",
            arrow_cast::cast(
                &seconds,
                &DataType::Timestamp(TimeUnit::Millisecond, Some("Asia/Tokyo".into())),
            )
            .unwrap(),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let batch = read(&ParquetFormat::new(), file(&batch, WriterProperties::default())).await.unwrap();
    for name in ["dictionary", "large", "view"] {
        assert_eq!(batch[name].as_string::<i32>().iter().flatten().collect::<Vec<_>>(), texts, "{name}");
    }
    assert_eq!(batch["zoned"].data_type(), &DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())));
}

#[tokio::test]
async fn types_are_written_exactly_or_refused_by_name() {
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8; 3]].into_iter()).unwrap();
    let columns: [(&str, ArrayRef); 4] = [
        ("u64", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        ("decimal", Arc::new(Decimal128Array::from(vec![-1]).with_precision_and_scale(38, 38).unwrap())),
        ("seconds", Arc::new(TimestampSecondArray::from(vec![-5]))),
        ("fixed", Arc::new(fixed)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let format = ParquetFormat::new();
    let bytes =
        write(&format, &batch.schema(), std::slice::from_ref(&batch), &compressed(None)).await.unwrap();
    let read = read(&format, bytes).await.unwrap();
    assert_eq!(&read["u64"], &batch["u64"]);
    assert_eq!(&read["decimal"], &batch["decimal"]);
    assert_eq!(&read["fixed"], &batch["fixed"]);
    assert_eq!(read["seconds"].data_type(), &DataType::Timestamp(TimeUnit::Millisecond, None));

    let duration: ArrayRef = Arc::new(DurationSecondArray::from(vec![1]));
    let schema = RecordBatch::try_from_iter([("took", duration)]).unwrap().schema();
    let error = write(&format, &schema, &[], &compressed(None)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.context().contains(&("column", "took".to_owned())), "{error}");
}

#[tokio::test]
async fn short_row_groups_share_a_part_and_long_ones_have_their_own() {
    let mut random = noise_from(7);
    let noise = (0..500_000).map(|_| format!("{:032x}{:032x}", random(), random())).collect::<Vec<_>>();
    let texts: ArrayRef = Arc::new(StringArray::from(noise));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..500_000));
    let batch = RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap();
    // One row group of more than is read at once, then many short ones.
    for (group_rows, part_count) in [(1_000_000, 1), (10_000, 3)] {
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(group_rows))
            .set_dictionary_enabled(false)
            .set_compression(Compression::UNCOMPRESSED)
            .build();
        let bytes = file(&batch, properties);
        assert!(bytes.len() > 35_000_000);
        let found = inspect(&ParquetFormat::new(), bytes.clone()).await.unwrap();
        assert_eq!(found.row_count, Some(500_000));
        assert_eq!(found.parts.len(), part_count);
        let (_, batches) = read_batches(&ParquetFormat::new(), bytes, 3000).await.unwrap();
        let ids = batches.iter().flat_map(|batch| batch["id"].as_primitive::<Int64Type>().values().to_vec());
        assert!(ids.eq(0..500_000));
    }
}

#[tokio::test]
async fn a_file_without_rows_has_columns_and_no_parts() {
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    let bytes = write(&ParquetFormat::new(), &schema, &[], &compressed(None)).await.unwrap();
    let found = inspect(&ParquetFormat::new(), bytes).await.unwrap();
    assert_eq!((found.row_count, found.parts.len()), (Some(0), 0));
    assert_eq!(found.schema.unwrap(), schema);
}

/// Numbers without an order that a compression could use.
fn noise_from(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 29)
    }
}

/// The words for each column of a file with one column of these days.
async fn words_of_days(days: &[i32], properties: WriterProperties) -> Vec<String> {
    let days: ArrayRef = Arc::new(arrow_array::Date32Array::from(days.to_vec()));
    let batch = RecordBatch::try_from_iter([("day", days)]).unwrap();
    let found = inspect(&ParquetFormat::new(), file(&batch, properties)).await.unwrap();
    publish_core::stored_as(found.schema.unwrap().field(0)).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_types_do_not_show_is_told_of_each_column() {
    use parquet::basic::{Encoding, ZstdLevel};
    use parquet::file::properties::EnabledStatistics;
    let plain = || WriterProperties::builder();
    assert!(words_of_days(&[-141_427, 0], plain().build()).await.is_empty());
    assert_eq!(words_of_days(&[-141_428], plain().build()).await, ["oldDates"]);
    let silent = plain().set_statistics_enabled(EnabledStatistics::None).build();
    assert_eq!(words_of_days(&[0], silent).await, ["oldDates"]);
    let rare = plain().set_compression(Compression::ZSTD(ZstdLevel::default())).set_dictionary_enabled(false);
    let rare = rare.set_encoding(Encoding::DELTA_BINARY_PACKED).build();
    assert_eq!(words_of_days(&[0], rare).await, ["codec:zstd", "encoding:DELTA_BINARY_PACKED"]);
    let found = inspect(&ParquetFormat::new(), int96_file(&[int96(0, 1000)])).await.unwrap();
    assert!(publish_core::stored_as(found.schema.unwrap().field(0)).contains("int96"));
}

#[tokio::test]
async fn notes_stand_in_the_footer() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let mut options = compressed(None);
    options.notes.insert("writer.time.zone".to_owned(), "UTC".to_owned());
    let bytes = write(&ParquetFormat::new(), &batch.schema(), &[batch], &options).await.unwrap();
    let footer = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
    let notes = footer.file_metadata().key_value_metadata().unwrap();
    assert_eq!((notes[0].key.as_str(), notes[0].value.as_deref()), ("writer.time.zone", Some("UTC")));
}
