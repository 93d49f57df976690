//! Connections.

use publish_core::{Error, ErrorKind, Result};

use super::list::List;
use crate::store::database::{Cell, Database, Row, unreadable};
use crate::{Connection, ConnectionId, Page, SortField, TokenId};

const SELECT: &str = "SELECT * FROM publish_connections";

const COLUMNS: [(SortField, &str); 5] = [
    (SortField::Id, "id"),
    (SortField::Name, "name"),
    (SortField::Kind, "vendor"),
    (SortField::CreatedAt, "created_at"),
    (SortField::UpdatedAt, "updated_at"),
];

pub(super) async fn reserve(database: &dyn Database) -> Result<ConnectionId> {
    let sql = "INSERT INTO publish_connection_ids (taken_at) VALUES ({now}) RETURNING id";
    let rows = database.write(sql, vec![Vec::new()]).await?;
    rows.first().ok_or_else(|| unreadable("id"))?.integer("id").map(ConnectionId)
}

pub(super) async fn insert(database: &dyn Database, connection: &Connection) -> Result<Connection> {
    let sql = "INSERT INTO publish_connections
        (id, vendor, name, host, port, params, credential_type, credentials, created_by, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, {now}, {now}) RETURNING *";
    let params = serde_json::Value::Object(connection.params.clone()).to_string();
    let parameters = vec![
        connection.id.0.into(),
        connection.vendor.as_str().into(),
        connection.name.as_str().into(),
        connection.host.clone().into(),
        connection.port.map(i64::from).into(),
        params.into(),
        connection.credential_type.clone().into(),
        connection.credentials.clone().into(),
        connection.created_by.0.into(),
    ];
    let rows = database.write(sql, vec![parameters]).await?;
    read(rows.first().ok_or_else(|| unreadable("id"))?)
}

pub(super) async fn get(database: &dyn Database, id: ConnectionId) -> Result<Option<Connection>> {
    let rows = database.read("SELECT * FROM publish_connections WHERE id = ?1", vec![id.0.into()]).await?;
    rows.first().map(read).transpose()
}

pub(super) async fn list(database: &dyn Database, page: &Page) -> Result<Vec<Connection>> {
    let conditions = if page.include_deleted { vec![] } else { vec!["deleted_at IS NULL"] };
    let list = List { select: SELECT, columns: &COLUMNS, conditions, parameters: Vec::<Cell>::new() };
    let (sql, parameters) = list.statement(page);
    database.read(&sql, parameters).await?.iter().map(read).collect()
}

pub(super) async fn delete(database: &dyn Database, id: ConnectionId) -> Result<bool> {
    let sql = "UPDATE publish_connections SET deleted_at = {now}, updated_at = {now}, credentials = NULL
        WHERE id = ?1 AND deleted_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM publish_jobs j WHERE j.finished_at IS NULL
            AND (j.connection_id = ?1 OR j.storage_connection_id = ?1))
        RETURNING id";
    if !database.write(sql, vec![vec![id.0.into()]]).await?.is_empty() {
        return Ok(true);
    }
    let sql = "SELECT id FROM publish_jobs WHERE finished_at IS NULL
        AND (connection_id = ?1 OR storage_connection_id = ?1) ORDER BY id LIMIT 1";
    match database.read(sql, vec![id.0.into()]).await?.first() {
        None => Ok(false),
        Some(row) => {
            Err(Error::new(ErrorKind::Busy, "A job uses this connection; wait for it to end, or cancel it")
                .with_context("connection", id)
                .with_context("job", row.integer("id")?))
        }
    }
}

fn read(row: &Row) -> Result<Connection> {
    Ok(Connection {
        id: ConnectionId(row.integer("id")?),
        vendor: row.text("vendor")?,
        name: row.text("name")?,
        host: row.maybe_text("host")?,
        port: row.maybe_number("port")?,
        params: row.json("params")?,
        credential_type: row.maybe_text("credential_type")?,
        credentials: row.maybe_bytes("credentials")?,
        created_by: TokenId(row.integer("created_by")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        deleted_at: row.maybe_time("deleted_at")?,
    })
}
