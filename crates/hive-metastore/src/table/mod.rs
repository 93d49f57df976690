//! A table's definition: typed views over the fields as they came.

mod column;
mod parameters;

use hive_thrift::codec::{Record, Wire, WireError};

use crate::error::{Error, ErrorKind, Result};

pub use column::Column;
use parameters::Parameters;

/// Field ids of the metastore's `Table` and `StorageDescriptor`.
mod id {
    pub(super) const NAME: i16 = 1;
    pub(super) const DATABASE: i16 = 2;
    pub(super) const OWNER: i16 = 3;
    pub(super) const CREATED: i16 = 4;
    pub(super) const STORAGE: i16 = 7;
    pub(super) const PARTITION_KEYS: i16 = 8;
    pub(super) const PARAMETERS: i16 = 9;
    pub(super) const VIEW_TEXT: i16 = 10;
    pub(super) const KIND: i16 = 12;

    pub(super) const COLUMNS: i16 = 1;
    pub(super) const LOCATION: i16 = 2;
    pub(super) const INPUT_FORMAT: i16 = 3;
    pub(super) const SERDE: i16 = 7;
    pub(super) const LIBRARY: i16 = 2;
}

/// A table or view as the metastore has it.
///
/// What is not set here goes back to the metastore byte for byte, fields unknown to this client included.
#[derive(Clone, PartialEq)]
pub struct Table {
    record: Record,
}

impl Table {
    pub(crate) fn new(record: Record) -> Self {
        Self { record }
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// The table's name, in lower case.
    ///
    /// # Errors
    ///
    /// Protocol when the metastore sent none; so for all that follow here.
    pub fn name(&self) -> Result<String> {
        self.needed(id::NAME)
    }

    /// The database's name.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn database(&self) -> Result<String> {
        self.needed(id::DATABASE)
    }

    /// Who owns the table.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn owner(&self) -> Result<Option<String>> {
        self.field(id::OWNER)
    }

    /// When it was created, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn create_time(&self) -> Result<Option<i32>> {
        self.field(id::CREATED)
    }

    /// What it is: `MANAGED_TABLE`, `EXTERNAL_TABLE`, `VIRTUAL_VIEW` or `MATERIALIZED_VIEW`.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn table_type(&self) -> Result<String> {
        self.needed(id::KIND)
    }

    /// The text of a view's query, as it was written.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn view_text(&self) -> Result<Option<String>> {
        self.field(id::VIEW_TEXT)
    }

    /// The columns, without those of the partitions.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn columns(&self) -> Result<Vec<Column>> {
        let storage = self.storage()?;
        readable(storage.get::<Vec<Record>>(id::COLUMNS))?
            .unwrap_or_default()
            .iter()
            .map(Column::read)
            .collect()
    }

    /// The columns by which the table is partitioned.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn partition_keys(&self) -> Result<Vec<Column>> {
        let keys = self.field::<Vec<Record>>(id::PARTITION_KEYS)?;
        keys.unwrap_or_default().iter().map(Column::read).collect()
    }

    /// The directory with the table's files. A view has none.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn location(&self) -> Result<Option<String>> {
        readable(self.storage()?.get(id::LOCATION))
    }

    /// The class that reads the files.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn input_format(&self) -> Result<Option<String>> {
        readable(self.storage()?.get(id::INPUT_FORMAT))
    }

    /// The class that makes rows of what is read.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn serde(&self) -> Result<Option<String>> {
        match readable(self.storage()?.get::<Record>(id::SERDE))? {
            Some(serde) => readable(serde.get(id::LIBRARY)),
            None => Ok(None),
        }
    }

    /// The value of a table property.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn parameter(&self, key: &str) -> Result<Option<String>> {
        Ok(self.parameters()?.get(key))
    }

    /// Keys and values of the table properties, in the order in which they came.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn all_parameters(&self) -> Result<Vec<(String, String)>> {
        Ok(self.parameters()?.all())
    }

    /// Gives the table another name: writing it back under its old name renames it. The metastore may move its directory.
    pub fn set_name(&mut self, name: impl Into<String>) {
        self.record.set(id::NAME, &name.into());
    }

    /// Replaces the columns, without those of the partitions.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn set_columns(&mut self, columns: &[Column]) -> Result<()> {
        let columns: Vec<Record> = columns.iter().map(Column::record).collect();
        self.set_in_storage(id::COLUMNS, &columns)
    }

    /// Sets the directory with the table's files. The metastore moves nothing.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn set_location(&mut self, location: impl Into<String>) -> Result<()> {
        self.set_in_storage(id::LOCATION, &location.into())
    }

    /// Sets a table property.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn set_parameter(&mut self, key: impl Into<String>, value: impl Into<String>) -> Result<()> {
        let mut parameters = self.parameters()?;
        parameters.set(key.into(), value.into());
        self.record.set(id::PARAMETERS, &parameters);
        Ok(())
    }

    /// Takes a table property out, if it is there.
    ///
    /// # Errors
    ///
    /// As [`name`](Self::name).
    pub fn remove_parameter(&mut self, key: &str) -> Result<()> {
        let mut parameters = self.parameters()?;
        parameters.remove(key);
        self.record.set(id::PARAMETERS, &parameters);
        Ok(())
    }

    fn field<T: Wire>(&self, id: i16) -> Result<Option<T>> {
        readable(self.record.get(id))
    }

    fn needed<T: Wire>(&self, id: i16) -> Result<T> {
        readable(self.record.get(id).and_then(|value| value.ok_or(WireError::new("a table lacks a field"))))
    }

    fn storage(&self) -> Result<Record> {
        Ok(self.field(id::STORAGE)?.unwrap_or_default())
    }

    fn set_in_storage<T: Wire>(&mut self, id: i16, value: &T) -> Result<()> {
        let mut storage = self.storage()?;
        storage.set(id, value);
        self.record.set(id::STORAGE, &storage);
        Ok(())
    }

    fn parameters(&self) -> Result<Parameters> {
        Ok(self.field(id::PARAMETERS)?.unwrap_or_default())
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Properties can hold secrets, so they are not shown.
        f.debug_struct("Table")
            .field("database", &self.database().unwrap_or_default())
            .field("name", &self.name().unwrap_or_default())
            .finish_non_exhaustive()
    }
}

fn readable<T>(value: Result<T, WireError>) -> Result<T> {
    value.map_err(|error| {
        let message = "A table that the metastore sent cannot be read; check its version";
        Error::new(ErrorKind::Protocol, message).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut serde = Record::default();
        serde.set(id::LIBRARY, &"a.SerDe".to_owned());
        let mut storage = Record::default();
        storage.set(99, &vec![1_i64, 2]);
        storage.set(id::COLUMNS, &vec![Column::new("a", "int").record()]);
        storage.set(id::LOCATION, &"hdfs://n/old".to_owned());
        storage.set(id::SERDE, &serde);
        let mut record = Record::default();
        record.set(id::NAME, &"t".to_owned());
        record.set(id::DATABASE, &"d".to_owned());
        record.set(id::STORAGE, &storage);
        record.set(1234, &"of a newer server".to_owned());
        Table::new(record)
    }

    #[test]
    fn a_change_that_is_taken_back_leaves_the_same_bytes() {
        let original = table();
        let mut changed = original.clone();
        changed.set_columns(&[Column::new("b", "string")]).expect("columns");
        changed.set_location("hdfs://n/new").expect("location");
        assert_ne!(changed, original);
        assert_eq!(changed.location().expect("readable").as_deref(), Some("hdfs://n/new"));
        changed.set_columns(&original.columns().expect("columns")).expect("columns");
        changed.set_location("hdfs://n/old").expect("location");
        assert_eq!(changed, original);
    }

    #[test]
    fn a_table_without_its_name_is_an_error_and_not_a_panic() {
        let empty = Table::new(Record::default());
        assert_eq!(empty.name().expect_err("no name").kind(), ErrorKind::Protocol);
        assert_eq!(empty.location().expect("none"), None);
        assert_eq!(empty.columns().expect("none"), []);
    }
}
