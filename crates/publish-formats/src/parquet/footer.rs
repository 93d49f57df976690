//! The footer of a Parquet file: what tells its columns, rows and row groups.

use std::sync::Arc;

use bytes::Bytes;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use publish_core::{Error, ErrorKind, FileMeta, FilePart, Location, Result, Storage};

/// Bytes at the end of a file that the first read takes. Small files, and the footers of most, are read by it whole.
const TAIL_READ: u64 = 64 * 1024;

/// The length of the footer and the magic bytes after it.
const TRAILER_LEN: u64 = 8;

/// The magic bytes before the first column.
const MAGIC_LEN: u64 = 4;

/// Bytes of a part, about.
const PART_LEN: u64 = 16 * 1024 * 1024;

/// Reads the footer, and checks that what it tells can be true.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData) if the file is cut off or no Parquet file.
pub(crate) async fn read_footer(file: &FileMeta, storage: &Arc<dyn Storage>) -> Result<Arc<ParquetMetaData>> {
    let at = &file.location;
    if file.size < MAGIC_LEN + TRAILER_LEN {
        return Err(damaged(at, 0, "This is no Parquet file: it is shorter than the shortest one, 12 bytes")
            .with_context("size", file.size));
    }
    let tail_at = file.size - file.size.min(TAIL_READ);
    let tail = storage.read(at, tail_at..file.size).await?;
    let footer_len = footer_len(file, &tail)?;
    let footer_at = file.size - TRAILER_LEN - footer_len;
    if tail_at == 0 && !tail.starts_with(b"PAR1") {
        return Err(damaged(at, 0, "This is no Parquet file: it does not begin with PAR1"));
    }
    let footer = if footer_at >= tail_at {
        let start = usize::try_from(footer_at - tail_at).unwrap_or(usize::MAX);
        tail.slice(start.min(tail.len())..tail.len() - TRAILER_LEN as usize)
    } else {
        let missing = storage.read(at, footer_at..tail_at).await?;
        let mut footer = missing.to_vec();
        footer.extend_from_slice(&tail[..tail.len() - TRAILER_LEN as usize]);
        Bytes::from(footer)
    };
    parse(at.clone(), footer_at, footer).await
}

fn footer_len(file: &FileMeta, tail: &[u8]) -> Result<u64> {
    let at = &file.location;
    let Some((_, trailer)) = tail.split_last_chunk::<{ TRAILER_LEN as usize }>() else {
        return Err(damaged(at, 0, "The end of the file could not be read"));
    };
    match &trailer[4..] {
        b"PAR1" => {}
        b"PARE" => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "The file is encrypted; write it without encryption",
            )
            .with_context("file", at));
        }
        _ => {
            return Err(damaged(
                at,
                file.size - MAGIC_LEN,
                "The file does not end with PAR1: it is no Parquet file, or it is cut off; write it again",
            ));
        }
    }
    let len = u64::from(u32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]));
    let most = file.size - MAGIC_LEN - TRAILER_LEN;
    if len == 0 || len > most {
        let message = "The length of the footer cannot be true: the file is damaged; write it again";
        return Err(damaged(at, file.size - TRAILER_LEN, message)
            .with_context("announced", len)
            .with_context("most", most));
    }
    Ok(len)
}

async fn parse(at: Location, footer_at: u64, footer: Bytes) -> Result<Arc<ParquetMetaData>> {
    let file = at.clone();
    // A footer may be long, and a damaged one may bring the decoder down.
    let parsed = tokio::task::spawn_blocking(move || {
        let footer = ParquetMetaDataReader::decode_metadata(&footer).map_err(|error| {
            damaged(&at, footer_at, "The footer of the file cannot be read; write it again")
                .with_source(error)
        })?;
        check(&at, footer_at, &footer)?;
        Ok(Arc::new(footer))
    });
    parsed.await.map_err(|error| {
        damaged(&file, footer_at, "The footer of the file cannot be read; write it again").with_source(error)
    })?
}

/// Checks that the row groups lie before the footer and hold the rows that the file has.
fn check(at: &Location, footer_at: u64, footer: &ParquetMetaData) -> Result<()> {
    let wrong = |message: &str| damaged(at, footer_at, message);
    let mut rows = 0_i64;
    for (index, group) in footer.row_groups().iter().enumerate() {
        let place = |error: Error| error.with_context("row group", index);
        rows = Some(group.num_rows())
            .filter(|count| *count >= 0)
            .and_then(|count| rows.checked_add(count))
            .ok_or_else(|| place(wrong("A row group announces an impossible number of rows")))?;
        for column in group.columns() {
            // Where there is a dictionary it comes first, and the column's length counts from it.
            let begin = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = begin.checked_add(column.compressed_size()).and_then(|end| u64::try_from(end).ok());
            let is_whole = begin >= 0
                && column.compressed_size() >= 0
                && column.data_page_offset() >= 0
                && end.is_some_and(|end| end <= footer_at);
            if !is_whole {
                return Err(place(wrong(
                    "A column lies outside of the file; the file is cut off or damaged",
                ))
                .with_context("column", column.column_path().string()));
            }
        }
    }
    if rows != footer.file_metadata().num_rows() {
        return Err(wrong("The row groups do not hold the rows that the file announces")
            .with_context("rows", footer.file_metadata().num_rows())
            .with_context("in row groups", rows));
    }
    Ok(())
}

/// Groups row groups into parts of about 16 MiB.
pub(super) fn parts(footer: &ParquetMetaData) -> Vec<FilePart> {
    let mut parts = Vec::new();
    let (mut start, mut start_row, mut len, mut row) = (0, 0, 0_u64, 0);
    let count = footer.num_row_groups();
    for (index, group) in footer.row_groups().iter().enumerate() {
        len = len.saturating_add(u64::try_from(group.compressed_size()).unwrap_or(0));
        row += u64::try_from(group.num_rows()).unwrap_or(0);
        if row > start_row && (len >= PART_LEN || index + 1 == count) {
            parts.push(FilePart::new(start as u64, index as u64 + 1, Some(start_row)));
            (start, start_row, len) = (index + 1, row, 0);
        }
    }
    parts
}

/// The error of a file that is not as it must be at `byte`.
pub(crate) fn damaged(file: &Location, byte: u64, message: &str) -> Error {
    Error::new(ErrorKind::BadData, message).with_context("file", file).with_context("byte", byte)
}
