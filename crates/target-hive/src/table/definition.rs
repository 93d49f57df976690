//! A table as it is: columns, kind, format, location, and a version that changes with its definition.

use std::collections::BTreeMap;

use publish_core::{ColumnDef, Error, ErrorKind, Location, Result, TableFound, TableName, TableSchema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Description, TableFormat, TableKind};

/// Properties that change with the rows, or with every statement.
const PASSING: [&str; 9] = [
    "COLUMN_STATS_ACCURATE",
    "numFiles",
    "numFilesErasureCoded",
    "numPartitions",
    "numRows",
    "rawDataSize",
    "totalSize",
    "transient_lastDdlTime",
    "last_modified_time",
];

/// The property of a view that names the table that it shows, in the same database.
pub(crate) const SHOWN_PROPERTY: &str = "publish.table";

/// What a plan and a session need to know of a table beside its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HiveTable {
    pub(crate) kind: TableKind,
    pub(crate) format: TableFormat,
    /// Where its files are. A view has none.
    pub(crate) location: Option<Location>,
    /// Whether `DROP` deletes the files.
    pub(crate) purge: bool,
    pub(crate) owner: String,
    /// The table that a view shows, where a publish made the view.
    #[serde(default)]
    pub(crate) shown: Option<String>,
    /// `TBLPROPERTIES`, as far as they belong to the definition.
    pub(crate) properties: BTreeMap<String, String>,
}

impl HiveTable {
    /// Reads what `DESCRIBE FORMATTED` said.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the table's location is no address.
    pub(crate) fn of(description: &Description) -> Result<Self> {
        let location = description.fact("Location").map(Location::parse).transpose()?;
        let kind = kind(description);
        let purge = kind == TableKind::InsertOnly || description.is_set("external.table.purge");
        let properties = lasting(&description.parameters).map(|(key, value)| (key.clone(), value.clone()));
        Ok(Self {
            format: format(description),
            location,
            purge,
            owner: description.fact("Owner").unwrap_or_default().to_owned(),
            shown: description.parameter(SHOWN_PROPERTY).map(ToOwned::to_owned),
            properties: properties.collect(),
            kind,
        })
    }

    /// The table in the words of the engine.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn found(description: &Description) -> Result<TableFound> {
        let table = Self::of(description)?;
        let columns = description.columns.iter().map(|(name, hive, _)| ColumnDef::new(name, hive));
        let properties = serde_json::to_value(&table).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The table's properties have no JSON form").with_source(error)
        })?;
        Ok(TableFound::new(TableSchema::new(columns.collect()), version(description))
            .with_properties(properties))
    }

    /// Reads back what [`found`](Self::found) put into the engine's words.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if another target found the table.
    pub(crate) fn from_found(found: &TableFound) -> Result<Self> {
        Self::deserialize(&found.properties).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The table was not found by this target").with_source(error)
        })
    }

    /// Where its files are.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if it has none.
    pub(crate) fn location(&self, table: &TableName) -> Result<&Location> {
        self.location.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "The table has no location; results are published to tables of files",
            )
            .with_context("table", table)
        })
    }
}

/// A digest of everything that is declared of a table. Where its files are is not: a replace changes that.
pub(crate) fn version(description: &Description) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    for (name, hive, comment) in description.columns.iter().chain(&description.partition_columns) {
        [name, hive, comment].into_iter().for_each(|part| add(part));
    }
    for fact in
        ["Table Type", "SerDe Library", "InputFormat", "OutputFormat", "Num Buckets", "Bucket Columns"]
    {
        add(description.fact(fact).unwrap_or_default());
    }
    for (key, value) in lasting(&description.parameters).chain(&description.storage_parameters) {
        add(key);
        add(value);
    }
    add(description.fact("Expanded Query").unwrap_or_default());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Properties that belong to the definition.
fn lasting(parameters: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    parameters.iter().filter(|(key, _)| {
        !PASSING.contains(&key.as_str()) && key.as_str() != "last_modified_by" && !key.starts_with("publish.")
    })
}

fn kind(description: &Description) -> TableKind {
    let table_type = description.fact("Table Type").unwrap_or_default();
    match table_type {
        "VIRTUAL_VIEW" => return TableKind::View,
        "MATERIALIZED_VIEW" => return TableKind::MaterializedView,
        _ => {}
    }
    if let Some(handler) = description.parameter("storage_handler") {
        return TableKind::Handler(handler.to_owned());
    }
    if !description.partition_columns.is_empty() {
        let names = description.partition_columns.iter().map(|(name, ..)| name.clone());
        return TableKind::Partitioned(names.collect());
    }
    let buckets = description.fact("Bucket Columns").unwrap_or("[]");
    if buckets != "[]" {
        return TableKind::Bucketed(buckets.trim_matches(['[', ']']).to_owned());
    }
    match table_type {
        "EXTERNAL_TABLE" if description.is_set("TRANSLATED_TO_EXTERNAL") => TableKind::Translated,
        "EXTERNAL_TABLE" => TableKind::External,
        "MANAGED_TABLE" if description.is_set("transactional") => {
            let is_insert_only = description.parameter("transactional_properties") == Some("insert_only");
            if is_insert_only { TableKind::InsertOnly } else { TableKind::FullAcid }
        }
        "MANAGED_TABLE" => TableKind::Managed,
        other => TableKind::Other(other.to_owned()),
    }
}

fn format(description: &Description) -> TableFormat {
    let serde = description.fact("SerDe Library").unwrap_or_default();
    let has = |name: &str| {
        description.parameter(name).is_some() || description.storage_parameters.contains_key(name)
    };
    match serde.rsplit('.').next().unwrap_or_default() {
        "ParquetHiveSerDe" if description.is_set("parquet.column.index.access") => {
            TableFormat::Other("Parquet read by position (parquet.column.index.access)".to_owned())
        }
        "ParquetHiveSerDe" => TableFormat::Parquet,
        "AvroSerDe" if has("avro.schema.literal") || has("avro.schema.url") => TableFormat::Other(
            "Avro by a schema of its own (avro.schema.literal or avro.schema.url)".to_owned(),
        ),
        "AvroSerDe" => TableFormat::Avro,
        _ => TableFormat::Other(serde.to_owned()),
    }
}

#[cfg(test)]
mod tests;
