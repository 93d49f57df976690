//! Values of columns, printed as the text that is read back as the same value.

use std::fmt::{self, Write};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_schema::{DataType, TimeUnit};
use publish_core::{Error, ErrorKind, Result};

use super::{print_date, print_moment, print_time};

/// Prints the values of one column that are no nulls. `None` if a value has no text.
pub(crate) type Printer<'a> = Box<dyn Fn(usize, &mut String) -> Option<()> + 'a>;

const DAY_MILLIS: i64 = 86_400_000;

/// The printer of a column that is not nested.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) if its type has no text.
pub(crate) fn printer(array: &dyn Array) -> Result<Printer<'_>> {
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_, _| None),
        DataType::Boolean => {
            let values = array.as_boolean();
            Box::new(move |row, to| append(to, if values.value(row) { "true" } else { "false" }))
        }
        DataType::Int8 => plain::<Int8Type>(array),
        DataType::Int16 => plain::<Int16Type>(array),
        DataType::Int32 => plain::<Int32Type>(array),
        DataType::Int64 => plain::<Int64Type>(array),
        DataType::UInt8 => plain::<UInt8Type>(array),
        DataType::UInt16 => plain::<UInt16Type>(array),
        DataType::UInt32 => plain::<UInt32Type>(array),
        DataType::UInt64 => plain::<UInt64Type>(array),
        // `Debug` of a float is the shortest text that is read as the same float, with an exponent where that is long.
        DataType::Float32 => values::<Float32Type>(array, |value, to| write!(to, "{value:?}").ok()),
        DataType::Float64 => values::<Float64Type>(array, |value, to| write!(to, "{value:?}").ok()),
        &DataType::Decimal32(precision, scale) => decimals::<Decimal32Type>(array, precision, scale),
        &DataType::Decimal64(precision, scale) => decimals::<Decimal64Type>(array, precision, scale),
        &DataType::Decimal128(precision, scale) => decimals::<Decimal128Type>(array, precision, scale),
        &DataType::Decimal256(precision, scale) => decimals::<Decimal256Type>(array, precision, scale),
        DataType::Date32 => values::<Date32Type>(array, print_date),
        DataType::Date64 => values::<Date64Type>(array, |millis, to| {
            let days = i32::try_from(millis / DAY_MILLIS).ok()?;
            if millis % DAY_MILLIS == 0 { print_date(days, to) } else { None }
        }),
        DataType::Time32(TimeUnit::Millisecond) => values::<Time32MillisecondType>(array, |value, to| {
            print_time(i64::from(value), TimeUnit::Millisecond, to)
        }),
        DataType::Time32(_) => {
            values::<Time32SecondType>(array, |value, to| print_time(i64::from(value), TimeUnit::Second, to))
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            values::<Time64NanosecondType>(array, |value, to| print_time(value, TimeUnit::Nanosecond, to))
        }
        DataType::Time64(_) => {
            values::<Time64MicrosecondType>(array, |value, to| print_time(value, TimeUnit::Microsecond, to))
        }
        DataType::Timestamp(unit, zone) => {
            let (unit, is_zoned) = (*unit, zone.is_some());
            let print = move |value, to: &mut String| print_moment(value, unit, is_zoned, to);
            match unit {
                TimeUnit::Second => values::<TimestampSecondType>(array, print),
                TimeUnit::Millisecond => values::<TimestampMillisecondType>(array, print),
                TimeUnit::Microsecond => values::<TimestampMicrosecondType>(array, print),
                TimeUnit::Nanosecond => values::<TimestampNanosecondType>(array, print),
            }
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(move |row, to| append(to, values.value(row)))
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            Box::new(move |row, to| append(to, values.value(row)))
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            Box::new(move |row, to| append(to, values.value(row)))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            Box::new(move |row, to| print_hex(values.value(row), to))
        }
        DataType::LargeBinary => {
            let values = array.as_binary::<i64>();
            Box::new(move |row, to| print_hex(values.value(row), to))
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            Box::new(move |row, to| print_hex(values.value(row), to))
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            Box::new(move |row, to| print_hex(values.value(row), to))
        }
        other => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "Values of this type have no text; cast the column first",
            )
            .with_context("type", other));
        }
    })
}

/// Whether JSON writes values of a type without quotes.
pub(crate) fn is_bare(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type == &DataType::Boolean
}

fn values<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    print: impl Fn(T::Native, &mut String) -> Option<()> + 'a,
) -> Printer<'a> {
    let values = array.as_primitive::<T>();
    Box::new(move |row, to| print(values.value(row), to))
}

fn plain<T: ArrowPrimitiveType>(array: &dyn Array) -> Printer<'_>
where
    T::Native: fmt::Display,
{
    values::<T>(array, |value, to| write!(to, "{value}").ok())
}

fn decimals<T: DecimalType>(array: &dyn Array, precision: u8, scale: i8) -> Printer<'_> {
    values::<T>(array, move |value, to| append(to, &T::format_decimal(value, precision, scale)))
}

fn append(to: &mut String, text: &str) -> Option<()> {
    to.push_str(text);
    Some(())
}

fn print_hex(bytes: &[u8], to: &mut String) -> Option<()> {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            to.push(char::from_digit(u32::from(digit), 16)?);
        }
    }
    Some(())
}
