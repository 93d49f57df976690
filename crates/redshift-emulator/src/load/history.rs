//! What a load leaves in the system tables, written outside of the client's transaction: while it runs how far it is,
//! at its end its errors and files.

use std::io;

use crate::load::producer::{LoadError, Loaded};
use crate::load::progress::ProgressState;
use crate::server::SUPERUSER;
use crate::session::Session;
use crate::sql::{CopyCommand, Format, quote_literal};
use crate::wire::Backend;

/// Writes about one load.
#[derive(Debug)]
pub(crate) struct Recorder {
    backend: Backend,
    process: i32,
    query: i64,
    table: u32,
    last: ProgressState,
}

impl Recorder {
    /// A load begins.
    pub(crate) async fn begin(
        session: &Session,
        copy: &CopyCommand,
        table: u32,
        query: i64,
    ) -> io::Result<Self> {
        let backend = Backend::connect(&session.shared.socket, SUPERUSER, &session.database).await?;
        let process = session.process;
        let mut recorder = Self { backend, process, query, table, last: ProgressState::default() };
        let format = match copy.format {
            Format::Csv => "csv",
            Format::Delimited => "text",
            Format::FixedWidth(_) => "fixed width",
            Format::Json(_) => "json",
            Format::Avro(_) => "avro",
            Format::Parquet { .. } => "parquet",
        };
        let source = format!("s3://{}/{}", copy.bucket, copy.key);
        recorder
            .run(&[
                "BEGIN".to_owned(),
                format!(
                    "INSERT INTO redshift_emulator.load_history (user_id, query_id, transaction_id, session_id, \
                     database_name, status, table_name, start_time, data_source, file_format, loaded_rows, \
                     loaded_bytes, source_file_count, error_count) VALUES (100, {query}, {query}, {process}, {}, \
                     'running', {}, clock_timestamp(), {}, '{format}', 0, 0, 0, 0)",
                    quote_literal(&session.database),
                    quote_literal(&copy.table.replace('"', "")),
                    quote_literal(&source),
                ),
                format!(
                    "INSERT INTO redshift_emulator.load_state (userid, session, query, slice, pid, recordtime) \
                     VALUES (100, {process}, {query}, 0, {process}, clock_timestamp())"
                ),
                "COMMIT".to_owned(),
            ])
            .await?;
        Ok(recorder)
    }

    /// Notes how far the load is, if that has changed.
    pub(crate) async fn tick(&mut self, state: ProgressState) -> io::Result<()> {
        if state == self.last {
            return Ok(());
        }
        let query = self.query;
        let sql = format!(
            "UPDATE redshift_emulator.load_state SET recordtime = clock_timestamp(), bytes_to_load = {}, \
             bytes_loaded = {}, lines = {}, num_files = {}, num_files_complete = {}, current_file = {}, \
             pct_complete = {} WHERE query = {query}",
            state.bytes,
            state.bytes_done,
            state.rows,
            state.files,
            state.files_done,
            quote_literal(&state.file),
            state.percent(),
        );
        let history = format!(
            "UPDATE redshift_emulator.load_history SET loaded_rows = {}, loaded_bytes = {}, source_file_count = {}, \
             source_file_bytes = {}, file_count_scanned = {} WHERE query_id = {query}",
            state.rows, state.bytes_done, state.files, state.bytes, state.files_done,
        );
        self.last = state;
        self.run(&[sql, history]).await
    }

    /// The load has ended, with a message where it failed.
    pub(crate) async fn end(mut self, loaded: &Loaded, failure: Option<(&str, &str)>) -> io::Result<()> {
        let (process, query, table) = (self.process, self.query, self.table);
        let mut statements = vec!["BEGIN".to_owned()];
        statements.extend(loaded.errors.iter().map(|error| error_row(process, table, query, error)));
        if failure.is_none() {
            statements.extend(loaded.files.iter().map(|(file, rows)| {
                format!(
                    "INSERT INTO redshift_emulator.load_files (userid, query, slice, name, filename, lines_scanned, \
                     errors, curtime, status) VALUES (100, {query}, 0, {0}, {0}, {rows}, -1, clock_timestamp(), 1)",
                    quote_literal(file)
                )
            }));
        }
        statements.push(format!(
            "UPDATE redshift_emulator.load_history SET status = '{}', end_time = clock_timestamp(), duration = \
             (extract(epoch FROM clock_timestamp() - start_time) * 1000000)::bigint, loaded_rows = {}, \
             source_file_count = {}, file_count_scanned = {}, error_count = {}, error_message = {} WHERE query_id = \
             {query}",
            failure.map_or("completed", |(status, _)| status),
            if failure.is_none() { loaded.rows } else { 0 },
            loaded.files.len().max(usize::try_from(self.last.files).unwrap_or(0)),
            loaded.files.len(),
            loaded.errors.len(),
            quote_literal(failure.map_or("", |(_, message)| message)),
        ));
        statements.push(format!("DELETE FROM redshift_emulator.load_state WHERE query = {query}"));
        statements.push("COMMIT".to_owned());
        self.run(&statements).await
    }

    async fn run(&mut self, statements: &[String]) -> io::Result<()> {
        for sql in statements {
            if let Err(report) = self.backend.query(sql).await? {
                return Err(io::Error::other(report.to_string()));
            }
        }
        Ok(())
    }
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
