//! Whether other tables have files in a directory, asked before it is deleted.
//!
//! A metastore that the connection names answers by itself. Without one each table is described by SQL, one after the
//! other, which takes time, and shows only what the user may see.

use std::time::Duration;

use hive_metastore::is_directory_within;
use publish_core::{Error, ErrorKind, Location, Result, Retry, RunContext, TableName};
use tokio::time::Instant;

use super::{HiveSession, Stop};
use crate::ddl;
use crate::metastore::{self, metastore_error};

/// Tables and partitions that are described by SQL for one directory, at most.
const MOST_LOOKS: u32 = 5000;

/// Time for a look before what no reader ever saw is deleted.
const SHORT: Duration = Duration::from_secs(10);

/// Databases of Hive itself. Their tables show the metastore's own database, which not every server can reach.
const HIVES_OWN: [&str; 2] = ["sys", "information_schema"];

/// How sure it must be that nobody else has a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Proved: readers knew the directory. Without a proof it stays.
    Required,
    /// As far as a short look goes, in the database of the table that was to be published: no commit took the directory
    /// in. A table above it is no reason to leave rows there that were never published.
    Sought,
}

/// A table that has files in a directory, and where.
struct Reference {
    table: TableName,
    location: String,
}

/// How much may still be looked at.
struct Bounds {
    looks: u32,
    until: Instant,
}

impl Bounds {
    fn look(&mut self) -> Result<()> {
        if self.looks == 0 || Instant::now() >= self.until {
            return Err(Error::new(
                ErrorKind::TimedOut,
                "There are more tables and partitions than can be described in the time of a removal; name `metastore`, which is asked \
                 instead",
            )
            .with_context("described", MOST_LOOKS - self.looks)
            .with_context("most", MOST_LOOKS));
        }
        self.looks -= 1;
        Ok(())
    }
}

impl HiveSession {
    /// Fails if another table than `but` has files in `directory`, below it or above it; or if that can't be told where
    /// it must be proved. `near` is a table whose database is looked through first.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) that names the table, or why it can't be told. Never to be tried again by itself: a sweep
    /// does.
    pub(super) async fn check_unshared(
        &mut self,
        directory: &Location,
        near: &TableName,
        but: Option<&TableName>,
        proof: Proof,
        run: &RunContext,
    ) -> Result<()> {
        let found = if self.config.metastore.is_some() {
            self.metastore_reference(directory, near, but, proof, run).await
        } else {
            self.sql_reference(directory, near, but, proof, run).await
        };
        match (found, proof) {
            (Ok(None), _) => Ok(()),
            (Ok(Some(Reference { table, location })), _) => Err(Error::new(
                ErrorKind::Busy,
                "Another table has files in this directory, so it is left; drop that table or give it files of its own, then \
                 run `publish sweep`",
            )
            .with_context("table", table)
            .with_context("location", location)
            .with_context("directory", directory)),
            (Err(error), Proof::Sought) => {
                tracing::debug!(%directory, error = %error, "other tables of an unpublished directory can't be looked for");
                Ok(())
            }
            (Err(error), Proof::Required) => Err(Error::new(
                error.kind(),
                "It can't be told whether another table has this directory, so it is left; name `metastore` in the connection, \
                 or in `reference_databases` those whose tables may have it, then run `publish sweep`",
            )
            .with_retry(Retry::Never)
            .with_context("directory", directory)
            .with_source(error)),
        }
    }

    async fn metastore_reference(
        &mut self,
        directory: &Location,
        near: &TableName,
        but: Option<&TableName>,
        proof: Proof,
        run: &RunContext,
    ) -> Result<Option<Reference>> {
        let named = named_databases(&self.config.reference_databases, near);
        let databases: Vec<&str> = named.iter().map(String::as_str).collect();
        let asking = async {
            let mut metastore = metastore::connect(&self.config).await?;
            metastore.references(directory.as_str(), &databases).await.map_err(metastore_error)
        };
        let found = tokio::time::timeout(run.remaining() / 2, asking).await.map_err(|elapsed| {
            Error::new(ErrorKind::TimedOut, "The metastore does not answer in time; look at the server")
                .with_source(elapsed)
        })??;
        let found = found.into_iter().map(|found| Reference {
            table: TableName::new(found.database, found.table),
            location: found.location,
        });
        Ok(found
            .filter(|found| but.is_none_or(|but| !is_same_table(&found.table, but)))
            .find(|found| has_files(&found.location, directory, proof)))
    }

    async fn sql_reference(
        &mut self,
        directory: &Location,
        near: &TableName,
        but: Option<&TableName>,
        proof: Proof,
        run: &RunContext,
    ) -> Result<Option<Reference>> {
        let time = run.remaining() / 2;
        let time = if proof == Proof::Sought { time.min(SHORT) } else { time };
        let mut bounds = Bounds { looks: MOST_LOOKS, until: Instant::now() + time };
        for database in self.databases(near, proof, run).await? {
            let tables = match self.names(&ddl::show_tables(&database), run).await {
                // It was dropped meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                tables => tables?,
            };
            for table in tables {
                let table = TableName::new(&database, table);
                if but.is_some_and(|but| is_same_table(&table, but)) {
                    continue;
                }
                bounds.look()?;
                let location = self.location_within(&table, directory, proof, &mut bounds, run).await?;
                if let Some(location) = location {
                    return Ok(Some(Reference { table, location }));
                }
            }
        }
        Ok(None)
    }

    /// Where the table, or one of its partitions, has files in the directory.
    async fn location_within(
        &mut self,
        table: &TableName,
        directory: &Location,
        proof: Proof,
        bounds: &mut Bounds,
        run: &RunContext,
    ) -> Result<Option<String>> {
        let shared = |location: Option<&str>| {
            location.filter(|location| has_files(location, directory, proof)).map(ToOwned::to_owned)
        };
        let Some(description) = self.describe(table, run).await? else { return Ok(None) };
        if let Some(location) = shared(description.fact("Location")) {
            return Ok(Some(location));
        }
        if description.partition_columns.is_empty() {
            return Ok(None);
        }
        let partitions = match self.names(&ddl::show_partitions(table), run).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            partitions => partitions?,
        };
        for partition in partitions {
            bounds.look()?;
            let description = self.describe_partition(table, &partition, run).await?;
            if let Some(location) = description.and_then(|found| shared(found.fact("Location"))) {
                return Ok(Some(location));
            }
        }
        Ok(None)
    }

    /// The databases to look through.
    async fn databases(&mut self, near: &TableName, proof: Proof, run: &RunContext) -> Result<Vec<String>> {
        if proof == Proof::Sought {
            return Ok(vec![near.namespace.clone()]);
        }
        let named = named_databases(&self.config.reference_databases, near);
        if !named.is_empty() {
            return Ok(named);
        }
        let mut all = self.names(ddl::SHOW_DATABASES, run).await?;
        all.retain(|name| !HIVES_OWN.contains(&name.to_ascii_lowercase().as_str()));
        Ok(named_databases(&all, near))
    }

    /// The first column of a statement's rows.
    async fn names(&mut self, sql: &str, run: &RunContext) -> Result<Vec<String>> {
        let rows = self.server.rows(sql, None, Stop::OnCancel, run).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }
}

/// These databases, that of the table first: there it is likeliest. None stays none, which means all.
fn named_databases(names: &[String], near: &TableName) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let others = names.iter().filter(|name| !name.eq_ignore_ascii_case(&near.namespace));
    std::iter::once(&near.namespace).chain(others).cloned().collect()
}

fn is_same_table(one: &TableName, other: &TableName) -> bool {
    one.namespace.eq_ignore_ascii_case(&other.namespace) && one.name.eq_ignore_ascii_case(&other.name)
}

/// Whether a table at `location` has files in the directory.
fn has_files(location: &str, directory: &Location, proof: Proof) -> bool {
    let is_above = || is_directory_within(directory.as_str(), location);
    is_directory_within(location, directory.as_str()) || (proof == Proof::Required && is_above())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_above_count_where_readers_knew_the_directory() {
        let directory = Location::parse("hdfs://nn:8020/w/t.pub_r_1").unwrap();
        for (location, required, sought) in [
            ("hdfs://other/w/t.pub_r_1/", true, true),
            ("hdfs://nn/w/t.pub_r_1/p=1", true, true),
            ("file:/w", true, false),
            ("hdfs://nn/w/t.pub_r_10", false, false),
        ] {
            assert_eq!(has_files(location, &directory, Proof::Required), required, "{location}");
            assert_eq!(has_files(location, &directory, Proof::Sought), sought, "{location}");
        }
    }

    #[test]
    fn the_database_of_the_table_comes_first() {
        let near = TableName::new("sales", "t");
        let names = ["default".to_owned(), "Sales".to_owned(), "x".to_owned()];
        assert_eq!(named_databases(&names, &near), ["sales", "default", "x"]);
        assert!(named_databases(&[], &near).is_empty());
    }

    #[test]
    fn too_many_tables_are_no_proof() {
        let mut bounds = Bounds { looks: 1, until: Instant::now() + SHORT };
        bounds.look().unwrap();
        assert_eq!(bounds.look().unwrap_err().kind(), ErrorKind::TimedOut);
        let mut bounds = Bounds { looks: 1, until: Instant::now() };
        assert_eq!(bounds.look().unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
