//! What a load leaves in the system tables, written outside of the client's transaction.

use std::io;

use crate::load::producer::{LoadError, Loaded};
use crate::server::SUPERUSER;
use crate::session::Session;
use crate::sql::{CopyCommand, quote_literal};
use crate::wire::Backend;

/// Writes the errors and the end of a load.
pub(crate) async fn record(
    session: &Session,
    copy: &CopyCommand,
    table: u32,
    query: i64,
    loaded: &Loaded,
    failure: Option<&str>,
) -> io::Result<()> {
    let mut backend = Backend::connect(&session.shared.socket, SUPERUSER, &session.database).await?;
    let mut statements = vec!["BEGIN".to_owned()];
    statements.extend(loaded.errors.iter().map(|error| error_row(session.process, table, query, error)));
    if failure.is_none() {
        statements.extend(loaded.files.iter().map(|(file, rows)| {
            format!(
                "INSERT INTO redshift_emulator.load_files (userid, query, slice, filename, lines_scanned, errors, \
                 curtime, status) VALUES (100, {query}, 0, {}, {rows}, -1, now(), 1)",
                quote_literal(file)
            )
        }));
    }
    let status = if failure.is_none() { "completed" } else { "failed" };
    statements.push(format!(
        "INSERT INTO redshift_emulator.load_history (user_id, query_id, session_id, database_name, status, table_name, \
         start_time, end_time, data_source, loaded_rows, source_file_count, error_count, error_message) VALUES \
         (100, {query}, {}, {}, '{status}', {}, now(), now(), {}, {}, {}, {}, {})",
        session.process,
        quote_literal(&session.database),
        quote_literal(&copy.table.replace('"', "")),
        quote_literal(&format!("s3://{}/{}", copy.bucket, copy.key)),
        if failure.is_none() { loaded.rows } else { 0 },
        loaded.files.len(),
        loaded.errors.len(),
        quote_literal(failure.unwrap_or_default()),
    ));
    statements.push("COMMIT".to_owned());
    for sql in statements {
        if let Err(report) = backend.query(&sql).await? {
            return Err(io::Error::other(report.to_string()));
        }
    }
    Ok(())
}

fn error_row(process: i32, table: u32, query: i64, error: &LoadError) -> String {
    let (kind, length) = error.type_name.split_once('(').unwrap_or((&error.type_name, ""));
    let kind = match kind {
        "character varying" => "varchar",
        "integer" => "int4",
        "smallint" => "int2",
        "bigint" => "int8",
        "double precision" => "float8",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestampt",
        other => other,
    };
    let cut =
        |text: &str, longest: usize| text.chars().take(longest).filter(|c| *c != '\0').collect::<String>();
    format!(
        "INSERT INTO redshift_emulator.load_errors VALUES (100, 0, {table}, now(), {process}, {query}, {query}, {}, {}, \
         {}, {}, {}, 0, {}, {}, {}, {}, 0, 0, -1)",
        quote_literal(&cut(&error.file, 256)),
        error.line,
        quote_literal(&cut(&error.column, 127)),
        quote_literal(&cut(kind, 10)),
        quote_literal(&cut(length.trim_end_matches(')'), 10)),
        quote_literal(&cut(&error.raw_line, 1024)),
        quote_literal(&cut(&error.raw_value, 1024)),
        error.code,
        quote_literal(&cut(&error.reason, 100)),
    )
}
