//! Files that are cut off, damaged, or something else.

use bytes::Bytes;
use publish_core::{ErrorKind, FileMeta};

use super::FormatBench;
use super::bench::is_about;
use super::rows::{arrow_error, numbers, rows_file};
use super::samples::{numbered, numbered_schema};
use crate::Checked;
use crate::violation::Rule;

/// Batches of the small file that is cut and damaged, and rows of each.
const BATCHES: usize = 3;
const BATCH_ROWS: usize = 5;

/// Damages that are tried, spread over the file.
const DAMAGES: usize = 400;

/// A file of no bytes holds no rows: it tells no schema, or is bad data.
///
/// # Errors
/// That it tells columns or rows.
pub async fn an_empty_file_tells_nothing(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("an_empty_file_tells_nothing");
    let at = bench.at(rule, "empty")?;
    let file = bench.put(rule, &at, Bytes::new()).await?;
    match bench.inspect(&file).await {
        Err(error) => is_about(rule, "an empty file", &error, &file),
        Ok(found) => {
            rule.same("its columns", &found.schema, &None)?;
            rule.holds(found.row_count.unwrap_or(0) == 0, || format!("it has {:?} rows", found.row_count))?;
            let error = rule.refused("a schema of nothing", bench.unify(&found))?;
            rule.same("the kind of that refusal", &error.kind(), &ErrorKind::BadData)
        }
    }
}

/// The error of a file that is something else is bad data and names the file.
///
/// # Errors
/// That there is none, or it does not.
pub async fn an_error_names_the_file(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("an_error_names_the_file");
    let at = bench.at(rule, "nonsense")?;
    for nonsense in [b"a,b\n1,2\n3,\xff\xfe\xc0\n".as_slice(), b"\0\0\0\0\xff\xff\xff\xff".as_slice()] {
        let file = bench.put(rule, &at, Bytes::copy_from_slice(nonsense)).await?;
        let error = rule.refused("nonsense", bench.read(&file, None).await)?;
        rule.same("the kind of its error", &error.kind(), &ErrorKind::BadData)?;
        is_about(rule, "nonsense", &error, &file)?;
    }
    Ok(())
}

/// A file that became shorter than it was told to be is an error, never fewer rows.
///
/// # Errors
/// That its rows are read.
pub async fn a_file_shorter_than_told_is_an_error(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_file_shorter_than_told_is_an_error");
    let file = rows_file(rule, bench, "whole", 3_000, 500).await?;
    let bytes = bench.bytes(rule, &file).await?;
    let at = bench.at(rule, "cut")?;
    for len in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        bench.put(rule, &at, bytes.slice(..len)).await?;
        let told = FileMeta::new(at.clone(), file.size);
        let what = format!("a file cut to {len} of {} bytes", bytes.len());
        let read = bench.read_broken(rule, &what, &told, None).await?;
        rule.holds(read.is_none(), || format!("{what} is read without an error"))?;
    }
    Ok(())
}

/// A cut file is an error wherever it is cut, unless what is left is a file of its own: then its rows are the first
/// ones of the whole. That can be after each batch of a format without an end mark, and anywhere in text.
///
/// # Errors
/// That rows are read that are not in the file, or are lost without an error.
pub async fn a_cut_file_is_never_read_short(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_cut_file_is_never_read_short");
    let bytes = small_file(rule, bench).await?;
    let at = bench.at(rule, "cut")?;
    let schema = numbered_schema();
    let asked = bench.is_text().then_some(&schema);
    let mut readable = 0;
    for len in 1..bytes.len() {
        let file = bench.put(rule, &at, bytes.slice(..len)).await?;
        let what = format!("a file cut to {len} of {} bytes", bytes.len());
        let Some(batches) = bench.read_broken(rule, &what, &file, asked).await? else { continue };
        readable += 1;
        let seen = numbers(&batches);
        // The last record of a cut text may itself be cut.
        let sure = if bench.is_text() { seen.len().saturating_sub(1) } else { seen.len() };
        let is_start = seen.iter().take(sure).copied().eq(0..sure as i64);
        rule.holds(is_start && seen.len() <= BATCHES * BATCH_ROWS, || format!("{what} is read as {seen:?}"))?;
    }
    rule.holds(bench.is_text() || readable <= BATCHES, || {
        format!("the file is read without an error when it is cut at {readable} places")
    })
}

/// A damaged file is read, or is an error that names it. It never panics, hangs or takes memory that it announces.
///
/// # Errors
/// That it does.
pub async fn a_damaged_file_never_panics(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_damaged_file_never_panics");
    let bytes = small_file(rule, bench).await?;
    let at = bench.at(rule, "damaged")?;
    let step = (bytes.len() / DAMAGES).max(1);
    for place in (0..bytes.len()).step_by(step) {
        for damage in [0xff, 0x80, bytes[place] ^ 1] {
            let mut damaged = bytes.to_vec();
            // Several bytes at once make the largest numbers, which a length that is believed fails on.
            let run = if damage == 0xff { 4 } else { 1 };
            for byte in damaged.iter_mut().skip(place).take(run) {
                *byte = damage;
            }
            let file = bench.put(rule, &at, damaged.into()).await?;
            let what = format!("a file with {damage:#04x} at byte {place}");
            bench.read_broken(rule, &what, &file, None).await?;
        }
    }
    Ok(())
}

async fn small_file(rule: Rule, bench: &FormatBench<'_>) -> Checked<Bytes> {
    let mut batches = Vec::new();
    for i in 0..BATCHES {
        let batch = numbered((i * BATCH_ROWS) as i64, BATCH_ROWS, 6).map_err(arrow_error);
        batches.push(rule.works("the sample", batch)?);
    }
    let at = bench.at(rule, "small")?;
    let written = bench.write(&at, &numbered_schema(), &batches, BATCH_ROWS).await;
    let file = rule.works("writing", written)?;
    bench.bytes(rule, &file).await
}
