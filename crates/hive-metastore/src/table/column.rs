//! A column as the metastore describes it.

use hive_thrift::codec::Record;

use super::readable;
use crate::error::Result;

/// A column: name, Hive type and comment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The name. The metastore keeps it in lower case.
    pub name: String,
    /// The type as Hive writes it, such as `decimal(12,2)` or `array<string>`, in lower case and without spaces.
    pub hive_type: String,
    /// What it means, if somebody said so.
    pub comment: Option<String>,
}

impl Column {
    /// A column without a comment.
    pub fn new(name: impl Into<String>, hive_type: impl Into<String>) -> Self {
        Self { name: name.into(), hive_type: hive_type.into(), comment: None }
    }

    /// Says what the column means.
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    pub(super) fn read(record: &Record) -> Result<Self> {
        Ok(Self {
            name: readable(record.get(1))?.unwrap_or_default(),
            hive_type: readable(record.get(2))?.unwrap_or_default(),
            comment: readable(record.get(3))?,
        })
    }

    pub(super) fn record(&self) -> Record {
        let mut record = Record::default();
        record.set(1, &self.name);
        record.set(2, &self.hive_type);
        if let Some(comment) = &self.comment {
            record.set(3, comment);
        }
        record
    }
}
