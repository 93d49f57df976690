//! Which rows come, in which order, and when reading ends.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::ArrowError;
use futures::TryStreamExt;
use publish_core::{Error, ErrorKind, FileMeta, FilePart, FormatOptions, WriteOptions};

use super::FormatBench;
use super::samples::{numbered, numbered_schema};
use crate::Checked;
use crate::faults::FaultyStorage;
use crate::violation::Rule;

/// Rows of the file that most rules read, in batches of [`GROUP_ROWS`].
const ROW_COUNT: usize = 20_000;
const GROUP_ROWS: usize = 1_000;

/// The rows of all parts in order are the rows of the file, each once, and a part tells truly how many are before it.
///
/// # Errors
/// That rows are missing, doubled or in another order.
pub async fn the_parts_hold_each_row_once_in_order(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("the_parts_hold_each_row_once_in_order");
    // Enough bytes that a format which splits files splits the second one: 40 MB.
    for text_len in [10, 2_000] {
        let file = rows_file(rule, bench, &format!("rows-{text_len}"), ROW_COUNT, text_len).await?;
        let inspection = rule.works("inspect", bench.inspect(&file).await)?;
        rule.holds(!inspection.parts.is_empty(), || "a file with rows has no parts".to_owned())?;
        let schema = rule.works("unify", bench.unify(&inspection))?;
        let mut seen = Vec::new();
        for part in &inspection.parts {
            if let Some(first) = part.first_row {
                rule.same("the rows before a part", &first, &(seen.len() as u64))?;
            }
            let batches = bench.read_part(&file, part, &schema, 700).await;
            seen.extend(numbers(&rule.works("reading a part", batches)?));
        }
        in_order(rule, &seen, ROW_COUNT)?;
        let whole = whole(&inspection.parts);
        let batches = rule.works("reading", bench.read_part(&file, &whole, &schema, 700).await)?;
        in_order(rule, &numbers(&batches), ROW_COUNT)?;
    }
    Ok(())
}

/// No batch has more rows than asked, and all have the schema that was asked for.
///
/// # Errors
/// That one has.
pub async fn batches_are_as_small_as_asked(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("batches_are_as_small_as_asked");
    let file = rows_file(rule, bench, "rows", 2_500, 10).await?;
    let inspection = rule.works("inspect", bench.inspect(&file).await)?;
    let schema = rule.works("unify", bench.unify(&inspection))?;
    for asked in [1, 7, 1_000, 1_000_000] {
        let mut seen = Vec::new();
        for part in &inspection.parts {
            let batches = rule.works("reading", bench.read_part(&file, part, &schema, asked).await)?;
            for batch in &batches {
                let rows = batch.num_rows();
                rule.holds(rows <= asked, || {
                    format!("a batch has {rows} rows where {asked} were asked for")
                })?;
                rule.same("the schema of a batch", &batch.schema().fields(), &schema.fields())?;
            }
            seen.extend(numbers(&batches));
        }
        in_order(rule, &seen, 2_500)?;
    }
    Ok(())
}

/// Row count and widths, where an inspection tells them, are those of the rows, and `finish` tells the file's size.
///
/// # Errors
/// That they are not.
pub async fn what_is_told_of_a_file_is_true(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("what_is_told_of_a_file_is_true");
    let file = rows_file(rule, bench, "rows", 3_001, 17).await?;
    let head = rule.works("head", bench.storage.head(&file.location).await)?;
    rule.same("the size that finish tells", &file, &head)?;
    let inspection = rule.works("inspect", bench.inspect(&file).await)?;
    rule.same("the file", &inspection.file, &file)?;
    rule.holds(inspection.row_count.is_none_or(|rows| rows == 3_001), || {
        format!("3001 rows are told as {:?}", inspection.row_count)
    })?;
    let width = inspection.widths.and_then(|widths| widths.get(1).copied().flatten());
    rule.holds(width.is_none_or(|width| width == 17), || {
        format!("texts of 17 bytes are told to be at most {width:?} long")
    })
}

/// A file without rows is read without an error and gives none. Where it tells its columns it tells them all.
///
/// # Errors
/// That it is an error, or gives rows.
pub async fn no_rows_are_read_from_a_file_without_rows(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("no_rows_are_read_from_a_file_without_rows");
    let at = bench.at(rule, "none")?;
    let schema = numbered_schema();
    let file = rule.works("writing no rows", bench.write(&at, &schema, &[], GROUP_ROWS).await)?;
    let inspection = rule.works("inspect", bench.inspect(&file).await)?;
    rule.holds(inspection.row_count.is_none_or(|rows| rows == 0), || {
        format!("no rows are told as {:?}", inspection.row_count)
    })?;
    let Some(told) = &inspection.schema else {
        return rule.holds(bench.is_text(), || "a file without rows tells no columns".to_owned());
    };
    rule.holds(bench.is_text() || told.fields().len() == 2, || format!("it tells the columns {told}"))?;
    let batches = rule.works("reading", bench.read(&file, None).await)?;
    rule.same("rows", &batches.iter().map(RecordBatch::num_rows).sum::<usize>(), &0)
}

/// A writer that is dropped leaves no file.
///
/// # Errors
/// That one is left.
pub async fn a_dropped_writer_leaves_no_file(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_dropped_writer_leaves_no_file");
    let at = bench.at(rule, "dropped")?;
    let writing = async {
        let file = bench.storage.create(&at).await?;
        let mut writer = bench.format.create(&numbered_schema(), &WriteOptions::default(), file).await?;
        writer.write(numbered(0, 5_000, 100).map_err(arrow_error)?).await?;
        Ok(writer)
    };
    drop(rule.works("writing", writing.await)?);
    let error = rule.refused("head of a file whose writer was dropped", bench.storage.head(&at).await)?;
    rule.same("the kind of that error", &error.kind(), &ErrorKind::NotFound)
}

/// Reading stops soon after its stream is dropped: most of a big file is never read.
///
/// # Errors
/// That reading goes on.
pub async fn a_dropped_stream_stops_reading(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_dropped_stream_stops_reading");
    let file = rows_file(rule, bench, "big", 40_000, 1_000).await?;
    let inspection = rule.works("inspect", bench.inspect(&file).await)?;
    let schema = rule.works("unify", bench.unify(&inspection))?;
    let counted = FaultyStorage::new(Arc::clone(&bench.storage));
    let bench = bench.on(Arc::new(counted.clone()));
    let options = FormatOptions::default();
    let part = whole(&inspection.parts);
    let opened = bench.format.open(&file, &part, &schema, &options, 100, &bench.storage).await;
    let mut batches = rule.works("open", opened)?;
    rule.works("the first batch", batches.try_next().await)?;
    drop(batches);
    settle(&counted).await;
    rule.same("streams that are open", &counted.open_streams(), &0)?;
    let (read, size) = (counted.bytes_read(), file.size);
    rule.holds(read < size / 2, || format!("{read} of {size} bytes were read after the first 100 rows"))
}

/// Waits until nothing is read any more. What stops has been told to, but may be in the middle of a chunk.
async fn settle(storage: &FaultyStorage) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let (mut seen, mut still) = (storage.bytes_read(), 0);
    while still < 10 {
        tick.tick().await;
        let read = storage.bytes_read();
        still = if read == seen { still + 1 } else { 0 };
        seen = read;
    }
}

pub(super) async fn rows_file(
    rule: Rule,
    bench: &FormatBench<'_>,
    name: &str,
    rows: usize,
    text_len: usize,
) -> Checked<FileMeta> {
    let at = bench.at(rule, name)?;
    let mut batches = Vec::new();
    for first in (0..rows).step_by(GROUP_ROWS) {
        let batch = numbered(first as i64, GROUP_ROWS.min(rows - first), text_len);
        batches.push(rule.works("the sample", batch.map_err(arrow_error))?);
    }
    let written = bench.write(&at, &numbered_schema(), &batches, GROUP_ROWS).await;
    rule.works("writing", written)
}

/// One part of all.
fn whole(parts: &[FilePart]) -> FilePart {
    let start = parts.first().map_or(0, |part| part.start);
    let end = parts.last().map_or(start, |part| part.end);
    FilePart::new(start, end, Some(0))
}

pub(super) fn numbers(batches: &[RecordBatch]) -> Vec<i64> {
    let columns = batches.iter().filter_map(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
    columns.flat_map(|column| column.values().iter().copied()).collect()
}

fn in_order(rule: Rule, seen: &[i64], count: usize) -> Checked {
    let wrong = (0..count.max(seen.len())).find(|row| seen.get(*row) != Some(&(*row as i64)));
    rule.holds(seen.len() == count && wrong.is_none(), || {
        let at = wrong.unwrap_or_default();
        format!("{} rows came instead of {count}; at {at} came {:?}", seen.len(), seen.get(at))
    })
}

pub(super) fn arrow_error(error: ArrowError) -> Error {
    Error::new(ErrorKind::Unexpected, "Arrow refuses this").with_source(error)
}
