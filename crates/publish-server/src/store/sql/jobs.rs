//! Jobs and publications.

use publish_core::{Error, ErrorKind, Result, RunId, TableName};

use super::list::List;
use crate::store::database::{Cell, Database, Row, unreadable};
use crate::{
    Job, JobFilter, JobGroupId, JobId, JobStatus, NewJob, Page, Publication, ServerId, SortField, TokenId,
};

const SELECT: &str = "SELECT * FROM publish_jobs";

/// The columns of a job. Both databases name them alike where a statement returns what it changed.
pub(super) const COLUMNS: &str = "id, group_id, status, request, run_id, session_id, percent, \
    error_message, table_namespace, table_name, row_count, cancel_requested, owner, claim_count, created_by, \
    created_at, updated_at, heartbeat_at, finished_at";

const SORTED: [(SortField, &str); 5] = [
    (SortField::Id, "id"),
    (SortField::Name, "asked_table"),
    (SortField::Status, "status"),
    (SortField::CreatedAt, "created_at"),
    (SortField::UpdatedAt, "updated_at"),
];

/// Groups whose jobs one statement reads.
const GROUPS_A_READ: usize = 500;

/// How often a lock is looked at that was given free between two looks.
const MAX_TRIES: usize = 5;

pub(super) async fn create(database: &dyn Database, job: &NewJob) -> Result<Job> {
    let sql = format!(
        "INSERT INTO publish_jobs (group_id, connection_id, storage_connection_id, status, request, asked_table, run_id, \
         lock_key, session_id, available_at, created_by, created_at, updated_at) \
         VALUES (?1, ?2, ?3, 'InProgress', ?4, ?5, ?6, ?7, ?8, {{now}}, ?9, {{now}}, {{now}}) \
         ON CONFLICT (lock_key) WHERE finished_at IS NULL DO NOTHING RETURNING {COLUMNS}"
    );
    let request = serde_json::to_string(&job.request).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The request has no JSON text").with_source(error)
    })?;
    let parameters: Vec<Cell> = vec![
        job.group.0.into(),
        job.request.connection.0.into(),
        job.request.output.storage_connection.map(|id| id.0).into(),
        request.into(),
        job.request.table.as_str().into(),
        job.run.as_str().into(),
        job.lock_key.as_str().into(),
        job.session_id.to_string().into(),
        job.created_by.0.into(),
    ];
    for _ in 0..MAX_TRIES {
        if let Some(row) = database.write(&sql, vec![parameters.clone()]).await?.first() {
            return read(row);
        }
        if let Some(holder) = holder(database, &job.lock_key).await? {
            return Err(busy(&job.request.table).with_context("job", holder));
        }
    }
    Err(busy(&job.request.table))
}

fn busy(table: &str) -> Error {
    Error::new(
        ErrorKind::Busy,
        "Another job publishes to this table; wait for it to end, or cancel it, then publish again",
    )
    .with_context("table", table)
}

async fn holder(database: &dyn Database, lock_key: &str) -> Result<Option<JobId>> {
    let sql = "SELECT id FROM publish_jobs WHERE lock_key = ?1 AND finished_at IS NULL";
    let rows = database.read(sql, vec![lock_key.into()]).await?;
    rows.first().map(|row| row.integer("id").map(JobId)).transpose()
}

pub(super) async fn get(database: &dyn Database, id: JobId) -> Result<Option<Job>> {
    let rows = database.read("SELECT * FROM publish_jobs WHERE id = ?1", vec![id.0.into()]).await?;
    rows.first().map(read).transpose()
}

pub(super) async fn list(database: &dyn Database, filter: &JobFilter, page: &Page) -> Result<Vec<Job>> {
    let (conditions, parameters) = match filter.group {
        Some(group) => (vec!["group_id = ?1"], vec![group.0.into()]),
        None => (vec![], vec![]),
    };
    let list = List { select: SELECT, columns: &SORTED, conditions, parameters };
    let (sql, parameters) = list.statement(page);
    database.read(&sql, parameters).await?.iter().map(read).collect()
}

pub(super) async fn of_groups(database: &dyn Database, groups: &[JobGroupId]) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for groups in groups.chunks(GROUPS_A_READ) {
        let places: Vec<String> = (1..=groups.len()).map(|at| format!("?{at}")).collect();
        let sql = format!("SELECT * FROM publish_jobs WHERE group_id IN ({}) ORDER BY id", places.join(", "));
        let rows = database.read(&sql, groups.iter().map(|group| group.0.into()).collect()).await?;
        for row in &rows {
            jobs.push(read(row)?);
        }
    }
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

pub(super) async fn publications(
    database: &dyn Database,
    group: JobGroupId,
    page: &Page,
) -> Result<Vec<Publication>> {
    let conditions = vec!["group_id = ?1", "status = 'Complete'"];
    let list = List { select: SELECT, columns: &SORTED, conditions, parameters: vec![group.0.into()] };
    let (sql, parameters) = list.statement(page);
    let rows = database.read(&sql, parameters).await?;
    let publications = rows.iter().map(|row| read(row).map(|job| Publication::of(&job)));
    publications.filter_map(Result::transpose).collect()
}

/// The job of a row.
pub(super) fn read(row: &Row) -> Result<Job> {
    let table = match (row.maybe_text("table_namespace")?, row.maybe_text("table_name")?) {
        (Some(namespace), Some(name)) => Some(TableName::new(namespace, name)),
        _ => None,
    };
    Ok(Job {
        id: JobId(row.integer("id")?),
        group: JobGroupId(row.integer("group_id")?),
        status: row.text("status")?.parse::<JobStatus>()?,
        request: row.json("request")?,
        run: RunId::parse(&row.text("run_id")?)?,
        session_id: row.text("session_id")?.parse().map_err(|_| unreadable("session_id"))?,
        percent: row.number("percent")?,
        error_message: row.maybe_text("error_message")?,
        table,
        row_count: row.maybe_number("row_count")?,
        cancel_requested: row.boolean("cancel_requested")?,
        owner: row.maybe_text("owner")?.map(ServerId::from),
        claim_count: row.number("claim_count")?,
        created_by: TokenId(row.integer("created_by")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        heartbeat_at: row.maybe_time("heartbeat_at")?,
        finished_at: row.maybe_time("finished_at")?,
    })
}
