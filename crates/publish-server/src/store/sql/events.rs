//! The logs of jobs.

use publish_core::Result;

use crate::store::database::{Cell, Database, Row};
use crate::{JobEvent, JobId};

pub(super) async fn append(database: &dyn Database, job: JobId, events: &[JobEvent]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO publish_job_events (job_id, sequence, at, event)
        SELECT CAST(?1 AS BIGINT), COALESCE((SELECT MAX(e.sequence) FROM publish_job_events e WHERE e.job_id = ?1), 0) + 1, CAST(?2 AS BIGINT), CAST(?3 AS TEXT)";
    let parameters = events.iter().map(|event| -> Vec<Cell> {
        vec![job.0.into(), event.at.timestamp_millis().into(), event.event.to_string().into()]
    });
    database.write(sql, parameters.collect()).await.map(drop)
}

pub(super) async fn read(
    database: &dyn Database,
    job: JobId,
    after: u64,
    limit: u32,
) -> Result<Vec<JobEvent>> {
    let sql = "SELECT sequence, at, event FROM publish_job_events WHERE job_id = ?1 AND sequence > ?2
        ORDER BY sequence LIMIT ?3";
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = database.read(sql, vec![job.0.into(), after.into(), i64::from(limit).into()]).await?;
    let event = |row: &Row| {
        Ok(JobEvent {
            sequence: Some(row.number("sequence")?),
            at: row.time("at")?,
            event: row.json("event")?,
        })
    };
    rows.iter().map(event).collect()
}
