//! Whether results fit a table that is there.

use std::fmt;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;
use std::sync::Arc;

use crate::{ColumnDef, Error, ErrorKind, Result, ResultColumn, ResultSchema, TableSchema};

/// How a result column gets into a table column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conversion {
    /// The files are read as this type, and each value is kept.
    ReadAs(DataType),
    /// The column does not hold the values; the sentence part says why, such as `BIGINT does not fit SMALLINT`.
    Refused(String),
}

/// What a target knows about which of its columns hold which values.
pub trait FitRules {
    /// Whether a result column and a table column have the same name, as the target compares names.
    fn is_same_name(&self, result: &str, column: &str) -> bool {
        result.eq_ignore_ascii_case(column)
    }

    /// How values of `result` get into `column`: widening only, nothing is rounded, cut or turned into null.
    fn conversion(&self, result: &ResultColumn, column: &ColumnDef) -> Conversion;
}

/// One reason why results do not fit a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Misfit {
    /// The column.
    pub column: String,
    /// Why it does not fit.
    pub reason: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.reason)
    }
}

/// One column of the results and the column of the table it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappedColumn {
    /// Place of the column in the files, from 0.
    pub source: usize,
    /// The table's column.
    pub column: ColumnDef,
    /// Type the files are read as.
    pub read_as: DataType,
}

/// Which column of the results goes to which column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMapping {
    columns: Vec<MappedColumn>,
    read: SchemaRef,
}

impl ColumnMapping {
    /// Maps each result column to the table column at the same place, read as it is.
    pub fn by_position(results: &ResultSchema, table: &TableSchema) -> Self {
        Self::by_position_as(results, table, |result| result.field.data_type().clone())
    }

    /// Maps each result column to the table column at the same place, read as `read_as` says. Another type than the
    /// column's own is possible where the files are text.
    pub fn by_position_as(
        results: &ResultSchema,
        table: &TableSchema,
        read_as: impl Fn(&ResultColumn) -> DataType,
    ) -> Self {
        let columns = results
            .columns()
            .iter()
            .zip(&table.columns)
            .enumerate()
            .map(|(source, (result, column))| MappedColumn {
                source,
                column: column.clone(),
                read_as: read_as(result),
            })
            .collect();
        Self::new(results, columns)
    }

    fn new(results: &ResultSchema, columns: Vec<MappedColumn>) -> Self {
        let mut fields: Vec<Field> =
            results.source().fields().iter().map(|field| field.as_ref().clone()).collect();
        for mapped in &columns {
            let field = &fields[mapped.source];
            fields[mapped.source] = field.clone().with_data_type(mapped.read_as.clone());
        }
        Self { columns, read: Arc::new(Schema::new(fields)) }
    }

    /// The mapped columns, in the order of the results.
    pub fn columns(&self) -> &[MappedColumn] {
        &self.columns
    }

    /// The schema to read the files with: source names, all columns, in the files' order. The batches have one array
    /// for each, in this order.
    pub fn read_schema(&self) -> &SchemaRef {
        &self.read
    }
}

/// Maps results to a table by name, or names every misfit at once.
///
/// Every result column must exist in the table and hold its values; table columns that the results lack must allow
/// nulls or have a default.
///
/// # Errors
/// [`SchemaMismatch`](ErrorKind::SchemaMismatch) with one `misfit` of context for each reason.
pub fn check_fit(rules: &dyn FitRules, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
    let mut misfits: Vec<Misfit> = Vec::new();
    let mut mapped: Vec<MappedColumn> = Vec::new();
    for (source, result) in results.columns().iter().enumerate() {
        let Some(column) = table.columns.iter().find(|column| rules.is_same_name(&result.name, &column.name))
        else {
            misfits.push(Misfit {
                column: result.name.clone(),
                reason: "the table has no such column".to_owned(),
            });
            continue;
        };
        match rules.conversion(result, column) {
            Conversion::ReadAs(read_as) => {
                mapped.push(MappedColumn { source, column: column.clone(), read_as });
            }
            Conversion::Refused(reason) => misfits.push(Misfit { column: result.name.clone(), reason }),
        }
    }
    for column in &table.columns {
        let is_given = results.columns().iter().any(|result| rules.is_same_name(&result.name, &column.name));
        if !is_given && !column.nullable && !column.has_default {
            let reason = "the results lack it, and it allows no nulls and has no default".to_owned();
            misfits.push(Misfit { column: column.name.clone(), reason });
        }
    }
    if misfits.is_empty() {
        return Ok(ColumnMapping::new(results, mapped));
    }
    let error = Error::new(
        ErrorKind::SchemaMismatch,
        "The results do not fit the table; change them, or use dropAndLoad to replace its columns too",
    );
    Err(misfits.iter().fold(error, |error, misfit| error.with_context("misfit", misfit)))
}
