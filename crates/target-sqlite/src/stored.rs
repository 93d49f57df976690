//! How a column of the results is kept in a column of a table.

use arrow_schema::{DataType, TimeUnit};

use crate::declared::Declared;

/// The manner in which values are kept, each of them whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// There are only nulls.
    Null,
    Boolean,
    Integer,
    /// As an integer, where it fits; else the value is refused.
    Unsigned,
    Real,
    Text,
    Bytes,
    /// As text with so many digits behind the point.
    Decimal {
        scale: i32,
    },
    /// An integer as the text of a decimal with so many zeros behind the point.
    IntegerText {
        scale: i32,
    },
    Date,
    Time,
    Timestamp {
        is_zoned: bool,
    },
    /// As ISO 8601 text, such as `P1M2DT3.5S`.
    Interval,
    Json,
}

impl Stored {
    /// The manner in which values of `read` are kept in a column declared so. `None` if they would not all come out as
    /// they went in.
    pub(crate) fn of(read: &DataType, declared: Declared) -> Option<Self> {
        use DataType as D;
        if declared == Declared::Generated {
            return None;
        }
        match read {
            D::Dictionary(_, values) => Self::of(values, declared),
            D::RunEndEncoded(_, values) => Self::of(values.data_type(), declared),
            D::Null => Some(Self::Null),
            D::Boolean => match declared {
                Declared::Boolean
                | Declared::Integer { .. }
                | Declared::Number { digits: None }
                | Declared::Any => Some(Self::Boolean),
                _ => None,
            },
            D::Int8 => Self::integer(8, 3, declared),
            D::Int16 => Self::integer(16, 5, declared),
            D::Int32 => Self::integer(32, 10, declared),
            D::Int64 | D::Duration(_) => Self::integer(64, 19, declared),
            D::UInt8 => Self::integer(9, 3, declared),
            D::UInt16 => Self::integer(17, 5, declared),
            D::UInt32 => Self::integer(33, 10, declared),
            D::UInt64 => match Self::integer(64, 20, declared)? {
                Self::Integer => Some(Self::Unsigned),
                other => Some(other),
            },
            D::Float16 | D::Float32 | D::Float64 => match declared {
                Declared::Real | Declared::Any => Some(Self::Real),
                _ => None,
            },
            D::Decimal32(precision, scale)
            | D::Decimal64(precision, scale)
            | D::Decimal128(precision, scale)
            | D::Decimal256(precision, scale) => {
                Self::decimal(i32::from(*precision), i32::from(*scale), declared)
            }
            D::Utf8 | D::LargeUtf8 | D::Utf8View => match declared {
                // JSON that is read as text is kept as it stands in the file.
                Declared::Varchar | Declared::Text | Declared::Json | Declared::Any => Some(Self::Text),
                _ => None,
            },
            D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => {
                matches!(declared, Declared::Blob | Declared::Any).then_some(Self::Bytes)
            }
            D::Date32 | D::Date64 => Self::as_text(Self::Date, Declared::Date, declared),
            D::Time32(_) | D::Time64(_) => Self::as_text(Self::Time, Declared::Time, declared),
            D::Timestamp(_, None) => {
                Self::as_text(Self::Timestamp { is_zoned: false }, Declared::Timestamp, declared)
            }
            D::Timestamp(_, Some(_)) => {
                Self::as_text(Self::Timestamp { is_zoned: true }, Declared::TimestampTz, declared)
            }
            D::Interval(_) => Self::as_text(Self::Interval, Declared::Varchar, declared),
            nested if is_nested(nested) => Self::as_text(Self::Json, Declared::Json, declared),
            _ => None,
        }
    }

    fn integer(bits: u32, digits: i32, declared: Declared) -> Option<Self> {
        match declared {
            Declared::Integer { bits: wide } if wide >= bits => Some(Self::Integer),
            Declared::Number { digits: None } | Declared::Any => Some(Self::Integer),
            Declared::Number { digits: Some((precision, scale)) } if precision - scale >= digits => {
                Some(Self::Integer)
            }
            Declared::DecimalText { precision, scale } if scale >= 0 && precision - scale >= digits => {
                Some(Self::IntegerText { scale })
            }
            // A double holds integers up to 2^53.
            Declared::Real if bits <= 33 => Some(Self::Real),
            _ => None,
        }
    }

    fn decimal(precision: i32, scale: i32, declared: Declared) -> Option<Self> {
        let whole = precision - scale;
        match declared {
            Declared::DecimalText { precision: wide, scale: kept }
                if kept >= scale && wide - kept >= whole =>
            {
                Some(Self::Decimal { scale: kept })
            }
            Declared::Text | Declared::Any => Some(Self::Decimal { scale: scale.max(0) }),
            _ => None,
        }
    }

    /// Kept as text that neither looks like a number nor is one: a column meant for it, or for any text.
    fn as_text(stored: Self, meant: Declared, declared: Declared) -> Option<Self> {
        (declared == meant || matches!(declared, Declared::Text | Declared::Any)).then_some(stored)
    }
}

/// Whether it is a list, a struct or a map whose values can all be written as JSON.
pub(crate) fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Map(..)
        | DataType::Struct(_) => is_json(data_type),
        _ => false,
    }
}

fn is_json(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => is_json(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_json(field.data_type())),
        DataType::Dictionary(_, values) => is_json(values),
        DataType::RunEndEncoded(_, values) => is_json(values.data_type()),
        DataType::Union(..) => false,
        scalar => Stored::of(scalar, Declared::Any).is_some(),
    }
}

/// Digits behind the point of the seconds, for each unit of time.
pub(crate) fn fraction_digits(unit: TimeUnit) -> usize {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}
