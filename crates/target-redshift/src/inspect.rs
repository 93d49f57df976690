//! A table as it is: columns, version, what hangs on it.

use publish_core::{ColumnDef, Error, ErrorKind, Result, TableFound, TableName, TableSchema, TableState};
use sha2::{Digest, Sha256};

use crate::connect::{Answer, Link};
use crate::layout::{DistStyle, Layout};
use crate::sql::catalog;
use crate::surroundings::{Grant, Surroundings, ViewFound};
use crate::types::Declared;

/// Views on views are followed so deep.
const MAX_VIEW_DEPTH: usize = 16;

/// Looks a table up. Changes nothing.
pub(crate) async fn inspect(link: &Link, table: &TableName) -> Result<TableState> {
    let Some(relation) = relation(link, table).await? else { return Ok(TableState::Absent) };
    if relation.kind != "r" {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "Results are published to plain tables only; choose another name",
        )
        .with_context("table", table)
        .with_context(
            "there is",
            if relation.kind == "v" { "a view of this name" } else { "something else" },
        ));
    }
    let columns = columns(link, &relation.oid).await?;
    let version = version(&relation, &columns);
    let surroundings = surroundings(link, table, &relation, &columns).await?;
    let layout = link.ask(&catalog::layout(table)).await?;
    let defs = columns.iter().map(|column| column.def(&layout)).collect();
    let properties = crate::detail::to_value(&surroundings)?;
    Ok(TableState::Present(TableFound::new(TableSchema::new(defs), version).with_properties(properties)))
}

/// The version of a table, or `None` where there is none of this name.
pub(crate) async fn find_version(link: &Link, table: &TableName) -> Result<Option<String>> {
    let Some(relation) = relation(link, table).await? else { return Ok(None) };
    let columns = columns(link, &relation.oid).await?;
    Ok(Some(version(&relation, &columns)))
}

/// The digest of what hangs on a table, as a plan noted it.
pub(crate) async fn find_surroundings(link: &Link, table: &TableName) -> Result<Option<String>> {
    let Some(relation) = relation(link, table).await? else { return Ok(None) };
    let columns = columns(link, &relation.oid).await?;
    // Where rows are kept takes no part in the digest, and asking for it may fail, which would end the transaction.
    let found = essential_surroundings(link, table, &relation, &columns).await?;
    found.digest().map(Some)
}

struct Relation {
    oid: String,
    kind: String,
    owner: String,
    comment: Option<String>,
}

async fn relation(link: &Link, table: &TableName) -> Result<Option<Relation>> {
    let answer = link.ask(&catalog::relation(table)).await?;
    let Some(row) = answer.rows.into_iter().next() else { return Ok(None) };
    let mut values = row.into_iter();
    let mut next = || values.next().flatten();
    let (oid, kind, owner, comment) = (next(), next(), next(), next());
    match (oid, kind) {
        // The number stands in further questions as it is.
        (Some(oid), Some(kind)) if oid.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(Relation { oid, kind, owner: owner.unwrap_or_default(), comment }))
        }
        _ => Err(Error::new(ErrorKind::Unexpected, "The catalog has a table without a number")
            .with_context("table", table)),
    }
}

struct Column {
    name: String,
    sql_type: String,
    is_required: bool,
    default: Option<String>,
    comment: Option<String>,
}

impl Column {
    /// The column as the engine knows it. One whose values the service makes is declared as such, so that nothing is
    /// loaded into it.
    fn def(&self, layout: &Answer) -> ColumnDef {
        let of_view =
            layout.rows.iter().find(|row| row.first().and_then(Option::as_deref) == Some(&self.name));
        let told = of_view.and_then(|row| row.get(1).cloned().flatten());
        let default = self.default.as_ref().or(told.as_ref());
        let is_identity = default.is_some_and(|default| default.contains("identity"));
        let declared = Declared::parse(&self.sql_type).to_string();
        let sql_type = if is_identity { format!("{declared} IDENTITY") } else { declared };
        ColumnDef::new(&self.name, sql_type).with_nullable(!self.is_required).with_default(default.is_some())
    }
}

async fn columns(link: &Link, oid: &str) -> Result<Vec<Column>> {
    let answer = link.ask(&catalog::columns(oid)).await?;
    let column = |row: Vec<Option<String>>| {
        let mut values = row.into_iter();
        let mut next = || values.next().flatten();
        Column {
            name: next().unwrap_or_default(),
            sql_type: next().unwrap_or_default(),
            is_required: next().as_deref() == Some("t"),
            default: next(),
            comment: next(),
        }
    };
    Ok(answer.rows.into_iter().map(column).collect())
}

/// A digest of everything that is declared of a table. Where its rows are kept is no part of it: the service changes
/// that by itself.
fn version(relation: &Relation, columns: &[Column]) -> String {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    put(&relation.oid);
    put(&relation.kind);
    for column in columns {
        put(&column.name);
        put(&column.sql_type);
        put(if column.is_required { "required" } else { "" });
        put(column.default.as_deref().unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What hangs on a table, without where its rows are kept.
async fn essential_surroundings(
    link: &Link,
    table: &TableName,
    relation: &Relation,
    columns: &[Column],
) -> Result<Surroundings> {
    let mut grants = grants(link, table).await?;
    let of_columns = link.ask(&catalog::column_grants(table)).await?;
    for row in of_columns.rows {
        if let [Some(column), Some(privilege), Some(identity), Some(kind)] = row.as_slice() {
            grants.push(Grant {
                column: Some(column.clone()),
                privilege: privilege.clone(),
                identity: identity.clone(),
                identity_kind: kind.to_ascii_lowercase(),
                with_grant_option: false,
            });
        }
    }
    let comments = columns.iter().filter_map(|column| Some((column.name.clone(), column.comment.clone()?)));
    Ok(Surroundings {
        owner: relation.owner.clone(),
        comment: relation.comment.clone(),
        column_comments: comments.collect(),
        grants,
        views: views(link, &relation.oid).await?,
        ..Surroundings::default()
    })
}

async fn surroundings(
    link: &Link,
    table: &TableName,
    relation: &Relation,
    columns: &[Column],
) -> Result<Surroundings> {
    let mut found = essential_surroundings(link, table, relation, columns).await?;
    let (layout, unknown) = layout(link, table, relation).await?;
    found.layout = layout;
    found.unknown = unknown;
    let late = link.ask(&catalog::late_views(table)).await?;
    found.late_views = late
        .rows
        .iter()
        .filter_map(|row| Some(format!("{}.{}", row.first()?.as_deref()?, row.get(1)?.as_deref()?)))
        .collect();
    Ok(found)
}

async fn grants(link: &Link, table: &TableName) -> Result<Vec<Grant>> {
    let answer = link.ask(&catalog::grants(table)).await?;
    let grant = |row: &Vec<Option<String>>| {
        Some(Grant {
            column: None,
            privilege: row.first()?.clone()?,
            identity: row.get(1)?.clone()?,
            identity_kind: row.get(2)?.as_deref()?.to_ascii_lowercase(),
            with_grant_option: row.get(3).cloned().flatten().as_deref() == Some("t"),
        })
    };
    Ok(answer.rows.iter().filter_map(grant).collect())
}

/// The views that are bound to a table, and those that are bound to them, each after those that it needs.
async fn views(link: &Link, oid: &str) -> Result<Vec<ViewFound>> {
    let mut found: Vec<(String, ViewFound)> = Vec::new();
    let mut level = vec![oid.to_owned()];
    for depth in 0..MAX_VIEW_DEPTH {
        let mut next = Vec::new();
        for below in &level {
            let answer = link.ask(&catalog::bound_views(below)).await?;
            for row in answer.rows {
                let [Some(oid), Some(schema), Some(name), Some(owner), definition, column] = row.as_slice()
                else {
                    continue;
                };
                let column = column.clone().filter(|_| depth == 0);
                if let Some(at) = found.iter().position(|(known, _)| known == oid) {
                    let (oid, mut view) = found.remove(at);
                    view.columns.extend(column.filter(|column| !view.columns.contains(column)));
                    // A view that is met again further away comes after those that it was met through.
                    if next.contains(&oid) || depth > 0 {
                        found.push((oid, view));
                    } else {
                        found.insert(at, (oid, view));
                    }
                    continue;
                }
                let view = ViewFound {
                    name: TableName::new(schema, name),
                    owner: owner.clone(),
                    definition: definition.clone().unwrap_or_default(),
                    columns: column.into_iter().collect(),
                    comment: None,
                    grants: Vec::new(),
                };
                found.push((oid.clone(), view));
                next.push(oid.clone());
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    let mut views = Vec::with_capacity(found.len());
    for (_, mut view) in found {
        view.grants = grants(link, &view.name).await?;
        view.comment = relation(link, &view.name).await?.and_then(|relation| relation.comment);
        views.push(view);
    }
    Ok(views)
}

/// Where a table's rows are kept, and what of it could not be found out.
async fn layout(link: &Link, table: &TableName, relation: &Relation) -> Result<(Layout, Vec<String>)> {
    let answer = link.ask(&catalog::layout(table)).await?;
    let mut layout = Layout::default();
    let mut sorted: Vec<(i64, String)> = Vec::new();
    for row in &answer.rows {
        let value = |at: usize| row.get(at).and_then(Option::as_deref);
        let Some(name) = value(0) else { continue };
        if let Some(encoding) = value(2).filter(|encoding| is_chosen(encoding)) {
            layout.encodings.push((name.to_owned(), encoding.to_owned()));
        }
        if value(3) == Some("t") {
            layout.dist = DistStyle::Key(name.to_owned());
        }
        match value(4).and_then(|place| place.parse().ok()) {
            None | Some(0) => {}
            Some(place) => sorted.push((place, name.to_owned())),
        }
    }
    layout.is_interleaved = sorted.iter().any(|(place, _)| *place < 0);
    sorted.sort_by_key(|(place, _)| place.abs());
    layout.sort = sorted.into_iter().map(|(_, name)| name).collect();
    let mut unknown = Vec::new();
    if !matches!(layout.dist, DistStyle::Key(_)) {
        match dist_style(link, table, relation).await {
            Some(style) => layout.dist = style,
            None => unknown.push("the distribution style (DISTSTYLE AUTO is taken)".to_owned()),
        }
    }
    Ok((layout, unknown))
}

/// Encodings that the service chooses by itself are left to it.
fn is_chosen(encoding: &str) -> bool {
    !matches!(encoding.to_ascii_lowercase().as_str(), "" | "none" | "az64" | "lzo" | "auto")
}

/// The style of distribution. Reading it may be forbidden, or tell nothing of a table without rows.
async fn dist_style(link: &Link, table: &TableName, relation: &Relation) -> Option<DistStyle> {
    if let Ok(answer) = link.ask(&catalog::dist_style_number(&relation.oid)).await {
        // The manual's page "Viewing distribution styles".
        return match answer.number()? {
            0 => Some(DistStyle::Even),
            8 => Some(DistStyle::All),
            10..=12 => Some(DistStyle::Auto),
            _ => None,
        };
    }
    let answer = link.ask(&catalog::dist_style(table)).await.ok()?;
    let style = answer.value(0)?.to_ascii_uppercase();
    if style.starts_with("AUTO") {
        Some(DistStyle::Auto)
    } else if style.starts_with("EVEN") {
        Some(DistStyle::Even)
    } else if style.starts_with("ALL") {
        Some(DistStyle::All)
    } else {
        None
    }
}
