//! Files in memory, inspected, read and written through a format.

#![allow(dead_code, reason = "each suite uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    FileInspection, FileMeta, Format, FormatOptions, Location, Result, Storage, WriteOptions,
};
use publish_storage::MemoryStorage;

/// Puts a file into a storage of its own.
pub(crate) fn store(bytes: impl Into<Bytes>) -> (FileMeta, Arc<dyn Storage>) {
    let bytes = bytes.into();
    let at = Location::parse("mem://tests/file").unwrap();
    let storage = MemoryStorage::default();
    let file = FileMeta::new(at.clone(), bytes.len() as u64);
    storage.put(&at, bytes);
    (file, Arc::new(storage))
}

/// Inspects a file of these bytes.
pub(crate) async fn inspect(format: &dyn Format, bytes: impl Into<Bytes>) -> Result<FileInspection> {
    let (file, storage) = store(bytes);
    format.inspect(&file, &FormatOptions::default(), &storage).await
}

/// Reads all batches of a file of these bytes, part by part, and checks what the inspection told of them.
pub(crate) async fn read_batches(
    format: &dyn Format,
    bytes: impl Into<Bytes>,
    batch_rows: usize,
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let (file, storage) = store(bytes);
    let options = FormatOptions::default();
    let found = format.inspect(&file, &options, &storage).await?;
    let schema = Arc::clone(format.unify(std::slice::from_ref(&found), &options)?.source());
    let mut batches = Vec::new();
    let mut rows = 0;
    for part in &found.parts {
        assert_eq!(part.first_row, Some(rows));
        let mut stream = format.open(&file, part, &schema, &options, batch_rows, &storage).await?;
        while let Some(batch) = stream.next().await.transpose()? {
            assert_eq!(batch.schema_ref(), &schema);
            assert!(batch.num_rows() <= batch_rows);
            rows += batch.num_rows() as u64;
            batches.push(batch);
        }
    }
    assert_eq!(found.row_count, Some(rows));
    Ok((schema, batches))
}

/// Reads all rows of a file of these bytes, without what its fields tell of how they are stored.
pub(crate) async fn read(format: &dyn Format, bytes: impl Into<Bytes>) -> Result<RecordBatch> {
    let (schema, batches) = read_batches(format, bytes, 1000).await?;
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(HashMap::new()));
    let plain = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(concat_batches(&plain, &batches).unwrap())
}

/// Writes batches into a file.
pub(crate) async fn write(
    format: &dyn Format,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    options: &WriteOptions,
) -> Result<Bytes> {
    let at = Location::parse("mem://tests/written")?;
    let storage = MemoryStorage::default();
    let mut writer = format.create(schema, options, storage.create(&at).await?).await?;
    for batch in batches {
        writer.write(batch.clone()).await?;
    }
    let file = writer.finish().await?;
    let chunks = storage.stream(&at, 0..file.size).await?.try_collect::<Vec<_>>().await?;
    Ok(chunks.concat().into())
}

/// Write options with this compression.
pub(crate) fn compressed(name: Option<&str>) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.compression = name.map(str::to_owned);
    options
}
