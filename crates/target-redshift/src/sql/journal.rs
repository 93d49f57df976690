//! Statements on the journal's tables.
//!
//! - `publish_journal` has one row a run: what an engine needs to finish it.
//! - `publish_lease` says who is at work on it. It is renewed while a load runs.
//! - `publish_run_<id>` is the gate of one run: one row, by which a commit and a fence exclude each other.
//!
//! They are several tables because the service finds conflicts by tables: a load of an hour whose evidence went into a
//! table that others write to, or whose lease is renewed there, would end in error 1023 each time (the manual's page
//! "Serializable isolation"). Nobody but the run itself and who fences it off writes to its gate.

use publish_core::RunId;

use super::quote::{literal, quoted};

/// Name of the journal's table.
pub(crate) const JOURNAL: &str = "publish_journal";

/// Name of the table of leases.
pub(crate) const LEASES: &str = "publish_lease";

/// Beginning of the names of gates.
pub(crate) const GATE: &str = "publish_run_";

/// Seconds for which a lease is good. An engine renews it every 10 seconds.
const LEASE_SECONDS: u32 = 60;

/// Longest text of a journal's column in bytes.
pub(crate) const MAX_TEXT: usize = 65_535;

/// The journal's statements, for one schema.
#[derive(Clone, Debug)]
pub(crate) struct JournalSql {
    schema: String,
}

impl JournalSql {
    pub(crate) fn new(schema: &str) -> Self {
        Self { schema: schema.to_owned() }
    }

    fn journal(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(JOURNAL))
    }

    fn leases(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(LEASES))
    }

    fn gate(&self, run: &RunId) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&format!("{GATE}{run}")))
    }

    /// What an administrator runs where the engine has no right to. The user also needs the right to make tables there.
    pub(crate) fn ddl(&self) -> [String; 3] {
        [
            format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&self.schema)),
            format!(
                "CREATE TABLE IF NOT EXISTS {} (\n  run_id VARCHAR(64) NOT NULL,\n  attempt INTEGER NOT NULL,\n  digest \
                 VARCHAR(256) NOT NULL,\n  action_name VARCHAR(256) NOT NULL,\n  kind VARCHAR(256) NOT NULL,\n  \
                 namespace VARCHAR(256) NOT NULL,\n  table_name VARCHAR(256) NOT NULL,\n  artifacts VARCHAR(65535) NOT \
                 NULL,\n  tidy VARCHAR(65535) NOT NULL,\n  detail VARCHAR(65535) NOT NULL,\n  file_count BIGINT NOT \
                 NULL,\n  row_count BIGINT,\n  state VARCHAR(16) NOT NULL,\n  is_closed BOOLEAN NOT NULL,\n  \
                 rows_published BIGINT,\n  written_at TIMESTAMP NOT NULL\n)",
                self.journal()
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {} (\n  run_id VARCHAR(64) NOT NULL,\n  attempt INTEGER NOT NULL,\n  \
                 expires_at TIMESTAMP NOT NULL\n)",
                self.leases()
            ),
        ]
    }

    /// Says whether both tables are there.
    pub(crate) fn count_tables(&self) -> String {
        format!(
            "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND \
             c.relname IN ({}, {}) AND c.relkind = 'r'",
            literal(&self.schema),
            literal(JOURNAL),
            literal(LEASES)
        )
    }

    /// Takes the journal for this transaction, before its snapshot is taken: of two that begin or fence one comes after
    /// the other, and sees what that one did.
    pub(crate) fn lock(&self) -> String {
        format!("LOCK TABLE {}", self.journal())
    }

    /// Reads where a run stands.
    pub(crate) fn state(&self, run: &RunId) -> String {
        format!("SELECT attempt, state FROM {} WHERE run_id = {}", self.journal(), run_literal(run))
    }

    /// Makes the gate of an attempt, in place of that of an earlier one.
    pub(crate) fn make_gate(&self, run: &RunId, attempt: u32) -> [String; 3] {
        let gate = self.gate(run);
        [
            self.drop_gate(run),
            format!(
                "CREATE TABLE {gate} (attempt INTEGER NOT NULL, state VARCHAR(16) NOT NULL, rows_published BIGINT) \
                 DISTSTYLE ALL"
            ),
            format!("INSERT INTO {gate} (attempt, state) VALUES ({attempt}, 'prepared')"),
        ]
    }

    /// Takes the gate for this transaction, before its snapshot is taken.
    pub(crate) fn lock_gate(&self, run: &RunId) -> String {
        format!("LOCK TABLE {}", self.gate(run))
    }

    /// Says whether the gate is there.
    pub(crate) fn count_gate(&self, run: &RunId) -> String {
        format!(
            "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND \
             c.relname = {}",
            literal(&self.schema),
            literal(&format!("{GATE}{run}"))
        )
    }

    /// Removes the gate.
    pub(crate) fn drop_gate(&self, run: &RunId) -> String {
        format!("DROP TABLE IF EXISTS {}", self.gate(run))
    }

    /// Reads whether an attempt may still commit, or did, and with how many rows.
    pub(crate) fn gate_state(&self, run: &RunId, attempt: u32) -> String {
        format!("SELECT state, rows_published FROM {} WHERE attempt = {attempt}", self.gate(run))
    }

    /// Writes an attempt. `texts` are digest, action, kind, namespace, table, artifacts, tidy and detail.
    pub(crate) fn insert(
        &self,
        run: &RunId,
        attempt: u32,
        texts: [&str; 8],
        file_count: u64,
        row_count: Option<u64>,
    ) -> String {
        let texts: Vec<String> = texts.into_iter().map(literal).collect();
        let row_count = row_count.map_or_else(|| "NULL".to_owned(), |rows| rows.to_string());
        format!(
            "INSERT INTO {} (run_id, attempt, digest, action_name, kind, namespace, table_name, artifacts, tidy, detail, \
             file_count, row_count, state, is_closed, rows_published, written_at)\nVALUES ({}, {attempt}, {}, \
             {file_count}, {row_count}, 'prepared', FALSE, NULL, GETDATE())",
            self.journal(),
            run_literal(run),
            texts.join(", ")
        )
    }

    /// Takes or renews a lease, as two statements.
    pub(crate) fn take_lease(&self, run: &RunId, attempt: u32) -> [String; 2] {
        [
            self.end_lease(run),
            format!(
                "INSERT INTO {} (run_id, attempt, expires_at) VALUES ({}, {attempt}, GETDATE() + INTERVAL \
                 '{LEASE_SECONDS} seconds')",
                self.leases(),
                run_literal(run)
            ),
        ]
    }

    /// Renews a lease.
    pub(crate) fn renew_lease(&self, run: &RunId, attempt: u32) -> String {
        format!(
            "UPDATE {} SET expires_at = GETDATE() + INTERVAL '{LEASE_SECONDS} seconds' WHERE run_id = {} AND attempt = \
             {attempt}",
            self.leases(),
            run_literal(run)
        )
    }

    /// Gives a lease back.
    pub(crate) fn end_lease(&self, run: &RunId) -> String {
        format!("DELETE FROM {} WHERE run_id = {}", self.leases(), run_literal(run))
    }

    /// The evidence of a commit, always the last statement before `COMMIT`. It must change one row. `rows` is what the
    /// load counted.
    pub(crate) fn evidence(&self, run: &RunId, attempt: u32, rows: &str) -> String {
        format!(
            "UPDATE {} SET state = 'published', rows_published = {rows} WHERE attempt = {attempt} AND state = 'prepared'",
            self.gate(run)
        )
    }

    /// Fences an attempt off.
    pub(crate) fn fence(&self, run: &RunId, attempt: u32) -> String {
        format!(
            "UPDATE {} SET state = 'abandoned' WHERE attempt = {attempt} AND state = 'prepared'",
            self.gate(run)
        )
    }

    /// Writes into the journal what the gate says.
    pub(crate) fn settle(&self, run: &RunId, attempt: u32, state: &str, rows: Option<u64>) -> String {
        let rows = rows.map_or_else(|| "NULL".to_owned(), |rows| rows.to_string());
        format!(
            "UPDATE {} SET state = {}, rows_published = {rows}, written_at = GETDATE() WHERE run_id = {} AND attempt = \
             {attempt} AND state = 'prepared'",
            self.journal(),
            literal(state),
            run_literal(run)
        )
    }

    /// Ends a run.
    pub(crate) fn close(
        &self,
        run: &RunId,
        attempt: u32,
        artifacts: &str,
        tidy: &str,
        is_clean: bool,
    ) -> String {
        let state = if is_clean {
            ", state = CASE WHEN state = 'abandoned' THEN 'rolledBack' ELSE state END"
        } else {
            ""
        };
        format!(
            "UPDATE {} SET artifacts = {}, tidy = {}, is_closed = TRUE, written_at = GETDATE(){state} WHERE run_id = {} \
             AND attempt = {attempt}",
            self.journal(),
            literal(artifacts),
            literal(tidy),
            run_literal(run)
        )
    }

    /// Deletes a run's row.
    pub(crate) fn forget(&self, run: &RunId) -> String {
        format!("DELETE FROM {} WHERE run_id = {}", self.journal(), run_literal(run))
    }

    /// Reads one run, or all of them.
    pub(crate) fn entries(&self, run: Option<&RunId>) -> String {
        let one = run.map(|run| format!(" WHERE j.run_id = {}", run_literal(run))).unwrap_or_default();
        format!(
            "SELECT j.run_id, j.attempt, j.digest, j.action_name, j.kind, j.namespace, j.table_name, j.artifacts, j.tidy, \
             j.detail, j.file_count, j.row_count, j.state, j.is_closed, j.rows_published, EXTRACT(EPOCH FROM \
             GETDATE())::BIGINT - EXTRACT(EPOCH FROM j.written_at)::BIGINT AS age_seconds, CASE WHEN l.expires_at > \
             GETDATE() THEN 1 ELSE 0 END AS is_held\nFROM {} j LEFT JOIN {} l ON l.run_id = j.run_id AND l.attempt = \
             j.attempt{one} ORDER BY j.run_id",
            self.journal(),
            self.leases()
        )
    }
}

/// A run's id is letters, digits and underscores.
fn run_literal(run: &RunId) -> String {
    literal(run.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evidence_changes_only_an_attempt_that_may_still_commit() {
        let sql = JournalSql::new("publish");
        let run = RunId::parse("r1").unwrap();
        assert_eq!(
            sql.evidence(&run, 2, "7"),
            "UPDATE \"publish\".\"publish_run_r1\" SET state = 'published', rows_published = 7 WHERE attempt = 2 AND state \
             = 'prepared'"
        );
        assert_eq!(
            sql.fence(&run, 2),
            "UPDATE \"publish\".\"publish_run_r1\" SET state = 'abandoned' WHERE attempt = 2 AND state = 'prepared'"
        );
        assert_eq!(sql.lock(), "LOCK TABLE \"publish\".\"publish_journal\"");
    }
}
