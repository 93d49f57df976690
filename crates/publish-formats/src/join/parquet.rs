//! Row groups of Parquet files in one file.

use std::sync::Arc;

use futures::{FutureExt, StreamExt, TryStreamExt};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use publish_core::{Error, ErrorKind, FileMeta, Result, Storages};

use crate::parquet::footer::{damaged, read_footer};
use crate::parquet::orders::order_by_type;

use super::files::{JoinedFile, LANES, Output, differ, nothing_to_join};

const MAGIC: &[u8; 4] = b"PAR1";

/// Joins the files, whose schemas and writers' notes must be the same.
///
/// All bytes from a file's first column to the end of its last one are copied in one piece, so that columns lie in the
/// new file as they lay in the old one, moved by one distance. Indexes of pages hold absolute places and lie elsewhere;
/// they are left out.
pub(super) async fn join(
    files: &[&FileMeta],
    storages: &Storages,
    mut output: Output<'_>,
) -> Result<JoinedFile> {
    let opening = files.iter().map(|file| open(file, storages).boxed()).collect::<Vec<_>>();
    let footers = futures::stream::iter(opening).buffered(LANES).try_collect::<Vec<_>>().await?;
    let Some((first, footer)) = footers.first() else { return Err(nothing_to_join()) };
    for (file, other) in &footers {
        if let Some(what) = difference(footer, other) {
            return Err(differ(what, &first.location, &file.location));
        }
    }
    output.write(MAGIC).await?;
    let mut groups = Vec::new();
    for (file, footer) in &footers {
        let (start, end) = span(footer);
        let to = output.position();
        output.copy(file, storages, start, end).await?;
        for group in footer.row_groups().iter().filter(|group| group.num_rows() > 0) {
            let ordinal = i32::try_from(groups.len()).map_err(|_| {
                Error::new(ErrorKind::Unsupported, "The files have more row groups than one file can")
            })?;
            let moved = move_group(group, footer, ordinal, &|place| place - i64_of(start) + i64_of(to));
            groups.push(moved.map_err(|error| {
                damaged(&file.location, start, "The places of a row group can't be true").with_source(error)
            })?);
        }
    }
    let row_count = groups.iter().map(RowGroupMetaData::num_rows).sum::<i64>();
    output.write(&footer_bytes(footer, groups, row_count)?).await?;
    output.finish(u64::try_from(row_count).unwrap_or(0)).await
}

async fn open<'a>(file: &'a FileMeta, storages: &Storages) -> Result<(&'a FileMeta, Arc<ParquetMetaData>)> {
    Ok((file, read_footer(file, storages.at(&file.location)?).await?))
}

fn difference(one: &ParquetMetaData, other: &ParquetMetaData) -> Option<&'static str> {
    let (own, its) = (one.file_metadata(), other.file_metadata());
    let has_other_place =
        |group: &RowGroupMetaData| group.columns().iter().any(|at| at.file_path().is_some());
    if own.schema() != its.schema() {
        Some("their schemas")
    } else if own.created_by() != its.created_by() {
        Some("who wrote them")
    } else if own.key_value_metadata() != its.key_value_metadata() {
        Some("what their footers note beside the schema")
    } else if other.row_groups().iter().any(has_other_place) {
        Some("where their columns are: some lie in other files")
    } else {
        None
    }
}

/// The bytes that hold the columns.
fn span(footer: &ParquetMetaData) -> (u64, u64) {
    let columns = footer.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let ranges = columns.map(ColumnChunkMetaData::byte_range);
    let span = ranges
        .map(|(start, len)| (start, start + len))
        .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    span.unwrap_or_default()
}

fn move_group(
    group: &RowGroupMetaData,
    footer: &ParquetMetaData,
    ordinal: i32,
    moved: &dyn Fn(i64) -> i64,
) -> Result<RowGroupMetaData, ParquetError> {
    // Without them nobody knows by which order the least and the greatest value were found.
    let has_orders = footer.file_metadata().column_orders().is_some();
    let columns = group.columns().iter().map(|column| {
        let builder = column
            .clone()
            .into_builder()
            .set_data_page_offset(moved(column.data_page_offset()))
            .set_dictionary_page_offset(column.dictionary_page_offset().map(moved))
            .set_index_page_offset(column.index_page_offset().map(moved))
            .set_bloom_filter_offset(None)
            .set_bloom_filter_length(None)
            .set_offset_index_offset(None)
            .set_offset_index_length(None)
            .set_column_index_offset(None)
            .set_column_index_length(None);
        if has_orders { builder } else { builder.clear_statistics() }.build()
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let first = columns.iter().map(|column| i64_of(column.byte_range().0)).min().unwrap_or(0);
    group
        .clone()
        .into_builder()
        .set_column_metadata(columns)
        .set_ordinal(ordinal)
        .set_file_offset(first)
        .build()
}

fn footer_bytes(first: &ParquetMetaData, groups: Vec<RowGroupMetaData>, row_count: i64) -> Result<Vec<u8>> {
    let own = first.file_metadata();
    let file = FileMetaData::new(
        own.version(),
        row_count,
        own.created_by().map(str::to_owned),
        own.key_value_metadata().cloned(),
        Arc::clone(&own.schema_descr_ptr()),
        own.column_orders().cloned(),
    );
    let mut bytes = Vec::new();
    let footer = ParquetMetaData::new(file, groups);
    ParquetMetaDataWriter::new(&mut bytes, &footer).finish().map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The footer of the joined file can't be written").with_source(error)
    })?;
    order_by_type(&mut bytes, own.schema_descr().num_columns())?;
    Ok(bytes)
}

/// Places in files are far from the sign bit.
fn i64_of(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
