//! One load, from its columns to its notice.

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::load::convert::LoadColumn;
use crate::load::history::record;
use crate::load::producer::{Loaded, Producer, Stop};
use crate::session::{LastCopy, Session};
use crate::sql::{CopyCommand, FieldNames, Format, quote_literal, quote_name};
use crate::wire::{Message, Report, Severity};

/// Parts of rows that wait for PostgreSQL.
const WAITING: usize = 8;
/// Options that are read and not obeyed yet.
const NOT_EMULATED: [&str; 3] = ["escape", "removequotes", "explicit_ids"];

/// Runs a COPY in the client's session: all rows or none.
pub(crate) async fn load(session: &mut Session, copy: &CopyCommand) -> io::Result<Result<(), Report>> {
    if let Some(what) = not_emulated(copy) {
        return Ok(Err(Report::not_emulated(&what)));
    }
    let query = session.shared.next_query();
    let (table, columns) = match find_columns(session, copy).await? {
        Ok(found) => found,
        Err(report) => return Ok(Err(report)),
    };
    let (loaded, failure) = transfer(session, copy, &columns).await?;
    record(session, copy, table, query, &loaded, failure.as_ref().map(|report| report.message.as_str()))
        .await?;
    let is_loaded = failure.is_none() && !copy.has("noload");
    session.last_copy = LastCopy { count: if is_loaded { loaded.rows } else { 0 }, query, is_new: true };
    if let Some(failure) = failure {
        return Ok(Err(failure));
    }
    session.tell_last_copy().await?;
    let name = copy.table.rsplit('.').next().unwrap_or_default().trim_matches('"');
    let rows = loaded.rows;
    let text = if is_loaded {
        format!("Load into table '{name}' completed, {rows} record(s) loaded successfully.")
    } else {
        format!("Load into table '{name}' completed, {rows} record(s) could be loaded.")
    };
    session.client.report(&Report::new(Severity::Info, "00000", text)).await;
    Ok(Ok(()))
}

fn not_emulated(copy: &CopyCommand) -> Option<String> {
    match &copy.format {
        Format::Parquet { .. } => return Some("COPY from PARQUET".to_owned()),
        Format::FixedWidth(_) => return Some("COPY with FIXEDWIDTH".to_owned()),
        Format::Json(FieldNames::Paths { .. }) | Format::Avro(FieldNames::Paths { .. }) => {
            return Some("COPY with a JSONPaths file".to_owned());
        }
        _ => {}
    }
    let option = NOT_EMULATED.iter().find(|option| copy.has(option))?;
    Some(format!("COPY with {}", option.to_uppercase()))
}

/// The columns that are loaded, asked in the session that sees the table.
async fn find_columns(
    session: &mut Session,
    copy: &CopyCommand,
) -> io::Result<Result<(u32, Vec<LoadColumn>), Report>> {
    let sql = format!(
        "SELECT attrelid, attname, format_type(atttypid, atttypmod), attnotnull, attidentity <> '' \
         FROM pg_catalog.pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped \
         ORDER BY attnum",
        quote_literal(&copy.table)
    );
    let rows = match session.backend.query(&sql).await? {
        Ok(rows) => rows,
        Err(report) if report.code == "42P01" => {
            let name = copy.table.replace('"', "");
            return Ok(Err(Report::error("42P01", format!("Cannot COPY into nonexistent table {name}"))));
        }
        Err(report) => return Ok(Err(report)),
    };
    let mut table = 0;
    let mut found = Vec::new();
    for row in &rows {
        let [Some(id), Some(name), Some(kind), Some(required), Some(identity)] = &row[..] else { continue };
        table = id.parse().unwrap_or(0);
        let is_wanted = copy.columns.as_ref().map_or(identity == "f", |names| names.contains(name));
        if !is_wanted {
            continue;
        }
        if identity == "t" {
            return Ok(Err(Report::error("42601", "EXPLICIT_IDS is needed to load an IDENTITY column")));
        }
        match LoadColumn::new(name, kind, required == "t") {
            Some(column) => found.push(column),
            None => return Ok(Err(Report::not_emulated(&format!("COPY into the type {kind}")))),
        }
    }
    let Some(names) = &copy.columns else { return Ok(Ok((table, found))) };
    let mut ordered = Vec::new();
    for name in names {
        match found.iter().position(|column| column.name == *name) {
            Some(at) => ordered.push(found.swap_remove(at)),
            None => {
                let message = format!("column \"{name}\" of relation {} does not exist", copy.table);
                return Ok(Err(Report::error("42703", message)));
            }
        }
    }
    Ok(Ok((table, ordered)))
}

/// Reads the files on a thread for blocking work and gives the rows to PostgreSQL meanwhile.
async fn transfer(
    session: &mut Session,
    copy: &CopyCommand,
    columns: &[LoadColumn],
) -> io::Result<(Loaded, Option<Report>)> {
    let is_checked_only = copy.has("noload");
    if !is_checked_only {
        let names: Vec<_> = columns.iter().map(|column| quote_name(&column.name)).collect();
        let sql = format!("COPY {} ({}) FROM STDIN", copy.table, names.join(", "));
        session.backend.send(&Message::query(&sql)).await?;
        session.backend.flush().await?;
        if let Some(report) = begin_copy(session).await? {
            return Ok((Loaded::default(), Some(report)));
        }
    }
    let (sender, mut rows) = mpsc::channel(WAITING);
    let objects = Arc::clone(&session.shared.objects);
    let (own_copy, own_columns) = (copy.clone(), columns.to_vec());
    let reading = tokio::task::spawn_blocking(move || {
        let sender = (!is_checked_only).then_some(sender);
        let mut producer = Producer::new(&own_copy, &own_columns, sender);
        let result = producer.run(&*objects);
        (producer.loaded, result)
    });
    while let Some(part) = rows.recv().await {
        session.backend.send(&Message::new(b'd', part)).await?;
    }
    let (loaded, result) = reading.await.map_err(io::Error::other)?;
    let failure = result.err().map(|stop| stopped(stop, copy));
    if is_checked_only {
        return Ok((loaded, failure));
    }
    let end = if failure.is_none() { Message::new(b'c', "") } else { Message::new(b'f', "failed\0") };
    session.backend.send(&end).await?;
    session.backend.flush().await?;
    let ended = end_copy(session).await?;
    Ok((loaded, failure.or(ended)))
}

fn stopped(stop: Stop, copy: &CopyCommand) -> Report {
    let name = copy.table.rsplit('.').next().unwrap_or_default().trim_matches('"');
    match stop {
        Stop::Refused(report) => report,
        Stop::TooManyErrors | Stop::Gone => Report::error(
            "XX000",
            format!("Load into table '{name}' failed.  Check 'stl_load_errors' system table for details."),
        ),
    }
}

/// Waits until PostgreSQL takes rows; answers its error if it doesn't.
async fn begin_copy(session: &mut Session) -> io::Result<Option<Report>> {
    let mut failure = None;
    loop {
        let message = session.backend.receive().await?;
        match message.tag {
            b'G' => return Ok(None),
            b'E' => failure = Some(Report::from_message(&message)),
            b'Z' => return Ok(failure),
            _ => {}
        }
    }
}

/// Reads up to the end of the statement.
async fn end_copy(session: &mut Session) -> io::Result<Option<Report>> {
    let mut failure = None;
    loop {
        let message = session.backend.receive().await?;
        match message.tag {
            b'E' => failure = Some(Report::from_message(&message)),
            b'Z' => return Ok(failure),
            _ => {}
        }
    }
}
