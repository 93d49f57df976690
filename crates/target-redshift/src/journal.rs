//! The journal: tables in a schema of the database itself.

use std::time::Duration;

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, Journal, JournalEntry, PendingTidy, Phase, Result, Retry,
    RunId, TableName,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connect::Answer;
use crate::session::RedshiftSession;
use crate::sql;
use crate::sql::journal::MAX_TEXT;

/// Tries of a short transaction on the journal that crosses others.
const TRIES: u32 = 8;

#[async_trait]
impl Journal for RedshiftSession {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        if !self.sees_journal().await? {
            return Ok(None);
        }
        let answer = self.link.ask(&self.journal.entries(Some(run))).await?;
        match answer.rows.into_iter().next() {
            Some(row) => self.entry(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        self.make_journal().await?;
        let texts = [to_text(&record.artifacts)?, to_text(&record.tidy)?, to_text(&record.detail)?];
        let [artifacts, tidy, detail] = &texts;
        let mut statements = vec![
            self.journal.forget(&record.run),
            self.journal.insert(
                &record.run,
                record.attempt,
                [
                    &record.digest,
                    record.action.as_str(),
                    &record.kind,
                    &record.table.namespace,
                    &record.table.name,
                    artifacts,
                    tidy,
                    detail,
                ],
                record.file_count,
                record.row_count,
            ),
        ];
        statements.extend(self.journal.make_gate(&record.run, record.attempt));
        statements.extend(self.journal.take_lease(&record.run, record.attempt));
        let mut tries = 0;
        loop {
            tries += 1;
            let begun = self.begin_once(record, &statements).await;
            match begun {
                Err(error) if may_cross(&error) && tries < TRIES => pause(tries).await,
                done => return done,
            }
        }
    }

    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        self.repeated(&[self.journal.renew_lease(run, attempt)]).await.map(|_| ())
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        let unknown = || {
            Error::new(ErrorKind::NotFound, "The journal has no entry of this run").with_context("run", run)
        };
        if !self.sees_journal().await? {
            return Err(unknown());
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.fence_once(run, attempt).await {
                Ok(()) => break,
                Err(error) if may_cross(&error) && tries < TRIES => pause(tries).await,
                Err(error) => return Err(error),
            }
        }
        self.read(run).await?.ok_or_else(unknown)
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        // What the gate says is written down before the gate goes.
        let entry = self.read(run).await?;
        let is_own = entry.as_ref().is_some_and(|entry| entry.record.attempt == attempt);
        let mut statements = vec![self.journal.lock()];
        if let Some(entry) = entry.filter(|_| is_own) {
            let is_settled = entry.phase != Phase::Prepared;
            if is_settled {
                let rows = entry.rows_published;
                statements.push(self.journal.settle(run, attempt, entry.phase.as_str(), rows));
            }
            let (artifact_text, tidy_text) = (to_text(&artifacts)?, to_text(&tidy)?);
            let is_clean = artifacts.is_empty();
            statements.push(self.journal.close(run, attempt, &artifact_text, &tidy_text, is_clean));
            statements.push(self.journal.end_lease(run));
            if is_settled {
                statements.push(self.journal.drop_gate(run));
            }
        }
        self.repeated(&statements).await.map(|_| ())
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        if !self.sees_journal().await? {
            return Ok(Vec::new());
        }
        let answer = self.link.ask(&self.journal.entries(None)).await?;
        let mut entries = Vec::with_capacity(answer.rows.len());
        for row in answer.rows {
            entries.push(self.entry(row).await?);
        }
        Ok(entries)
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        if !self.sees_journal().await? {
            return Ok(());
        }
        let statements = [
            self.journal.lock(),
            self.journal.forget(run),
            self.journal.end_lease(run),
            self.journal.drop_gate(run),
        ];
        self.repeated(&statements).await.map(|_| ())
    }
}

impl RedshiftSession {
    /// Whether the journal's tables are there.
    async fn sees_journal(&mut self) -> Result<bool> {
        if !self.has_journal {
            let count = self.link.ask(&self.journal.count_tables()).await?.number();
            self.has_journal = count == Some(2);
        }
        Ok(self.has_journal)
    }

    /// Makes the journal's tables where they are missing.
    async fn make_journal(&mut self) -> Result<()> {
        let ddl = self.journal.ddl();
        for statement in &ddl {
            if self.sees_journal().await? {
                return Ok(());
            }
            let made = self.link.ask(statement).await;
            match made {
                Ok(_) => {}
                // Somebody else made it at the same time: whether all is there shows next.
                Err(error) if error.kind() != ErrorKind::PermissionDenied => {
                    tracing::debug!(error = %error, "making the journal crossed another engine");
                    pause(1).await;
                }
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::PermissionDenied,
                        "The journal can't be made with the user's rights; let an administrator run the statements and \
                         grant CREATE on the schema and all on its tables, or publish without a journal",
                    )
                    .with_context("for an administrator", ddl.join(";\n"))
                    .with_source(error));
                }
            }
        }
        for tries in 1..=TRIES {
            if self.sees_journal().await? {
                return Ok(());
            }
            self.link.ask(&ddl[1]).await.ok();
            self.link.ask(&ddl[2]).await.ok();
            pause(tries).await;
        }
        Err(Error::new(ErrorKind::Unavailable, "The journal's tables can't be made; look at their schema")
            .with_retry(Retry::Safe)
            .with_context("for an administrator", ddl.join(";\n")))
    }

    async fn begin_once(&mut self, record: &AttemptRecord, statements: &[String]) -> Result<()> {
        let begun = async {
            self.link.ask(sql::BEGIN).await?;
            self.link.ask(&self.journal.lock()).await?;
            let found = self.link.ask(&self.journal.state(&record.run)).await?;
            check_turn(record, &found)?;
            for statement in statements {
                self.link.ask(statement).await?;
            }
            self.commit_short().await
        };
        let begun = begun.await;
        if begun.is_err() {
            self.roll_back().await;
        }
        begun
    }

    async fn fence_once(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let has_gate = self.link.ask(&self.journal.count_gate(run)).await?.number() == Some(1);
        if !has_gate {
            return Ok(());
        }
        let fenced = async {
            self.link.ask(sql::BEGIN).await?;
            // Both locks come before the snapshot: a commit that is in its last instant is waited for, and seen.
            self.link.ask(&self.journal.lock()).await?;
            self.link.ask(&self.journal.lock_gate(run)).await?;
            let changed = self.link.ask(&self.journal.fence(run, attempt)).await?.changed;
            if changed == 1 {
                let abandoned = Phase::Abandoned.as_str();
                self.link.ask(&self.journal.settle(run, attempt, abandoned, None)).await?;
            }
            self.commit_short().await
        };
        let fenced = fenced.await;
        if fenced.is_err() {
            self.roll_back().await;
        }
        fenced
    }

    /// Commits what may be done twice or be found done.
    async fn commit_short(&self) -> Result<()> {
        match self.link.run(sql::COMMIT).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(crate::error::commit_error(failure.error, failure.is_told)),
        }
    }

    /// Runs statements in one transaction, again where it crosses another one.
    async fn repeated(&self, statements: &[String]) -> Result<Answer> {
        let mut tries = 0;
        loop {
            tries += 1;
            let done = async {
                self.link.ask(sql::BEGIN).await?;
                let mut answer = Answer::default();
                for statement in statements {
                    answer = self.link.ask(statement).await?;
                }
                self.commit_short().await?;
                Ok(answer)
            };
            let error = match done.await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.roll_back().await;
            if !may_cross(&error) || tries >= TRIES {
                return Err(error);
            }
            pause(tries).await;
        }
    }

    /// An entry of a row. Whether an attempt that was begun also committed is what its gate says.
    async fn entry(&self, row: Vec<Option<String>>) -> Result<JournalEntry> {
        let row = JournalRow::read(row)?;
        let mut entry = row.entry()?;
        if entry.phase == Phase::Prepared {
            let (run, attempt) = (entry.record.run.clone(), entry.record.attempt);
            let asked = self.link.ask(&self.journal.gate_state(&run, attempt)).await;
            let answer = match asked {
                Ok(answer) => answer,
                // It was closed at this very moment.
                Err(error) if error.kind() == ErrorKind::StalePlan => return Ok(entry),
                Err(error) => return Err(error),
            };
            if let Some(phase) = answer.value(0).and_then(Phase::from_word) {
                let rows = answer.value(1).and_then(|rows| rows.parse().ok());
                entry.phase = phase;
                entry = entry.with_rows_published(rows);
            }
        }
        Ok(entry)
    }
}

/// Whether it is the turn of this attempt: the first, or the one after a fenced one.
fn check_turn(record: &AttemptRecord, found: &Answer) -> Result<()> {
    let (attempt, state) = (found.value(0).and_then(|text| text.parse::<u32>().ok()), found.value(1));
    let next = match (attempt, state) {
        (None, _) => Some(1),
        (Some(attempt), Some("abandoned" | "rolledBack")) => Some(attempt + 1),
        _ => None,
    };
    if next == Some(record.attempt) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Busy,
        "Another engine began an attempt of this run; wait for it to end, then send the request again",
    )
    .with_context("run", &record.run)
    .with_context("attempt", attempt.unwrap_or(record.attempt))
    .with_context("phase", state.unwrap_or("none")))
}

/// Whether a short transaction crossed another one, and did nothing.
fn may_cross(error: &Error) -> bool {
    error.kind() == ErrorKind::StalePlan && error.retry() == Retry::Safe
}

async fn pause(tries: u32) {
    tokio::time::sleep(Duration::from_millis(20 * u64::from(tries))).await;
}

/// A row of the journal.
struct JournalRow(Vec<Option<String>>);

impl JournalRow {
    fn read(row: Vec<Option<String>>) -> Result<Self> {
        if row.len() == 17 {
            return Ok(Self(row));
        }
        Err(Error::new(
            ErrorKind::BadData,
            "The journal has other columns than this release knows; look at its table",
        )
        .with_context("columns", row.len()))
    }

    fn text(&self, column: usize) -> &str {
        self.0[column].as_deref().unwrap_or_default()
    }

    fn count(&self, column: usize) -> Option<u64> {
        let value: i64 = self.0[column].as_deref()?.trim().parse().ok()?;
        Some(u64::try_from(value).unwrap_or_default())
    }

    fn entry(&self) -> Result<JournalEntry> {
        let run = self.text(0);
        let phase = Phase::from_word(self.text(12)).ok_or_else(|| {
            Error::new(ErrorKind::BadData, "The journal holds a state that nobody wrote; look at its table")
                .with_context("run", run)
                .with_context("state", self.text(12))
        })?;
        // Records are read as what they are written as, so that nothing of them is forgotten here.
        let record: AttemptRecord = serde_json::from_value(serde_json::json!({
            "run": run,
            "attempt": self.count(1),
            "digest": self.text(2),
            "action": self.text(3),
            "kind": self.text(4),
            "table": TableName::new(self.text(5), self.text(6)),
            "artifacts": from_text::<Vec<Artifact>>(self.text(7), run)?,
            "tidy": from_text::<Vec<PendingTidy>>(self.text(8), run)?,
            "detail": from_text::<serde_json::Value>(self.text(9), run)?,
            "fileCount": self.count(10).unwrap_or_default(),
            "rowCount": self.count(11),
        }))
        .map_err(|error| unreadable(run, error))?;
        Ok(JournalEntry::new(record, phase, self.text(16) == "1")
            .with_closed(self.text(13) == "t")
            .with_rows_published(self.count(14))
            .with_age_seconds(self.count(15).unwrap_or_default()))
    }
}

/// JSON for a column: without a backslash, which servers read in two ways within a text.
fn to_text(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "What the journal is to hold has no JSON form").with_source(error)
    })?;
    let text = json.replace('%', "%25").replace('\\', "%5C");
    if text.len() > MAX_TEXT {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "What the journal must note of the run is longer than 65535 bytes; the table has too many grants or columns \
             for a replace that keeps them, use truncateAndLoad, or publish without a journal",
        )
        .with_context("bytes", text.len()));
    }
    Ok(text)
}

fn from_text<T: DeserializeOwned>(text: &str, run: &str) -> Result<T> {
    let json = text.replace("%5C", "\\").replace("%25", "%");
    serde_json::from_str(&json).map_err(|error| unreadable(run, error))
}

fn unreadable(run: &str, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::BadData, "The journal holds what nobody wrote; look at its table")
        .with_context("run", run)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_has_no_backslash_and_comes_back() {
        let value = serde_json::json!({"a": "b\\c \"d\" %5C %25 \n é"});
        let text = to_text(&value).unwrap();
        assert!(!text.contains('\\'), "{text}");
        assert_eq!(from_text::<serde_json::Value>(&text, "r").unwrap(), value);
        assert!(to_text(&"x".repeat(70_000)).is_err());
    }

    #[test]
    fn an_attempt_begins_in_its_turn_alone() {
        let record = |attempt: u32| -> AttemptRecord {
            serde_json::from_value(serde_json::json!({
                "run": "r1", "attempt": attempt, "digest": "d", "action": "load", "kind": "append",
                "table": {"namespace": "public", "name": "t"}, "artifacts": [], "tidy": [], "detail": null,
                "fileCount": 1, "rowCount": null,
            }))
            .unwrap()
        };
        let found = |attempt: &str, state: &str| Answer {
            rows: vec![vec![Some(attempt.to_owned()), Some(state.to_owned())]],
            changed: 0,
        };
        check_turn(&record(1), &Answer::default()).unwrap();
        check_turn(&record(3), &found("2", "abandoned")).unwrap();
        check_turn(&record(3), &found("2", "rolledBack")).unwrap();
        for (attempt, answer) in [
            (2, Answer::default()),
            (1, found("1", "prepared")),
            (2, found("1", "prepared")),
            (2, found("1", "published")),
            (3, found("1", "abandoned")),
        ] {
            assert_eq!(check_turn(&record(attempt), &answer).unwrap_err().kind(), ErrorKind::Busy);
        }
    }
}
