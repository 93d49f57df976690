//! Which tables and partitions point at a directory.

use crate::error::{Error, ErrorKind, Result};
use crate::metastore::{Metastore, named};
use crate::protocol::messages::{
    Capabilities, Filter, GetDatabases, GetPartitions, GetPartitionsRequest, GetTableNames, GetTables,
    GetTablesRequest, PartitionSpec, Projection,
};
use crate::table::Table;

/// Tables in one answer. A wide table is some 10 KB.
const PAGE: usize = 200;

/// A table with files in a directory, or in one below or above it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reference {
    /// The table's database.
    pub database: String,
    /// The table.
    pub table: String,
    /// The directory of the table, or of one of its partitions.
    pub location: String,
    /// Whether it is a partition's.
    pub is_partition: bool,
}

impl Metastore {
    /// Finds every table and partition that has files at `directory`, below it, or above it (so that its files would be
    /// among the table's). `databases` are those to look through; none means all.
    ///
    /// Only paths are compared, not the file system before them: a name node has several names.
    ///
    /// Costs one call for the names of a database's tables, one for each 200 tables, and one for each partitioned table, whose
    /// partitions come without their columns.
    ///
    /// # Errors
    ///
    /// Any: then nothing is known, and nothing should be deleted. A table that is dropped meanwhile is no error.
    pub async fn references(&mut self, directory: &str, databases: &[&str]) -> Result<Vec<Reference>> {
        let databases = match databases {
            [] => self.channel().call(&GetDatabases { pattern: "*".to_owned() }).await?,
            named => named.iter().map(|name| (*name).to_owned()).collect(),
        };
        let mut found = Vec::new();
        for database in databases {
            let names = self.channel().call(&GetTableNames { database: database.clone() }).await?;
            for page in names.chunks(PAGE) {
                let request = GetTablesRequest {
                    database: database.clone(),
                    tables: page.to_vec(),
                    capabilities: Capabilities::ours(),
                };
                let tables = match self.channel().call(&GetTables { request }).await {
                    Ok(reply) => reply.tables,
                    Err(error) if error.kind() == ErrorKind::NotFound => break,
                    Err(error) => return Err(error.with_context("database", &database)),
                };
                for table in tables {
                    self.look_at(&Table::new(table), directory, &mut found).await?;
                }
            }
        }
        Ok(found)
    }

    async fn look_at(&mut self, table: &Table, directory: &str, found: &mut Vec<Reference>) -> Result<()> {
        let (database, name) = (table.database()?, table.name()?);
        let reference = |location: String, is_partition| Reference {
            database: database.clone(),
            table: name.clone(),
            location,
            is_partition,
        };
        let is_partitioned = !table.partition_keys()?.is_empty();
        if let Some(location) = table.location()?
            && touches(&location, directory)
        {
            found.push(reference(location, false));
        }
        if is_partitioned {
            for location in self.partition_locations(&database, &name).await? {
                if touches(&location, directory) {
                    found.push(reference(location, true));
                }
            }
        }
        Ok(())
    }

    async fn partition_locations(&mut self, database: &str, table: &str) -> Result<Vec<String>> {
        let request = GetPartitionsRequest {
            database: database.to_owned(),
            table: table.to_owned(),
            projection: Projection { fields: vec!["sd.location".to_owned()] },
            filter: Filter {},
        };
        let reply = match self.channel().call(&GetPartitions { request }).await {
            Ok(reply) => reply,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(named(error, database, table)),
        };
        let mut locations = Vec::new();
        for spec in reply.specs {
            add_locations(spec, &mut locations).map_err(|error| named(error, database, table))?;
        }
        Ok(locations)
    }
}

fn add_locations(spec: PartitionSpec, locations: &mut Vec<String>) -> Result<()> {
    // A partition whose place is not told could be anywhere.
    let unknown =
        || Error::new(ErrorKind::Protocol, "The metastore does not tell where a partition's files are");
    if let Some(shared) = spec.shared {
        let base = shared.storage.and_then(|storage| storage.location).or(spec.root).ok_or_else(unknown)?;
        for partition in shared.partitions {
            let path = partition.path.ok_or_else(unknown)?;
            locations.push(format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')));
        }
    }
    for partition in spec.listed.map(|listed| listed.partitions).unwrap_or_default() {
        locations.push(partition.storage.and_then(|storage| storage.location).ok_or_else(unknown)?);
    }
    Ok(())
}

/// Whether one of two directories is the other or lies below it.
fn touches(location: &str, directory: &str) -> bool {
    is_directory_within(location, directory) || is_directory_within(directory, location)
}

/// Whether a directory is another or lies below it, both as a metastore names them.
///
/// Only paths are compared, by whole names, not the file system before them: a name node has several names.
///
/// ```
/// use hive_metastore::is_directory_within;
///
/// assert!(is_directory_within("hdfs://nn:8020/w/t/p=1", "hdfs://cluster/w/t/"));
/// assert!(!is_directory_within("hdfs://nn/w/t_v10", "hdfs://nn/w/t_v1"));
/// ```
pub fn is_directory_within(inner: &str, outer: &str) -> bool {
    path_of(inner).strip_prefix(path_of(outer)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of a URI without the slashes at its end.
fn path_of(location: &str) -> &str {
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
        // `file:/tmp` has no authority.
        None => location.find('/').map_or(location, |slash| &location[slash..]),
    };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_compared_by_whole_names_and_without_their_host() {
        let directory = "hdfs://nn:8020/w/t_v1/";
        for location in
            ["hdfs://nn:8020/w/t_v1", "hdfs://other/w/t_v1/", "file:/w/t_v1/p=1", "hdfs://nn/w", "/w"]
        {
            assert!(touches(location, directory), "{location}");
        }
        for location in ["hdfs://nn/w/t_v10", "hdfs://nn/w/t_v", "hdfs://nn/v/t_v1"] {
            assert!(!touches(location, directory), "{location}");
        }
    }

    #[test]
    fn a_table_at_the_root_touches_everything() {
        assert!(touches("hdfs://nn/", "/w/t"));
    }
}
