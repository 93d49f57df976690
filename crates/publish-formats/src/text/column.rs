//! Columns being built of texts, each read exactly as the column's type.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, GenericStringBuilder, LargeBinaryBuilder,
    PrimitiveBuilder,
};
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType, NullArray, OffsetSizeTrait};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use publish_core::{Error, ErrorKind, Result};

use super::{Moment, Number, Time, parse_date, parse_integer};

/// A column being built. A text that is not of its type is not taken.
pub(crate) trait TextColumn: Send {
    /// Appends the value of a text. `false` if it is none of this type; nothing is appended then.
    #[must_use]
    fn push(&mut self, text: &str) -> bool;

    /// Appends a null.
    fn push_null(&mut self);

    /// Appends many; the place of the first that is no value of this type, if there is one.
    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize>;

    /// Takes what was built, and starts anew.
    ///
    /// # Errors
    /// If what was built makes no array, which is a fault of ours.
    fn finish(&mut self) -> Result<ArrayRef, ArrowError>;
}

/// A column of a type that has a text.
///
/// Numbers are read by their value, with leading zeros or a plus too; they must fit to the last digit. Binary is read
/// as hexadecimal digits, without a prefix.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) if it has none.
pub(crate) fn text_column(data_type: &DataType) -> Result<Box<dyn TextColumn>> {
    Ok(match data_type {
        DataType::Null => Box::new(Nulls(0)),
        DataType::Boolean => Box::new(BooleanBuilder::new()),
        DataType::Utf8 => Box::new(GenericStringBuilder::<i32>::new()),
        DataType::LargeUtf8 => Box::new(GenericStringBuilder::<i64>::new()),
        DataType::Int8 => integers::<Int8Type>(),
        DataType::Int16 => integers::<Int16Type>(),
        DataType::Int32 => integers::<Int32Type>(),
        DataType::Int64 => values::<Int64Type>(data_type, parse_i64),
        DataType::UInt8 => integers::<UInt8Type>(),
        DataType::UInt16 => integers::<UInt16Type>(),
        DataType::UInt32 => integers::<UInt32Type>(),
        DataType::UInt64 => integers::<UInt64Type>(),
        DataType::Float32 => values::<Float32Type>(data_type, parse_f32),
        DataType::Float64 => values::<Float64Type>(data_type, parse_f64),
        &DataType::Decimal128(precision, scale) => values::<Decimal128Type>(data_type, move |text| {
            let text = text.strip_prefix('+').unwrap_or(text);
            Number::parse(text.as_bytes())?.to_decimal(text.as_bytes(), precision, scale)
        }),
        DataType::Date32 => values::<Date32Type>(data_type, |text| parse_date(text.as_bytes())),
        DataType::Date64 => {
            values::<Date64Type>(data_type, |text| Some(i64::from(parse_date(text.as_bytes())?) * 86_400_000))
        }
        DataType::Time32(TimeUnit::Second) => times::<Time32SecondType>(data_type, TimeUnit::Second),
        DataType::Time32(TimeUnit::Millisecond) => {
            times::<Time32MillisecondType>(data_type, TimeUnit::Millisecond)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            times::<Time64MicrosecondType>(data_type, TimeUnit::Microsecond)
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            times::<Time64NanosecondType>(data_type, TimeUnit::Nanosecond)
        }
        DataType::Timestamp(unit, zone) => match unit {
            TimeUnit::Second => moments::<TimestampSecondType>(data_type, *unit, zone.is_some()),
            TimeUnit::Millisecond => moments::<TimestampMillisecondType>(data_type, *unit, zone.is_some()),
            TimeUnit::Microsecond => moments::<TimestampMicrosecondType>(data_type, *unit, zone.is_some()),
            TimeUnit::Nanosecond => moments::<TimestampNanosecondType>(data_type, *unit, zone.is_some()),
        },
        DataType::Binary => Box::new(Hex { builder: BinaryBuilder::new(), bytes: Vec::new() }),
        DataType::LargeBinary => Box::new(Hex { builder: LargeBinaryBuilder::new(), bytes: Vec::new() }),
        &DataType::FixedSizeBinary(width) => Box::new(FixedHex {
            builder: FixedSizeBinaryBuilder::new(width),
            width: usize::try_from(width).unwrap_or(0),
            bytes: Vec::new(),
        }),
        other => {
            return Err(Error::new(ErrorKind::Unsupported, "Text is not read as this type; read it as text")
                .with_context("type", other));
        }
    })
}

/// A column whose values are read by a function.
struct Values<T: ArrowPrimitiveType, F> {
    builder: PrimitiveBuilder<T>,
    parse: F,
}

/// A column that holds nulls alone.
struct Nulls(usize);

/// A column of bytes.
struct Hex<B> {
    builder: B,
    bytes: Vec<u8>,
}

/// A column of bytes, each value of the same length.
struct FixedHex {
    builder: FixedSizeBinaryBuilder,
    width: usize,
    bytes: Vec<u8>,
}

impl<T, F> TextColumn for Values<T, F>
where
    T: ArrowPrimitiveType,
    F: Fn(&str) -> Option<T::Native> + Send,
{
    fn push(&mut self, text: &str) -> bool {
        let value = (self.parse)(text);
        if let Some(value) = value {
            self.builder.append_value(value);
        }
        value.is_some()
    }

    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        fill(self, texts)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.builder.finish()))
    }
}

impl TextColumn for Nulls {
    fn push(&mut self, _: &str) -> bool {
        false
    }

    fn push_null(&mut self) {
        self.0 += 1;
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        fill(self, texts)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(NullArray::new(std::mem::take(&mut self.0))))
    }
}

impl TextColumn for BooleanBuilder {
    fn push(&mut self, text: &str) -> bool {
        match text {
            "true" | "TRUE" | "True" => self.append_value(true),
            "false" | "FALSE" | "False" => self.append_value(false),
            _ => return false,
        }
        true
    }

    fn push_null(&mut self) {
        self.append_null();
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        fill(self, texts)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Self::finish(self)))
    }
}

impl<O: OffsetSizeTrait> TextColumn for GenericStringBuilder<O> {
    fn push(&mut self, text: &str) -> bool {
        self.append_value(text);
        true
    }

    fn push_null(&mut self) {
        self.append_null();
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        fill(self, texts)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Self::finish(self)))
    }
}

macro_rules! hex_column {
    ($builder:ty) => {
        impl TextColumn for Hex<$builder> {
            fn push(&mut self, text: &str) -> bool {
                let is_hex = parse_hex(text, &mut self.bytes);
                if is_hex {
                    self.builder.append_value(&self.bytes);
                }
                is_hex
            }

            fn push_null(&mut self) {
                self.builder.append_null();
            }

            fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
                fill(self, texts)
            }

            fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
                Ok(Arc::new(self.builder.finish()))
            }
        }
    };
}

hex_column!(BinaryBuilder);
hex_column!(LargeBinaryBuilder);

impl TextColumn for FixedHex {
    fn push(&mut self, text: &str) -> bool {
        parse_hex(text, &mut self.bytes)
            && self.bytes.len() == self.width
            && self.builder.append_value(&self.bytes).is_ok()
    }

    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        fill(self, texts)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.builder.finish()))
    }
}

/// Fills a column of a known type, so that the loop has no call through a table.
fn fill(column: &mut impl TextColumn, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
    for (at, text) in texts.iter().enumerate() {
        match text {
            Some(text) if column.push(text) => {}
            Some(_) => return Err(at),
            None => column.push_null(),
        }
    }
    Ok(())
}

fn values<T: ArrowPrimitiveType>(
    data_type: &DataType,
    parse: impl Fn(&str) -> Option<T::Native> + Send + 'static,
) -> Box<dyn TextColumn> {
    Box::new(Values { builder: PrimitiveBuilder::<T>::new().with_data_type(data_type.clone()), parse })
}

fn integers<T: ArrowPrimitiveType>() -> Box<dyn TextColumn>
where
    T::Native: TryFrom<i128>,
{
    values::<T>(&T::DATA_TYPE, |text| parse_integer(text.as_bytes()))
}

fn times<T: ArrowPrimitiveType>(data_type: &DataType, unit: TimeUnit) -> Box<dyn TextColumn>
where
    T::Native: TryFrom<i64>,
{
    values::<T>(data_type, move |text| T::Native::try_from(Time::parse(text.as_bytes())?.in_unit(unit)?).ok())
}

fn moments<T: ArrowPrimitiveType<Native = i64>>(
    data_type: &DataType,
    unit: TimeUnit,
    is_zoned: bool,
) -> Box<dyn TextColumn> {
    values::<T>(data_type, move |text| {
        Moment::parse(text.as_bytes()).filter(|moment| moment.is_zoned == is_zoned)?.in_unit(unit)
    })
}

fn parse_i64(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (is_negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // Up to 18 digits nothing can overflow; the rest goes the long way.
    if digits.is_empty() || digits.len() > 18 {
        return parse_integer(bytes);
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return parse_integer(bytes);
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if is_negative { -value } else { value })
}

fn parse_f64(text: &str) -> Option<f64> {
    match Number::parse(text.as_bytes()) {
        Some(number) => number.to_f64(text),
        None => parse_other_float(text, Number::to_f64),
    }
}

fn parse_f32(text: &str) -> Option<f32> {
    match Number::parse(text.as_bytes()) {
        Some(number) => number.to_f32(text),
        None => parse_other_float(text, Number::to_f32),
    }
}

/// Reads what has a value as a float and yet is not proposed as one: a plus, leading zeros, infinities, no number.
fn parse_other_float<T: From<f32>>(text: &str, parse: impl Fn(Number, &str) -> Option<T>) -> Option<T> {
    match text {
        "NaN" | "nan" => Some(f32::NAN.into()),
        "inf" | "Infinity" | "+inf" | "Inf" => Some(f32::INFINITY.into()),
        "-inf" | "-Infinity" | "-Inf" => Some(f32::NEG_INFINITY.into()),
        _ => {
            let unsigned = text.strip_prefix('+').unwrap_or(text);
            parse(Number::parse(unsigned.as_bytes())?, unsigned)
        }
    }
}

fn parse_hex(text: &str, to: &mut Vec<u8>) -> bool {
    to.clear();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    for [high, low] in pairs {
        let (Some(high), Some(low)) = ((*high as char).to_digit(16), (*low as char).to_digit(16)) else {
            return false;
        };
        to.push((high * 16 + low) as u8);
    }
    rest.is_empty()
}
