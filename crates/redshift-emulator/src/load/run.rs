//! One load, from its columns to its notice.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::load::convert::LoadColumn;
use crate::load::history::Recorder;
use crate::load::producer::{Loaded, Producer, Stop};
use crate::load::progress::Progress;
use crate::session::{CANCELLED, LastCopy, Session, turn_report};
use crate::sql::{CopyCommand, FieldNames, Format, quote_literal, quote_name};
use crate::wire::{Message, Report, Severity};

/// Parts of rows that wait for PostgreSQL.
const WAITING: usize = 8;
/// How often it is noted how far a load is.
const TICK: Duration = Duration::from_millis(100);

/// Runs a COPY in the client's session: all rows or none.
pub(crate) async fn load(session: &mut Session, copy: &CopyCommand) -> io::Result<Result<(), Report>> {
    let query = session.shared.next_query();
    let (table, columns) = match find_columns(session, copy).await? {
        Ok(found) => found,
        Err(report) => return Ok(Err(report)),
    };
    let mut recorder = Recorder::begin(session, copy, table, query).await?;
    let cancel = session.shared.cancels.load_begins(session.process);
    let transferred = transfer(session, copy, &columns, query, &mut recorder, &cancel).await;
    session.shared.cancels.load_ends(session.process);
    let (loaded, failure) = transferred?;
    let status = |report: &Report| if report.code == CANCELLED { "canceled" } else { "failed" };
    let ending = failure.as_ref().map(|report| (status(report), report.message.as_str()));
    recorder.end(&loaded, ending).await?;
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
    if !loaded.errors.is_empty() && is_loaded {
        let count = loaded.errors.len();
        let text = format!(
            "Load into table '{name}' completed, {count} record(s) could not be loaded.  Check 'stl_load_errors' \
             system table for details."
        );
        session.client.report(&Report::new(Severity::Info, "00000", text)).await;
    }
    Ok(Ok(()))
}

/// The columns that are loaded, asked in the session that sees the table.
async fn find_columns(
    session: &mut Session,
    copy: &CopyCommand,
) -> io::Result<Result<(u32, Vec<LoadColumn>), Report>> {
    let sql = format!(
        "SELECT attrelid, attname, format_type(atttypid, atttypmod), attnotnull, attidentity \
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
        let is_explicit = copy.has("explicit_ids");
        let is_wanted =
            copy.columns.as_ref().map_or(identity.is_empty() || is_explicit, |names| names.contains(name));
        let is_always = identity == "a";
        if is_always && is_explicit && !is_wanted {
            let message = "EXPLICIT_IDS needs the IDENTITY column in the list of columns";
            return Ok(Err(Report::error("42601", message)));
        }
        if !is_wanted {
            continue;
        }
        if is_always && !is_explicit {
            return Ok(Err(Report::error("42601", "EXPLICIT_IDS is needed to load an IDENTITY column")));
        }
        match LoadColumn::new(name, kind, required == "t") {
            Some(column) => found.push(column),
            None => return Ok(Err(Report::not_emulated(&format!("COPY into the type {kind}")))),
        }
    }
    let has_one_super = found.len() == 1 && found[0].is_super();
    if matches!(copy.format, Format::Json(FieldNames::NoShred)) && !has_one_super {
        let message = "COPY JSON 'noshred' needs exactly one column, which is SUPER";
        return Ok(Err(Report::unsupported(message)));
    }
    if let Format::FixedWidth(widths) = &copy.format
        && widths.len() != found.len()
    {
        let message =
            "The number of columns in FIXEDWIDTH is not that of the table or of the list of columns";
        return Ok(Err(Report::error("42601", message)));
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
    query: i64,
    recorder: &mut Recorder,
    cancel: &Notify,
) -> io::Result<(Loaded, Option<Report>)> {
    let is_checked_only = copy.has("noload");
    if !is_checked_only {
        let names: Vec<_> = columns.iter().map(|column| quote_name(&column.name)).collect();
        let sql = format!("COPY {} ({}) FROM STDIN", copy.table, names.join(", "));
        session.backend.send(&Message::query(&sql)).await?;
        session.backend.flush().await?;
        if let Some(report) = begin_copy(session).await? {
            return Ok((Loaded::default(), Some(turn_report(report, &session.shared))));
        }
    }
    let (sender, mut rows) = mpsc::channel(WAITING);
    let objects = Arc::clone(&session.shared.objects);
    let progress = Arc::new(Progress::default());
    let (own_copy, own_columns, own_progress) = (copy.clone(), columns.to_vec(), Arc::clone(&progress));
    let mut reading = tokio::task::spawn_blocking(move || {
        let sender = (!is_checked_only).then_some(sender);
        let mut producer = Producer::new(&own_copy, &own_columns, query, sender, own_progress);
        let result = producer.run(&objects);
        (producer.loaded, result)
    });
    let mut ticks = tokio::time::interval(TICK);
    let mut has_rows = true;
    let read = loop {
        tokio::select! {
            biased;
            () = cancel.notified() => {
                // The thread ends with the part that it waits for.
                progress.stop();
                break None;
            }
            part = rows.recv(), if has_rows => match part {
                Some(part) => session.backend.send(&Message::new(b'd', part)).await?,
                None => has_rows = false,
            },
            ended = &mut reading, if !has_rows => break Some(ended.map_err(io::Error::other)?),
            _ = ticks.tick() => recorder.tick(progress.state()).await?,
        }
    };
    drop(rows);
    recorder.tick(progress.state()).await?;
    let (loaded, failure) = match read {
        Some((loaded, result)) => (loaded, result.err().map(|stop| stopped(stop, copy))),
        None => (Loaded::default(), Some(cancelled(query))),
    };
    if is_checked_only {
        return Ok((loaded, failure));
    }
    let end = if failure.is_none() { Message::new(b'c', "") } else { Message::new(b'f', "failed\0") };
    session.backend.send(&end).await?;
    session.backend.flush().await?;
    let ended = end_copy(session).await?.map(|report| turn_report(report, &session.shared));
    Ok((loaded, failure.or(ended)))
}

/// The error of a statement that was cancelled.
fn cancelled(query: i64) -> Report {
    Report::error(CANCELLED, format!("Query ({query}) cancelled on user's request"))
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
