//! How many rows files hold, by headers and footers alone.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{Error, ErrorKind, FileFormat, FileMeta, Format, FormatOptions, Result, Storages};
use publish_formats::{AvroFormat, ParquetFormat};

/// Files whose headers are read side by side.
const LANES: usize = 8;

/// The format that the files of a Hive table are read and written by.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for text.
pub fn format_of(format: FileFormat) -> Result<Arc<dyn Format>> {
    match format {
        FileFormat::Avro => Ok(Arc::new(AvroFormat::new())),
        FileFormat::Parquet => Ok(Arc::new(ParquetFormat::new())),
        other => {
            Err(Error::new(ErrorKind::Unsupported, "Tables of Hive are written as Parquet or Avro files")
                .with_context("format", other))
        }
    }
}

/// Counts the rows of files: the footers of Parquet, the heads of Avro's blocks.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData), naming the file, if it is damaged.
pub async fn count_rows(format: FileFormat, files: &[FileMeta], storages: &Storages) -> Result<u64> {
    let format = format_of(format)?;
    let counting = files.iter().map(|file| count(&format, file, storages).boxed()).collect::<Vec<_>>();
    futures::stream::iter(counting)
        .buffered(LANES)
        .try_fold(0_u64, |sum, rows| async move { Ok(sum + rows) })
        .await
}

async fn count(format: &Arc<dyn Format>, file: &FileMeta, storages: &Storages) -> Result<u64> {
    let storage = storages.at(&file.location)?;
    let found = format.inspect(file, &FormatOptions::default(), storage).await?;
    found.row_count.ok_or_else(|| {
        Error::new(ErrorKind::BadData, "Nothing in the file tells its rows; write it again")
            .with_context("file", &file.location)
    })
}

/// Checks that files hold as many rows as were to be written.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData) if they hold others.
pub async fn prove_rows(
    format: FileFormat,
    files: &[FileMeta],
    expected: u64,
    storages: &Storages,
) -> Result<()> {
    let found = count_rows(format, files, storages).await?;
    if found == expected {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::BadData,
        "The files hold other rows than were to be published; they may have changed, publish again",
    );
    let error = error.with_context("rows", found).with_context("expected", expected);
    Err(match files.first() {
        Some(file) => error.with_context("file", &file.location),
        None => error,
    })
}
