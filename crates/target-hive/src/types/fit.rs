//! Which columns of a table hold which values of the results.

use arrow_schema::{DataType, TimeUnit};
use publish_core::{ColumnDef, Conversion, FileFormat, FitRules, ResultColumn, text_type};

use super::mapping::hive_type;
use super::{HiveType, staged_type};

/// Hive's rules: widening only. What a column does not hold Hive turns into null, cuts, or fails on at the next read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HiveFit {
    /// The format of the table's files.
    pub(crate) format: FileFormat,
}

impl FitRules for HiveFit {
    fn conversion(&self, result: &ResultColumn, column: &ColumnDef) -> Conversion {
        let own = result.field.data_type();
        let Ok(hive) = HiveType::parse(&column.sql_type) else {
            return Conversion::Refused(format!("the table's type {} can't be read", column.sql_type));
        };
        let read = match text_type(&result.field) {
            Some(texts) => read_texts_as(own, &texts, &hive),
            None => Some(own.clone()),
        };
        match read {
            Some(read) if staged_type(&read, &hive, self.format).is_some() => Conversion::ReadAs(read),
            _ => Conversion::Refused(reason(own, &hive, self.format)),
        }
    }
}

/// The type to read a column of a text format as: what the table's column needs, if all texts are of such a type.
fn read_texts_as(own: &DataType, texts: &DataType, hive: &HiveType) -> Option<DataType> {
    use DataType as D;
    let is_empty = *texts == D::Null;
    let is_integer = is_empty || texts.is_integer();
    let is_number = is_integer || texts.is_floating() || texts.is_decimal();
    Some(match hive {
        HiveType::Boolean if is_empty => D::Boolean,
        HiveType::TinyInt if is_integer => D::Int8,
        HiveType::SmallInt if is_integer => D::Int16,
        HiveType::Int if is_integer => D::Int32,
        HiveType::BigInt if is_integer => D::Int64,
        HiveType::Float if is_number => D::Float32,
        HiveType::Double if is_number => D::Float64,
        HiveType::Decimal(precision, scale) if is_number => {
            D::Decimal128(*precision, i8::try_from(*scale).ok()?)
        }
        HiveType::Date if is_empty => D::Date32,
        HiveType::Timestamp if is_empty => D::Timestamp(TimeUnit::Microsecond, None),
        HiveType::Boolean | HiveType::Date | HiveType::Timestamp => texts.clone(),
        // Texts are kept as they stand in the file: 007 stays 007, and JSON stays JSON.
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => D::Utf8,
        _ => own.clone(),
    })
}

fn reason(own: &DataType, hive: &HiveType, format: FileFormat) -> String {
    let from = hive_type(own).map_or_else(|| own.to_string(), |made| made.to_string());
    match (own, hive, format) {
        (DataType::Timestamp(..), HiveType::Timestamp, FileFormat::Avro) => {
            "an Avro table holds timestamps to the millisecond only; use a Parquet table".to_owned()
        }
        (_, HiveType::Varchar(_) | HiveType::Char(_), FileFormat::Avro) => {
            format!("Hive reads {hive} from no Avro files but its own; use string, or a Parquet table")
        }
        (DataType::UInt64, ..) => format!("an unsigned 64-bit integer does not fit {hive}"),
        _ if from == hive.to_string() => format!("{own} does not fit {hive} in {format} files"),
        _ => format!("{from} does not fit {hive}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow_schema::{Field, Schema};
    use publish_core::{ErrorKind, ResultSchema, TEXT_TYPE_KEY, TableSchema, check_fit};

    use super::*;

    fn table(columns: &[(&str, &str)]) -> TableSchema {
        TableSchema::new(columns.iter().map(|(name, hive)| ColumnDef::new(*name, *hive)).collect())
    }

    #[test]
    fn every_misfit_is_told_in_hives_words() {
        let results = ResultSchema::new(Arc::new(Schema::new(vec![
            Field::new("Id", DataType::Int64, true),
            Field::new("d", DataType::Decimal128(9, 2), true),
            Field::new("t", DataType::Timestamp(TimeUnit::Microsecond, None), true),
            Field::new("ok", DataType::Utf8, true),
        ])));
        let table = table(&[
            ("id", "int"),
            ("d", "decimal(9,3)"),
            ("t", "timestamp"),
            ("ok", "string"),
            ("more", "int"),
        ]);
        let error = check_fit(&HiveFit { format: FileFormat::Avro }, &results, &table).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        let misfits: Vec<&str> = error.context().iter().map(|(_, misfit)| misfit.as_str()).collect();
        assert_eq!(
            misfits,
            [
                "Id: bigint does not fit int",
                "d: decimal(9,2) does not fit decimal(9,3)",
                "t: an Avro table holds timestamps to the millisecond only; use a Parquet table",
            ]
        );
    }

    #[test]
    fn texts_are_read_as_what_the_column_is() {
        let text = |texts: &str| {
            let mark = HashMap::from([(TEXT_TYPE_KEY.to_owned(), texts.to_owned())]);
            let own = texts.parse().unwrap();
            ResultSchema::new(Arc::new(Schema::new(vec![Field::new("a", own, true).with_metadata(mark)])))
        };
        let read = |texts: &str, hive: &str| {
            let table = table(&[("a", hive)]);
            let mapping = check_fit(&HiveFit { format: FileFormat::Parquet }, &text(texts), &table).ok()?;
            Some(mapping.columns()[0].read_as.clone())
        };
        assert_eq!(read("Int64", "string"), Some(DataType::Utf8));
        assert_eq!(read("Int64", "smallint"), Some(DataType::Int16));
        assert_eq!(read("Int64", "decimal(5,2)"), Some(DataType::Decimal128(5, 2)));
        assert_eq!(read("Null", "date"), Some(DataType::Date32));
        assert_eq!(read("Utf8", "int"), None);
        assert_eq!(read("Boolean", "int"), None);
        assert_eq!(read("Date32", "date"), Some(DataType::Date32));
    }
}
