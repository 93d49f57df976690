//! What is granted on a table that is replaced by another.

use publish_core::{Error, Result, TableName};

use super::act::Act;
use crate::ddl::{self, Grant};
use crate::session::{HiveSession, Stop};

/// Shows whether grants are enforced.
const ENFORCED: &str = "SET hive.security.authorization.enabled";

/// Gives the table that comes what was granted on the one that goes. Grants follow a table through its renames.
///
/// Hive shows everybody's grants to its role ADMIN alone, so that is taken where it may be. Where it may not, and grants are
/// enforced, nothing is replaced; where they are not enforced they count for nothing, and the report warns of it.
///
/// # Errors
/// Those of the statements. Nothing was changed but the table that comes.
pub(super) async fn give(session: &mut HiveSession, act: &Act<'_>, beside: &TableName) -> Result<()> {
    let Err(unseen) = copy(session, act, beside).await else { return Ok(()) };
    if run(session, act, "SET ROLE ADMIN").await.is_ok() {
        let copied = copy(session, act, beside).await;
        run(session, act, "SET ROLE ALL").await?;
        return copied;
    }
    let answer = session.server.rows(ENFORCED, None, Stop::OnCancel, act.run).await?;
    let is_off = answer.iter().flatten().flatten().any(|text| text.trim().ends_with("=false"));
    if is_off {
        act.run.warn(
            Error::new(
                unseen.kind(),
                "The grants of the table can't be seen, so the new one does not have them; Hive does not enforce them now, so \
                 nobody is shut out: give them again, let the user take the role ADMIN, or name `metastore` in the connection",
            )
            .with_context("table", &act.commit.table)
            .with_source(unseen),
        );
        return Ok(());
    }
    let message = "The grants of the table can't be seen, and must not be lost; let the user take the role ADMIN, or name \
                   `metastore` in the connection";
    Err(Error::new(unseen.kind(), message).with_context("table", &act.commit.table).with_source(unseen))
}

async fn copy(session: &mut HiveSession, act: &Act<'_>, beside: &TableName) -> Result<()> {
    let wanted = shown(session, act, &act.commit.table).await?;
    let there = shown(session, act, beside).await?;
    let missing = wanted.iter().filter(|grant| {
        let is_kept = grant.column.is_empty()
            || act.commit.columns.columns.iter().any(|column| column.name == grant.column);
        is_kept && !there.contains(grant)
    });
    for grant in missing {
        run(session, act, &grant.statement(beside)).await?;
    }
    Ok(())
}

async fn shown(session: &mut HiveSession, act: &Act<'_>, table: &TableName) -> Result<Vec<Grant>> {
    let rows = session.server.rows(&ddl::show_grants(table), None, Stop::OnCancel, act.run).await?;
    Ok(rows.iter().filter_map(|row| Grant::read(row)).collect())
}

async fn run(session: &mut HiveSession, act: &Act<'_>, statement: &str) -> Result<()> {
    session.server.run(statement, None, Stop::OnCancel, act.run).await
}
