//! Which columns COPY takes from Parquet.

use arrow_schema::{DataType, TimeUnit};

use super::Declared;

/// Whether COPY loads Parquet values of this type into a column as declared.
///
/// Files of columns are read by position and physical type: an `INT32` does not go into a `BIGINT`, nor a decimal into
/// one of another precision ("has an incompatible Parquet schema for column"), and some types have no reader at all.
/// What is not known to load is left to text, which COPY parses by the column's own type.
pub(crate) fn is_columnar(read: &DataType, declared: &Declared) -> bool {
    use DataType as D;
    match (read, declared) {
        (D::Boolean, Declared::Boolean)
        | (D::Int16, Declared::SmallInt)
        | (D::Int32, Declared::Integer)
        | (D::Int64, Declared::BigInt)
        | (D::Float32, Declared::Real)
        | (D::Float64, Declared::Double)
        | (D::Utf8, Declared::Varchar(_) | Declared::Char(_))
        | (D::Binary, Declared::Varbyte(_))
        | (D::Date32, Declared::Date)
        | (D::Timestamp(TimeUnit::Microsecond, None), Declared::Timestamp)
        | (D::Timestamp(TimeUnit::Microsecond, Some(_)), Declared::TimestampTz) => true,
        (D::Decimal128(precision, scale), Declared::Decimal { precision: own, scale: own_scale }) => {
            precision == own && u8::try_from(*scale) == Ok(*own_scale)
        }
        _ => false,
    }
}

/// The type in which a column is staged that is read as another. Narrow floats are widened before they are written: each
/// is the very number then, while its shortest text would be read as another one.
pub(crate) fn staged_as(read: &DataType, declared: &Declared) -> DataType {
    match (read, declared) {
        (DataType::Float16 | DataType::Float32, Declared::Double) => DataType::Float64,
        _ => read.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_type_is_loaded_by_columns() {
        use DataType as D;
        let decimal = Declared::Decimal { precision: 12, scale: 2 };
        for (read, declared, expected) in [
            (D::Int32, Declared::Integer, true),
            (D::Int32, Declared::BigInt, false),
            (D::Int8, Declared::SmallInt, false),
            (D::UInt32, Declared::BigInt, false),
            (D::Decimal128(12, 2), decimal.clone(), true),
            (D::Decimal128(10, 2), decimal, false),
            (D::Float32, Declared::Double, false),
            (D::Time64(TimeUnit::Microsecond), Declared::Time, false),
            (D::Timestamp(TimeUnit::Millisecond, None), Declared::Timestamp, false),
            (D::Timestamp(TimeUnit::Microsecond, None), Declared::TimestampTz, false),
            (D::Utf8, Declared::Varchar(9), true),
            (D::Utf8, Declared::Super, false),
        ] {
            assert_eq!(is_columnar(&read, &declared), expected, "{read} {declared}");
        }
    }
}
