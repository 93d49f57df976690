//! Whether COPY loads the files as they are, or they are staged first; and why.

use publish_core::{ColumnMapping, FileFormat, MappedColumn, ResultSet};

use crate::sql::CopyFormat;
use crate::types::{Declared, is_columnar};

/// The way of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The files are loaded as they are.
    Direct { format: CopyFormat, compression: Option<crate::sql::Compression> },
    /// They are staged as Parquet or as JSON, because of these.
    Staged { format: FileFormat, reasons: Vec<String> },
}

/// Finds the way for `results` into the mapped columns.
pub(super) fn route(results: &ResultSet, mapping: &ColumnMapping) -> Route {
    match direct(results, mapping) {
        Ok((format, compression)) => Route::Direct { format, compression },
        Err(reasons) => Route::Staged { format: staged_format(mapping), reasons },
    }
}

/// Parquet where COPY loads every column from it, else JSON, whose texts COPY parses by the columns' own types.
pub(super) fn staged_format(mapping: &ColumnMapping) -> FileFormat {
    if mapping.columns().iter().all(is_columnar_column) { FileFormat::Parquet } else { FileFormat::Json }
}

fn is_columnar_column(mapped: &MappedColumn) -> bool {
    is_columnar(&mapped.read_as, &Declared::parse(&mapped.column.sql_type))
}

type Direct = (CopyFormat, Option<crate::sql::Compression>);

/// How the files are loaded as they are, or every reason why they can't.
fn direct(results: &ResultSet, mapping: &ColumnMapping) -> Result<Direct, Vec<String>> {
    match results.format {
        FileFormat::Parquet => {
            let misfits: Vec<String> = mapping
                .columns()
                .iter()
                .filter(|mapped| !is_columnar_column(mapped))
                .map(|mapped| {
                    format!(
                        "COPY does not load {} from Parquet's {} into {}",
                        mapped.column.name, mapped.read_as, mapped.column.sql_type
                    )
                })
                .collect();
            if misfits.is_empty() { Ok((CopyFormat::Parquet, None)) } else { Err(misfits) }
        }
        other => Err(vec![format!("{other} files are not loaded as they are")]),
    }
}
