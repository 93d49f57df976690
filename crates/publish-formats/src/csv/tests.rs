//! CSV files as a caller sees them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use futures::StreamExt;
use publish_core::{
    Error, ErrorKind, FileInspection, FileMeta, Format, FormatOptions, Location, Result, Storage, text_type,
};
use publish_testkit::results::{ShelfStorage, row_texts};

use super::CsvFormat;

async fn shelf(name: &str, bytes: &[u8]) -> (Arc<dyn Storage>, FileMeta) {
    let shelf = ShelfStorage::default();
    let at = Location::parse(&format!("mem:///{name}")).unwrap();
    shelf.put(at.clone(), bytes.to_vec().into());
    let file = shelf.head(&at).await.unwrap();
    (Arc::new(shelf), file)
}

async fn inspect(bytes: &[u8], options: &FormatOptions) -> Result<FileInspection> {
    let (storage, file) = shelf("a.csv", bytes).await;
    CsvFormat.inspect(&file, options, &storage).await
}

/// Reads a file as inferred, or as `schema`.
async fn read(bytes: &[u8], schema: Option<SchemaRef>, options: &FormatOptions) -> Result<Vec<RecordBatch>> {
    let (storage, file) = shelf("a.csv", bytes).await;
    let found = CsvFormat.inspect(&file, options, &storage).await?;
    let schema = match schema {
        Some(schema) => schema,
        None => Arc::clone(CsvFormat.unify(std::slice::from_ref(&found), options)?.source()),
    };
    let mut batches = Vec::new();
    for part in &found.parts {
        let mut stream = CsvFormat.open(&file, part, &schema, options, 1000, &storage).await?;
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
    }
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(found.row_count, Some(rows as u64));
    Ok(batches)
}

async fn rows(text: &str, options: &FormatOptions) -> Vec<String> {
    let batches = read(text.as_bytes(), None, options).await.unwrap();
    batches.iter().flat_map(|batch| row_texts(batch).unwrap()).collect()
}

async fn refused(text: &str, options: &FormatOptions) -> Error {
    let error = read(text.as_bytes(), None, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    error
}

fn context<'a>(error: &'a Error, key: &str) -> &'a str {
    error.context().iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
}

fn schema(types: &[DataType]) -> SchemaRef {
    let names = ["a", "b", "c", "d"];
    Arc::new(Schema::new(
        names
            .iter()
            .zip(types)
            .map(|(name, data_type)| Field::new(*name, data_type.clone(), true))
            .collect::<Vec<_>>(),
    ))
}

fn options() -> FormatOptions {
    FormatOptions::default()
}

#[tokio::test]
async fn a_null_is_told_from_an_empty_text() {
    assert_eq!(rows("a,b\n1,\n2,\"\"\n,x\n", &options()).await, ["1|null", "2|\"\"", "null|\"x\""]);
    let mut named = options();
    named.null_text = "NULL".to_owned();
    assert_eq!(rows("a,b\nNULL,\"NULL\"\n3,\n", &named).await, ["null|\"NULL\"", "3|\"\""]);
}

#[tokio::test]
async fn quotes_hold_delimiters_line_ends_and_quotes() {
    let text = "a,b\r\n\"x,\"\"y\"\"\",\"line\r\nbreak\"\r\nplain \"q\",é\0";
    assert_eq!(rows(text, &options()).await, [r#""x,\"y\""|"line\r\nbreak""#, r#""plain \"q\""|"é\0""#]);
    let mut other = options();
    (other.delimiter, other.quote, other.escape) = (Some(';'), '\'', Some('\\'));
    assert_eq!(
        rows("a;b\n'it\\'s';'b\\\\'\n'it''s';\"x\"\n", &other).await,
        [r#""it's"|"b\\""#, r#""it's"|"\"x\"""#]
    );
}

#[tokio::test]
async fn empty_lines_are_nulls_in_one_column_and_nothing_in_more() {
    assert_eq!(rows("a,b\n\n1,2\n\r\n\n3,4\n\n", &options()).await, ["1|2", "3|4"]);
    assert_eq!(rows("a\n1\n\n\"\"\n", &options()).await, ["\"1\"", "null", "\"\""]);
}

#[tokio::test]
async fn columns_without_a_header_are_numbered() {
    let mut bare = options();
    bare.header = false;
    let found = inspect(b"1,x\n2,y\n", &bare).await.unwrap();
    let schema = found.schema.unwrap();
    assert_eq!((schema.field(0).name().as_str(), schema.field(1).name().as_str()), ("column_1", "column_2"));
    assert_eq!((found.row_count, found.widths), (Some(2), Some(vec![Some(1), Some(1)])));
}

#[tokio::test]
async fn an_inspection_proposes_types_and_tells_the_texts_type() {
    let found = inspect(
        b"\xef\xbb\xbfid,zip,at,none,day,same,same\n1,01234,2024-01-01 10:00:00+02:00,,2024-02-29,x,y\n",
        &options(),
    )
    .await
    .unwrap();
    let schema = found.schema.unwrap();
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(types[..5], [DataType::Int64, DataType::Utf8, utc, DataType::Utf8, DataType::Date32]);
    assert_eq!(text_type(schema.field(3)), Some(DataType::Null));
    assert_eq!(schema.field(0).name(), "id");
    assert_eq!(schema.field(5).name(), schema.field(6).name());
    assert_eq!(found.notes.len(), 1);
}

#[tokio::test]
async fn a_file_without_anything_tells_no_schema_and_one_with_a_header_alone_no_rows() {
    for empty in [&b""[..], b"\xef\xbb\xbf", b"\n\n"] {
        let found = inspect(empty, &options()).await.unwrap();
        assert!(found.schema.is_none() && found.parts.is_empty() && found.row_count == Some(0));
        assert_eq!(CsvFormat.unify(&[found], &options()).unwrap_err().kind(), ErrorKind::BadData);
    }
    let found = inspect(b"a,b", &options()).await.unwrap();
    assert_eq!(found.schema.unwrap().fields().len(), 2);
    assert!(found.parts.is_empty() && found.row_count == Some(0));
}

#[tokio::test]
async fn files_agree_on_types_that_keep_every_digit() {
    let mut found = Vec::new();
    for text in ["a,b,c\n9007199254740993,2024-01-01,\n", "a,b,c\n1.5,2024-01-01 00:00:00,true\n", ""] {
        found.push(inspect(text.as_bytes(), &options()).await.unwrap());
    }
    let agreed = CsvFormat.unify(&found, &options()).unwrap();
    let types: Vec<_> = agreed.columns().iter().map(|column| column.field.data_type().clone()).collect();
    assert_eq!(types, [DataType::Decimal128(17, 1), DataType::Utf8, DataType::Boolean]);
    found.push(inspect(b"a,c,b\n1,2,3\n", &options()).await.unwrap());
    let error = CsvFormat.unify(&found, &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(context(&error, "columns"), "a, c, b");
}

#[tokio::test]
async fn a_broken_record_is_told_by_its_line() {
    let error = refused("a,b\n\"x\ny\",1\n\n1,2,3\n", &options()).await;
    assert_eq!((context(&error, "line"), context(&error, "row")), ("5", "2"));
    assert_eq!((context(&error, "expected"), context(&error, "found")), ("2 fields", "3 fields"));
    assert_eq!(context(&error, "file"), "mem:///a.csv");
    let error = refused("a,b\n1,2\n3,\"never\nclosed\n", &options()).await;
    assert_eq!(context(&error, "line"), "3");
    let error = refused("a,b\n\"x\"y,2\n", &options()).await;
    assert_eq!(context(&error, "line"), "2");
    let error = refused("a,b\n1,2\n3", &options()).await;
    assert_eq!(context(&error, "line"), "3");
}

#[tokio::test]
async fn a_value_of_another_type_is_told_by_file_line_row_and_column() {
    let narrow = schema(&[DataType::Int16, DataType::Utf8]);
    let text = b"a,b\n1,\"x\ny\"\n\n32768,z\n";
    let error = read(text, Some(narrow), &options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    let told: Vec<_> = ["line", "row", "column", "value"].map(|key| context(&error, key)).to_vec();
    assert_eq!(told, ["5", "2", "a", "\"32768\""]);
    let long = format!("a\n{}\n", "é".repeat(100));
    let error = read(long.as_bytes(), Some(schema(&[DataType::Int64])), &options()).await.unwrap_err();
    assert_eq!(context(&error, "value"), format!("\"{}\"…", "é".repeat(64)));
}

#[tokio::test]
async fn texts_are_read_as_the_type_that_is_asked() {
    let asked = schema(&[
        DataType::Decimal128(10, 2),
        DataType::Utf8,
        DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        DataType::Binary,
    ]);
    let batches =
        read(b"a,b,c,d\n1.5,007,2024-01-01T00:00:00Z,00ff\n", Some(asked), &options()).await.unwrap();
    assert_eq!(row_texts(&batches[0]).unwrap(), ["1.50|\"007\"|2024-01-01T00:00:00Z|00ff"]);
}

#[tokio::test]
async fn parts_hold_each_record_once_and_errors_in_them_tell_the_line_of_the_file() {
    let mut text = "a,b\n".to_owned();
    let mut count = 0;
    while text.len() < 40 * 1024 * 1024 {
        count += 1;
        text.push_str(&format!("{count},\"{} text\nof two lines\"\n", "x".repeat(count % 3000)));
    }
    let (storage, file) = shelf("a.csv", text.as_bytes()).await;
    let found = CsvFormat.inspect(&file, &options(), &storage).await.unwrap();
    assert!(found.parts.len() >= 2);
    let mut next: i64 = 1;
    for part in &found.parts {
        assert_eq!(part.first_row, Some(next as u64 - 1));
        let schema = found.schema.as_ref().unwrap();
        let mut stream = CsvFormat.open(&file, part, schema, &options(), 1000, &storage).await.unwrap();
        while let Some(batch) = stream.next().await {
            let batch = batch.unwrap();
            let ids = batch.column(0).as_any().downcast_ref::<arrow_array::Int64Array>().unwrap();
            for id in ids.values() {
                assert_eq!(*id, next);
                next += 1;
            }
        }
    }
    assert_eq!(found.row_count, Some(next as u64 - 1));
    let last = found.parts.last().unwrap();
    let narrow = schema(&[DataType::Int8, DataType::Utf8]);
    let mut stream = CsvFormat.open(&file, last, &narrow, &options(), 1000, &storage).await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    let row = last.first_row.unwrap() + 1;
    assert_eq!(context(&error, "row"), row.to_string());
    assert_eq!(context(&error, "line"), (2 * row).to_string());
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_told_by_their_place() {
    let error = read(b"a,b\n1,caf\xe9\n", None, &options()).await.unwrap_err();
    assert_eq!((error.kind(), context(&error, "byte")), (ErrorKind::BadData, "9"));
    let error = read(b"\xfe\xff\0a", None, &options()).await.unwrap_err();
    assert!(error.message().contains("UTF-16"));
}

#[tokio::test]
async fn tabs_are_told_by_the_files_ending() {
    let (storage, file) = shelf("a.tsv.gz", b"a\tb\n1\t2,3\n").await;
    let found = CsvFormat.inspect(&file, &options(), &storage).await.unwrap();
    assert_eq!(found.schema.unwrap().fields().len(), 2);
}

#[tokio::test]
async fn a_sample_ends_the_inspection_early_and_tells_no_counts() {
    let mut sampled = options();
    sampled.infer_records = Some(1);
    let found = inspect(b"a\n1\nx\n", &sampled).await.unwrap();
    assert_eq!(found.schema.unwrap().field(0).data_type(), &DataType::Int64);
    assert_eq!((found.row_count, found.widths, found.parts.len()), (None, None, 1));
}
