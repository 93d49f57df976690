//! The queue: who runs which job.

use std::time::Duration;

use publish_core::Result;

use super::jobs::{COLUMNS, read};
use crate::store::database::{Cell, Database};
use crate::{Beat, Job, JobEnd, JobGroupId, JobId, Pulse, ServerId};

pub(super) async fn begin_server(database: &dyn Database, server: &ServerId) -> Result<()> {
    if !database.take_for_server()? {
        return Ok(());
    }
    // Nobody else can run them: the store is this server's alone.
    let sql = "UPDATE publish_jobs SET owner = NULL, available_at = {now}
        WHERE finished_at IS NULL AND owner IS NOT NULL AND owner <> ?1";
    database.write(sql, vec![vec![server.as_str().into()]]).await.map(drop)
}

pub(super) async fn claim(
    database: &dyn Database,
    server: &ServerId,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Job>> {
    // The rows are picked once, before any is changed, so that no more than `limit` are.
    let sql = format!(
        "WITH picked AS MATERIALIZED (
            SELECT id AS picked_id FROM publish_jobs WHERE finished_at IS NULL
            AND ((owner IS NULL AND available_at <= {{now}}) OR (owner IS NOT NULL AND heartbeat_at < {{now}} - ?2))
            ORDER BY id LIMIT ?3 {{skip_locked}})
        UPDATE publish_jobs SET owner = ?1, heartbeat_at = {{now}}, updated_at = {{now}}, claim_count = claim_count + 1
        FROM picked WHERE id = picked_id RETURNING {COLUMNS}"
    );
    let parameters: Vec<Cell> =
        vec![server.as_str().into(), millis(lease).into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let rows = database.write(&sql, vec![parameters]).await?;
    let mut jobs = rows.iter().map(read).collect::<Result<Vec<Job>>>()?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

pub(super) async fn heartbeat(
    database: &dyn Database,
    server: &ServerId,
    beats: &[Beat],
) -> Result<Vec<Pulse>> {
    if beats.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "UPDATE publish_jobs SET heartbeat_at = {now}, updated_at = {now},
        percent = CASE WHEN percent < ?3 THEN ?3 ELSE percent END
        WHERE id = ?1 AND owner = ?2 AND finished_at IS NULL RETURNING id, cancel_requested";
    let parameters = beats.iter().map(|beat| -> Vec<Cell> {
        vec![beat.job.0.into(), server.as_str().into(), i64::from(beat.percent.min(100)).into()]
    });
    let rows = database.write(sql, parameters.collect()).await?;
    let pulse = |row: &crate::store::database::Row| {
        Ok(Pulse { job: JobId(row.integer("id")?), cancel_requested: row.boolean("cancel_requested")? })
    };
    rows.iter().map(pulse).collect()
}

pub(super) async fn release(
    database: &dyn Database,
    server: &ServerId,
    job: JobId,
    delay: Duration,
) -> Result<()> {
    let sql = "UPDATE publish_jobs SET owner = NULL, available_at = {now} + ?3, updated_at = {now}
        WHERE id = ?1 AND owner = ?2 AND finished_at IS NULL";
    let parameters: Vec<Cell> = vec![job.0.into(), server.as_str().into(), millis(delay).into()];
    database.write(sql, vec![parameters]).await.map(drop)
}

pub(super) async fn finish(
    database: &dyn Database,
    server: &ServerId,
    job: JobId,
    end: &JobEnd,
) -> Result<bool> {
    let sql =
        "UPDATE publish_jobs SET status = ?3, error_message = ?4, table_namespace = ?5, table_name = ?6,
        row_count = ?7, percent = CASE WHEN ?3 = 'Complete' THEN 100 ELSE percent END,
        owner = NULL, finished_at = {now}, updated_at = {now}
        WHERE id = ?1 AND owner = ?2 AND finished_at IS NULL RETURNING id";
    let parameters: Vec<Cell> = vec![
        job.0.into(),
        server.as_str().into(),
        end.status.as_str().into(),
        end.error_message.clone().into(),
        end.table.as_ref().map(|table| table.namespace.clone()).into(),
        end.table.as_ref().map(|table| table.name.clone()).into(),
        end.row_count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)).into(),
    ];
    Ok(!database.write(sql, vec![parameters]).await?.is_empty())
}

pub(super) async fn cancel(
    database: &dyn Database,
    group: JobGroupId,
    job: Option<JobId>,
) -> Result<Vec<JobId>> {
    // A job that no server ever took has done nothing. Any other is ended by a server, which looks what it has done.
    let sql = "UPDATE publish_jobs SET cancel_requested = TRUE, updated_at = {now},
        status = CASE WHEN claim_count = 0 THEN 'Canceled' ELSE status END,
        error_message = CASE WHEN claim_count = 0 THEN 'The publish was cancelled before it began' ELSE error_message END,
        finished_at = CASE WHEN claim_count = 0 THEN {now} ELSE NULL END
        WHERE group_id = ?1 AND id = COALESCE(?2, id) AND finished_at IS NULL RETURNING id";
    let parameters: Vec<Cell> = vec![group.0.into(), job.map(|job| job.0).into()];
    let rows = database.write(sql, vec![parameters]).await?;
    let mut jobs = rows.iter().map(|row| row.integer("id").map(JobId)).collect::<Result<Vec<JobId>>>()?;
    jobs.sort_unstable();
    Ok(jobs)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
