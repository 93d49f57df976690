//! Result files to Arrow record batches and back.
//!
//! - [`AvroFormat`] and [`ParquetFormat`] read the columns and the exact row count from headers and footers alone.
//! - [`CsvFormat`] and [`JsonFormat`] find types in the values, and never guess: what does not fit stays text.
//! - [`all`] is every format, for a registry.
//!
//! A file is inspected first. That tells its columns, its rows and the parts that can be decoded side by side; each
//! part is then opened as a stream of batches. Memory is bounded whatever the file's size: long row groups are read by
//! pages, long rows make shorter batches, and decoders wait for the reader of their stream.
//!
//! Batches hold few Arrow types: no dictionaries, views or `Large*` types, no lists of fixed size, no zone but `UTC`.
//! No value changes on the way. One that its column cannot hold exactly is an error that names file, row and column.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch};
//! use futures::StreamExt;
//! use publish_core::{Format, FormatOptions, Location, Storage, WriteOptions};
//! use publish_formats::ParquetFormat;
//! use publish_storage::MemoryStorage;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
//! let at = Location::parse("mem:///jobs/7/part-0.parquet")?;
//! let format = ParquetFormat::new();
//!
//! let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
//! let batch = RecordBatch::try_from_iter([("id", ids)])?;
//! let writer = storage.create(&at).await?;
//! let mut writer = format.create(&batch.schema(), &WriteOptions::default(), writer).await?;
//! writer.write(batch.clone()).await?;
//! let file = writer.finish().await?;
//!
//! let options = FormatOptions::default();
//! let found = format.inspect(&file, &options, &storage).await?;
//! assert_eq!(found.row_count, Some(3));
//!
//! let results = format.unify(&[found.clone()], &options)?;
//! let mut rows = format.open(&file, &found.parts[0], results.source(), &options, 1000, &storage).await?;
//! assert_eq!(rows.next().await.transpose()?, Some(batch));
//! # Ok(())
//! # }
//! ```

mod agreement;
mod all;
mod avro;
mod blocking;
mod canonical;
mod compression;
mod csv;
mod encoding;
mod infer;
mod input;
mod join;
mod json;
mod parquet;
mod text;

pub use all::all;
pub use avro::AvroFormat;
pub use csv::CsvFormat;
pub use join::{JoinedFile, join_files};
pub use json::JsonFormat;
pub use parquet::ParquetFormat;
