//! The values of one column of a batch, as SQLite takes them.

use std::str;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Decimal256Type, Float64Type, Int64Type, IntervalMonthDayNanoType, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Decimal128Array, Decimal256Array,
    FixedSizeBinaryArray, Float64Array, Int64Array, IntervalMonthDayNanoArray, LargeBinaryArray,
    LargeStringArray, StringArray, StringViewArray, UInt64Array,
};
use arrow_cast::CastOptions;
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use publish_core::{Error, ErrorKind, Result};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use crate::nested::Nested;
use crate::stored::{Stored, fraction_digits};
use crate::text::{push_date, push_decimal, push_interval, push_time, push_timestamp};
use crate::types::plain;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// Text, which is UTF-8.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(value) => ValueRef::Integer(value),
            Cell::Real(value) => ValueRef::Real(value),
            Cell::Text(text) => ValueRef::Text(text),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A value that can't be kept as it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) reason: &'static str,
    pub(crate) value: String,
}

impl Unfit {
    fn new(reason: &'static str, value: &impl ToString) -> Self {
        Self { reason, value: value.to_string() }
    }
}

/// A column of a batch. Types of one family are brought into one shape first, a whole column at a time.
#[derive(Debug)]
pub(crate) enum Cells {
    Null,
    Boolean(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Real(Float64Array),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Bytes(BinaryArray),
    LargeBytes(LargeBinaryArray),
    BytesView(BinaryViewArray),
    FixedBytes(FixedSizeBinaryArray),
    Decimal { values: Decimal128Array, scale: i32, kept: i32 },
    WideDecimal { values: Decimal256Array, scale: i32, kept: i32 },
    Days(Int64Array),
    MillisOfDays(Int64Array),
    Time { values: Int64Array, fraction: usize },
    Timestamp { values: Int64Array, fraction: usize, is_zoned: bool },
    Interval(IntervalMonthDayNanoArray),
    Json(Nested),
}

impl Cells {
    /// Brings `array` into shape, to be kept in this manner.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if the array is not of the type that the manner was chosen for.
    pub(crate) fn new(stored: Stored, array: &ArrayRef) -> Result<Self> {
        let values = plain(array.data_type());
        let array = if values == array.data_type() { ArrayRef::clone(array) } else { cast(array, values)? };
        Ok(match stored {
            Stored::Null => Self::Null,
            Stored::Boolean => Self::Boolean(array.as_boolean().clone()),
            Stored::Integer => Self::Integer(integers(&array)?),
            Stored::Unsigned => {
                Self::Unsigned(cast(&array, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
            }
            Stored::Real => {
                Self::Real(cast(&array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            Stored::Text => match array.data_type() {
                DataType::LargeUtf8 => Self::LargeText(array.as_string().clone()),
                DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
                _ => Self::Text(cast(&array, &DataType::Utf8)?.as_string().clone()),
            },
            Stored::Bytes => match array.data_type() {
                DataType::LargeBinary => Self::LargeBytes(array.as_binary().clone()),
                DataType::BinaryView => Self::BytesView(array.as_binary_view().clone()),
                DataType::FixedSizeBinary(_) => Self::FixedBytes(array.as_fixed_size_binary().clone()),
                _ => Self::Bytes(cast(&array, &DataType::Binary)?.as_binary().clone()),
            },
            Stored::Decimal { scale: kept } => decimals(&array, kept)?,
            Stored::IntegerText { scale: kept } => {
                let values = cast(&array, &DataType::Decimal128(20, 0))?;
                Self::Decimal { values: values.as_primitive::<Decimal128Type>().clone(), scale: 0, kept }
            }
            Stored::Date if *array.data_type() == DataType::Date64 => Self::MillisOfDays(integers(&array)?),
            Stored::Date => Self::Days(integers(&cast(&array, &DataType::Int32)?)?),
            Stored::Time => {
                let fraction = fraction_digits(unit(array.data_type())?);
                let narrow = matches!(array.data_type(), DataType::Time32(_));
                let values = if narrow { cast(&array, &DataType::Int32)? } else { array };
                Self::Time { values: integers(&values)?, fraction }
            }
            Stored::Timestamp { is_zoned } => {
                let fraction = fraction_digits(unit(array.data_type())?);
                Self::Timestamp { values: integers(&array)?, fraction, is_zoned }
            }
            Stored::Interval => {
                let values = cast(&array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
                Self::Interval(values.as_primitive::<IntervalMonthDayNanoType>().clone())
            }
            Stored::Json => Self::Json(Nested::new(&array)?),
        })
    }

    /// The value of a row. What has no bytes of its own is written to `buffer`.
    pub(crate) fn get<'a>(&'a self, row: usize, buffer: &'a mut Vec<u8>) -> Result<Cell<'a>, Unfit> {
        if self.is_null(row) {
            return Ok(Cell::Null);
        }
        Ok(match self {
            Self::Null => Cell::Null,
            Self::Boolean(values) => Cell::Integer(values.value(row).into()),
            Self::Integer(values) => Cell::Integer(values.value(row)),
            Self::Unsigned(values) => {
                let value = values.value(row);
                let reason = "SQLite's integers end at 9223372036854775807; use the setting `u64` = decimal";
                Cell::Integer(i64::try_from(value).map_err(|_| Unfit::new(reason, &value))?)
            }
            Self::Real(values) => {
                let value = values.value(row);
                if !value.is_finite() {
                    return Err(Unfit::new("SQLite has no NaN and no infinities; make them nulls", &value));
                }
                Cell::Real(value)
            }
            Self::Text(values) => Cell::Text(values.value(row).as_bytes()),
            Self::LargeText(values) => Cell::Text(values.value(row).as_bytes()),
            Self::TextView(values) => Cell::Text(values.value(row).as_bytes()),
            Self::Bytes(values) => Cell::Bytes(values.value(row)),
            Self::LargeBytes(values) => Cell::Bytes(values.value(row)),
            Self::BytesView(values) => Cell::Bytes(values.value(row)),
            Self::FixedBytes(values) => Cell::Bytes(values.value(row)),
            written => {
                buffer.clear();
                written.write(row, buffer)?;
                Cell::Text(buffer)
            }
        })
    }

    /// Whether a row has no value.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Boolean(values) => values.is_null(row),
            Self::Unsigned(values) => values.is_null(row),
            Self::Real(values) => values.is_null(row),
            Self::Text(values) => values.is_null(row),
            Self::LargeText(values) => values.is_null(row),
            Self::TextView(values) => values.is_null(row),
            Self::Bytes(values) => values.is_null(row),
            Self::LargeBytes(values) => values.is_null(row),
            Self::BytesView(values) => values.is_null(row),
            Self::FixedBytes(values) => values.is_null(row),
            Self::Decimal { values, .. } => values.is_null(row),
            Self::WideDecimal { values, .. } => values.is_null(row),
            Self::Integer(values)
            | Self::Days(values)
            | Self::MillisOfDays(values)
            | Self::Time { values, .. }
            | Self::Timestamp { values, .. } => values.is_null(row),
            Self::Interval(values) => values.is_null(row),
            Self::Json(nested) => nested.is_null(row),
        }
    }

    /// Writes the text of a value that is kept as text of our making.
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let four_digits = "Dates are kept for the years 0001 to 9999; make others nulls";
        let is_written = match self {
            Self::Decimal { values, scale, kept } => {
                push_decimal(out, &values.value(row).to_string(), *scale, *kept);
                true
            }
            Self::WideDecimal { values, scale, kept } => {
                push_decimal(out, &values.value(row).to_string(), *scale, *kept);
                true
            }
            Self::Days(values) => push_date(out, values.value(row)),
            Self::MillisOfDays(values) => {
                const DAY: i64 = 86_400_000;
                let value = values.value(row);
                if value % DAY != 0 {
                    return Err(Unfit::new("A date must not hold a part of a day", &value));
                }
                push_date(out, value / DAY)
            }
            Self::Time { values, fraction } => {
                if !push_time(out, values.value(row), *fraction) {
                    return Err(Unfit::new("A time of day is within 24 hours", &values.value(row)));
                }
                true
            }
            Self::Timestamp { values, fraction, is_zoned } => {
                push_timestamp(out, values.value(row), *fraction, *is_zoned)
            }
            Self::Interval(values) => {
                let value = values.value(row);
                push_interval(out, value.months, value.days, value.nanoseconds);
                true
            }
            Self::Json(nested) => return nested.write(row, out),
            _ => true,
        };
        if is_written { Ok(()) } else { Err(Unfit::new(four_digits, &self.raw(row))) }
    }

    /// The number behind a date or an instant, for an error.
    fn raw(&self, row: usize) -> i64 {
        match self {
            Self::Days(values) | Self::MillisOfDays(values) | Self::Timestamp { values, .. } => {
                values.value(row)
            }
            _ => 0,
        }
    }
}

fn decimals(array: &ArrayRef, kept: i32) -> Result<Cells> {
    match *array.data_type() {
        DataType::Decimal256(_, scale) => Ok(Cells::WideDecimal {
            values: array.as_primitive::<Decimal256Type>().clone(),
            scale: scale.into(),
            kept,
        }),
        DataType::Decimal128(_, scale) => Ok(Cells::Decimal {
            values: array.as_primitive::<Decimal128Type>().clone(),
            scale: scale.into(),
            kept,
        }),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            decimals(&cast(array, &DataType::Decimal128(precision, scale))?, kept)
        }
        ref other => Err(mismatch(other)),
    }
}

fn integers(array: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn unit(data_type: &DataType) -> Result<TimeUnit> {
    match data_type {
        DataType::Time32(unit) | DataType::Time64(unit) | DataType::Timestamp(unit, _) => Ok(*unit),
        other => Err(mismatch(other)),
    }
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    arrow_cast::cast_with_options(array, to, &exact)
        .map_err(|error| mismatch(array.data_type()).with_source(error))
}

fn mismatch(found: &DataType) -> Error {
    Error::new(ErrorKind::Unexpected, "A batch does not have the types it was read with")
        .with_context("found", found)
}
