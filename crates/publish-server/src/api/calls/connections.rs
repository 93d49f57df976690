//! Connections: making, showing and deleting them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::address::{Id, List, Parameters};
use super::super::exception::Exception;
use super::super::json::JsonBody;
use super::super::shapes::{ConnectionShape, Data, new_connection};
use super::super::{Api, Caller};
use crate::ConnectionId;

/// `POST /v4/connections`.
pub(super) async fn create(
    State(api): State<Api>,
    Caller(caller): Caller,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<ConnectionShape>), Exception> {
    parameters.none()?;
    let connection = api.connections.create(&new_connection(body, caller)?).await?;
    tracing::info!(connection = %connection.id, vendor = connection.vendor, "connection made");
    Ok((StatusCode::CREATED, Json(connection.into())))
}

/// `GET /v4/connections`.
pub(super) async fn list(
    State(api): State<Api>,
    parameters: Parameters,
) -> Result<Json<Data<Vec<ConnectionShape>>>, Exception> {
    let (page, _) = parameters.list(&List::CONNECTIONS)?;
    let connections = api.store.connections(&page).await?;
    Ok(Json(Data { data: connections.into_iter().map(ConnectionShape::from).collect() }))
}

/// `GET /v4/connections/{id}`.
pub(super) async fn get(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<ConnectionShape>, Exception> {
    parameters.none()?;
    let found = api.store.connection(ConnectionId(id)).await?.filter(|found| found.deleted_at.is_none());
    found.map(|found| Json(found.into())).ok_or_else(|| unknown(id))
}

/// `DELETE /v4/connections/{id}`.
pub(super) async fn delete(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<StatusCode, Exception> {
    parameters.none()?;
    if api.store.delete_connection(ConnectionId(id)).await? {
        tracing::info!(connection = id, "connection deleted");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown(id))
    }
}

fn unknown(id: i64) -> Exception {
    Exception::not_found(format!("There is no connection {id}; GET /v4/connections lists them"))
}
