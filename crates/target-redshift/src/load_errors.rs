//! Which row a COPY refused, and why.

use std::sync::Arc;

use futures::StreamExt;
use publish_core::{DataFile, Error, ErrorKind, Location, RunContext};

use crate::connect::Link;
use crate::sql::{self, CopyFormat, CopyStatement};

/// Refused rows that one error tells.
const TOLD: usize = 5;

/// One refused row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Refused {
    file: String,
    line: Option<u64>,
    column: String,
    column_type: String,
    value: Option<String>,
    reason: String,
    code: String,
}

/// Takes the failed transaction back, and looks up which rows of our own files the service refused.
pub(super) async fn explain(
    link: &Link,
    error: Error,
    copy: &CopyStatement,
    before: Option<u64>,
    session: Option<u64>,
    run: &RunContext,
) -> Error {
    if let Err(rolled) = link.ask(sql::ROLLBACK).await {
        tracing::debug!(error = %rolled, "taking a failed load back failed");
        return error;
    }
    let after = link.ask(sql::COPY_ID).await.ok().and_then(|answer| answer.number());
    let found = find(link, after.filter(|after| Some(*after) != before), session).await;
    let ours: Vec<Refused> = found.into_iter().filter(|row| is_ours(row, copy, run)).collect();
    match ours.first() {
        None => error,
        Some(first) => told(first, &ours, copy, error, run),
    }
}

/// Finds the row of a file of columns that the service refused without naming it: the file that it names is read again.
pub(super) async fn locate(error: Error, copy: &CopyStatement, run: &RunContext) -> Error {
    let text = error.to_string();
    if copy.limits.is_empty() || error.kind() != ErrorKind::BadData {
        return error;
    }
    let Ok(reader) = run.reader() else { return error };
    let is_named = |file: &&DataFile| {
        let at = &file.meta.location;
        text.contains(&format!("{}/{}", at.authority(), at.path().trim_start_matches('/')))
    };
    let Some(file) = reader.results().files.iter().find(is_named) else { return error };
    let Some(reader) = reader.of_file(&file.meta.location) else { return error };
    let schema = Arc::clone(reader.results().schema.source());
    let mut batches = Arc::new(reader).batches(&schema, run.cancel());
    while let Some(batch) = batches.next().await {
        let checked = batch.and_then(|batch| copy.limits.iter().try_for_each(|limit| limit.check(&batch)));
        match checked {
            Ok(()) => {}
            Err(found) if found.kind() == ErrorKind::BadData => return found.with_source(error),
            Err(unread) => {
                tracing::debug!(error = %unread, "the file that a load failed at can't be read again");
                return error;
            }
        }
    }
    error
}

/// The refused rows of one query, or, where its number is not known, of this session.
async fn find(link: &Link, query: Option<u64>, session: Option<u64>) -> Vec<Refused> {
    let by = |query_column: &str, session_column: &str| match (query, session) {
        (Some(query), _) => Some(format!("{query_column} = {query}")),
        (None, Some(session)) => Some(format!("{session_column} = {session}")),
        (None, None) => None,
    };
    // The table of provisioned clusters has the value too; the view is there for both kinds.
    let of_cluster = by("query", "session").map(|filter| {
        format!(
            "SELECT TRIM(filename), line_number, TRIM(colname), TRIM(type), TRIM(col_length), TRIM(raw_field_value), \
             TRIM(err_reason), err_code FROM stl_load_errors WHERE {filter} ORDER BY starttime DESC, filename, line_number \
             LIMIT 100"
        )
    });
    let of_all = by("query_id", "session_id").map(|filter| {
        format!(
            "SELECT TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type), TRIM(column_length), NULL, \
             TRIM(error_message), error_code FROM sys_load_error_detail WHERE {filter} ORDER BY start_time DESC, file_name, \
             line_number LIMIT 100"
        )
    });
    for question in [of_cluster, of_all].into_iter().flatten() {
        match link.ask(&question).await {
            Ok(answer) if !answer.rows.is_empty() => return answer.rows.into_iter().map(refused).collect(),
            Ok(_) => {}
            Err(error) => tracing::debug!(error = %error, "the errors of a load can't be read here"),
        }
    }
    Vec::new()
}

fn refused(row: Vec<Option<String>>) -> Refused {
    let mut values = row.into_iter();
    let mut next = || values.next().flatten();
    let (file, line, column, kind, length, value) = (next(), next(), next(), next(), next(), next());
    let length = length.filter(|length| !length.is_empty() && length != "0");
    Refused {
        file: file.unwrap_or_default(),
        line: line.and_then(|line| line.trim().parse().ok()),
        column: column.unwrap_or_default(),
        column_type: match (kind.unwrap_or_default(), length) {
            (kind, Some(length)) => format!("{kind}({length})"),
            (kind, None) => kind,
        },
        value,
        reason: next().unwrap_or_default(),
        code: next().unwrap_or_default(),
    }
}

/// Whether a row is of a file that this COPY's manifest lists: a staged one, or a result as it is.
fn is_ours(row: &Refused, copy: &CopyStatement, run: &RunContext) -> bool {
    let manifest = copy.manifest.as_str();
    let staged = manifest.rsplit_once("_manifest/").map(|(folder, _)| format!("{folder}/"));
    if staged.is_some_and(|folder| row.file.starts_with(&folder)) {
        return true;
    }
    let Ok(reader) = run.reader() else { return false };
    // The catalog cuts long names.
    reader.results().files.iter().any(|file| {
        let name = file.meta.location.as_str();
        name == row.file || (row.file.len() >= 255 && name.starts_with(&row.file))
    })
}

fn told(first: &Refused, all: &[Refused], copy: &CopyStatement, error: Error, run: &RunContext) -> Error {
    let mut told = Error::new(
        ErrorKind::BadData,
        "COPY refused a row, and the load was taken back; correct the row, or widen the column",
    );
    told = match (source_of(first, run), first.line) {
        (Some((file, row)), Some(line)) => {
            told = told.with_context("file", file);
            if let Some(row) = row {
                told = told.with_context("row", row);
            }
            told.with_context("staged file", &first.file).with_context("line", line)
        }
        (_, None) => told.with_context("file", &first.file),
        (None, Some(line)) => {
            told = told.with_context("file", &first.file).with_context("line", line);
            match copy.format {
                CopyFormat::Csv { header_lines, .. } => {
                    told.with_context("row", line.saturating_sub(header_lines))
                }
                _ => told,
            }
        }
    };
    told = told.with_context("column", &first.column).with_context("type", &first.column_type);
    if let Some(value) = &first.value {
        told = told.with_context("value", format!("{value:?}"));
    }
    told = told.with_context("reason", &first.reason).with_context("code", &first.code);
    for other in all.iter().skip(1).take(TOLD - 1) {
        let place = match (source_of(other, run), other.line) {
            (Some((file, Some(row))), _) => format!("{file} row {row}"),
            (_, Some(line)) => format!("{} line {line}", other.file),
            (_, None) => other.file.clone(),
        };
        told = told.with_context("and", format!("{place} column {}: {}", other.column, other.reason));
    }
    told.with_source(error)
}

/// Where a row of a staged file comes from: staged text has one row on each line.
fn source_of(refused: &Refused, run: &RunContext) -> Option<(Location, Option<u64>)> {
    run.source_of(&refused.file, refused.line?)
}
