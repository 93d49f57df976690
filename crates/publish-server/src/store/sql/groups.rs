//! Job groups.

use publish_core::{Error, ErrorKind, Result};

use super::list::List;
use crate::store::database::{Cell, Database, Row, unreadable};
use crate::{JobGroup, JobGroupId, JobStatus, NewJobGroup, Page, SortField, TokenId};

const SELECT: &str = "SELECT * FROM publish_job_group_states";

const COLUMNS: [(SortField, &str); 6] = [
    (SortField::Id, "id"),
    (SortField::Name, "name"),
    (SortField::Kind, "description"),
    (SortField::Status, "status"),
    (SortField::CreatedAt, "created_at"),
    (SortField::UpdatedAt, "updated_at"),
];

pub(super) async fn create(database: &dyn Database, group: &NewJobGroup) -> Result<JobGroup> {
    let sql = "INSERT INTO publish_job_groups (name, description, outputs, created_by, created_at)
        VALUES (?1, ?2, ?3, ?4, {now}) RETURNING id, created_at";
    let outputs = serde_json::to_string(&group.outputs).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The outputs have no JSON text").with_source(error)
    })?;
    let parameters = vec![
        group.name.clone().into(),
        group.description.clone().into(),
        outputs.into(),
        group.created_by.0.into(),
    ];
    let rows = database.write(sql, vec![parameters]).await?;
    let row = rows.first().ok_or_else(|| unreadable("id"))?;
    let created_at = row.time("created_at")?;
    Ok(JobGroup {
        id: JobGroupId(row.integer("id")?),
        name: group.name.clone(),
        description: group.description.clone(),
        outputs: group.outputs.clone(),
        status: JobStatus::Complete,
        created_by: group.created_by,
        created_at,
        updated_at: created_at,
    })
}

pub(super) async fn get(database: &dyn Database, id: JobGroupId) -> Result<Option<JobGroup>> {
    let sql = "SELECT * FROM publish_job_group_states WHERE id = ?1";
    database.read(sql, vec![id.0.into()]).await?.first().map(read).transpose()
}

pub(super) async fn list(database: &dyn Database, page: &Page) -> Result<Vec<JobGroup>> {
    let list =
        List { select: SELECT, columns: &COLUMNS, conditions: Vec::new(), parameters: Vec::<Cell>::new() };
    let (sql, parameters) = list.statement(page);
    database.read(&sql, parameters).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<JobGroup> {
    Ok(JobGroup {
        id: JobGroupId(row.integer("id")?),
        name: row.maybe_text("name")?,
        description: row.maybe_text("description")?,
        outputs: row.json("outputs")?,
        status: row.text("status")?.parse()?,
        created_by: TokenId(row.integer("created_by")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
