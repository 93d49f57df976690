//! Access tokens.

use publish_core::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::store::database::{Database, Row, unreadable};
use crate::{AccessToken, NewToken, TokenId};

pub(super) async fn create(database: &dyn Database, token: &NewToken) -> Result<AccessToken> {
    let sql =
        "INSERT INTO publish_tokens (name, kind, hash, scope, created_at) VALUES (?1, ?2, ?3, ?4, {now})
        ON CONFLICT (name) DO NOTHING RETURNING *";
    let parameters = vec![
        token.name.as_str().into(),
        word(&token.kind)?.into(),
        token.hash.as_str().into(),
        word(&token.scope)?.into(),
    ];
    let rows = database.write(sql, vec![parameters]).await?;
    let row = rows.first().ok_or_else(|| {
        Error::new(
            ErrorKind::AlreadyExists,
            "There is a token of this name; remove it, or name the new one otherwise",
        )
        .with_context("name", &token.name)
    })?;
    read(row)
}

pub(super) async fn all(database: &dyn Database) -> Result<Vec<AccessToken>> {
    let rows = database.read("SELECT * FROM publish_tokens ORDER BY name", Vec::new()).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn by_name(database: &dyn Database, name: &str) -> Result<Option<AccessToken>> {
    let rows = database.read("SELECT * FROM publish_tokens WHERE name = ?1", vec![name.into()]).await?;
    rows.first().map(read).transpose()
}

pub(super) async fn by_hash(database: &dyn Database, hash: &str) -> Result<Option<AccessToken>> {
    let rows = database.read("SELECT * FROM publish_tokens WHERE hash = ?1", vec![hash.into()]).await?;
    rows.first().map(read).transpose()
}

pub(super) async fn delete(database: &dyn Database, name: &str) -> Result<bool> {
    let sql = "DELETE FROM publish_tokens WHERE name = ?1 RETURNING id";
    Ok(!database.write(sql, vec![vec![name.into()]]).await?.is_empty())
}

fn read(row: &Row) -> Result<AccessToken> {
    Ok(AccessToken {
        id: TokenId(row.integer("id")?),
        name: row.text("name")?,
        kind: serde_json::from_value(Value::String(row.text("kind")?)).map_err(|_| unreadable("kind"))?,
        hash: row.text("hash")?,
        scope: serde_json::from_value(Value::String(row.text("scope")?)).map_err(|_| unreadable("scope"))?,
        created_at: row.time("created_at")?,
    })
}

/// The word by which a kind or a scope is kept.
fn word(value: &impl serde::Serialize) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|_| unreadable("kind"))?;
    value.as_str().map(str::to_owned).ok_or_else(|| unreadable("kind"))
}
