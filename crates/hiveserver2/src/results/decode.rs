//! Makes an Arrow array of one column.

use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, NullArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::text;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::columns::{Column, ColumnForm};

/// Makes an array of the type that the column was announced with.
pub(super) fn decode(data_type: &DataType, column: &Column) -> Result<ArrayRef> {
    use ColumnForm::{Binary, Bool, Byte, Double, I16, I32, I64, Text};
    Ok(match (data_type, column.form) {
        (DataType::Null, _) => Arc::new(NullArray::new(column.row_count)),
        (DataType::Boolean, Bool) => {
            let values: BooleanBuffer = column.values.iter().map(|byte| *byte != 0).collect();
            Arc::new(BooleanArray::new(values, nulls(column)))
        }
        (DataType::Int8, Byte) => fixed::<Int8Type, 1>(column, i8::from_be_bytes),
        (DataType::Int16, I16) => fixed::<Int16Type, 2>(column, i16::from_be_bytes),
        (DataType::Int32, I32) => fixed::<Int32Type, 4>(column, i32::from_be_bytes),
        (DataType::Int64, I64) => fixed::<Int64Type, 8>(column, i64::from_be_bytes),
        (DataType::Float64, Double) => fixed::<Float64Type, 8>(column, f64::from_be_bytes),
        // The wire has no narrower form; the double is the float's own value or its shortest text's.
        #[expect(clippy::cast_possible_truncation)]
        (DataType::Float32, Double) => {
            fixed::<Float32Type, 8>(column, |bytes| f64::from_be_bytes(bytes) as f32)
        }
        (DataType::Utf8, Text) => strings(column)?,
        (DataType::Binary, Binary | Text) => {
            let (offsets, values) = flatten(column);
            Arc::new(BinaryArray::try_new(offsets, values, nulls(column)).map_err(unusable)?)
        }
        (DataType::Decimal128(precision, scale), Text) => {
            let (precision, scale) = (*precision, *scale);
            let array = parsed::<Decimal128Type>(column, |text| text::decimal(text, precision, scale))?;
            Arc::new(array.with_data_type(data_type.clone()))
        }
        (DataType::Date32, Text) => Arc::new(parsed::<Date32Type>(column, text::date)?),
        (DataType::Timestamp(TimeUnit::Microsecond, zone), Text) => {
            let array = parsed::<TimestampMicrosecondType>(column, text::microseconds)?;
            Arc::new(array.with_timezone_opt(zone.clone()))
        }
        (DataType::Timestamp(TimeUnit::Nanosecond, zone), Text) => {
            let array = parsed::<TimestampNanosecondType>(column, text::nanoseconds)?;
            Arc::new(array.with_timezone_opt(zone.clone()))
        }
        (data_type, form) => {
            let error = Error::new(ErrorKind::Protocol, "A column's values do not have the form of its type");
            return Err(error.with_context("type", data_type).with_context("form", format!("{form:?}")));
        }
    })
}

/// The null bitmap in Arrow's sense, where a bit that is set means valid. A bitmap shorter than the rows is filled up.
fn nulls(column: &Column) -> Option<NullBuffer> {
    if column.nulls.iter().all(|byte| *byte == 0) {
        return None;
    }
    let length = column.row_count.div_ceil(8);
    let mut valid: Vec<u8> = column.nulls.iter().take(length).map(|byte| !byte).collect();
    valid.resize(length, 0xff);
    Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(valid), 0, column.row_count)))
}

fn fixed<T: ArrowPrimitiveType, const N: usize>(
    column: &Column,
    value: fn([u8; N]) -> T::Native,
) -> ArrayRef {
    let values: Vec<T::Native> = column.values.as_chunks::<N>().0.iter().map(|bytes| value(*bytes)).collect();
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls(column)))
}

/// Moves the values together. They come from one message, so their offsets fit 31 bits.
fn flatten(column: &Column) -> (OffsetBuffer<i32>, Buffer) {
    let mut values = Vec::with_capacity(column.values.len());
    let mut lengths = Vec::with_capacity(column.row_count);
    for text in column.texts() {
        values.extend_from_slice(text);
        lengths.push(text.len());
    }
    (OffsetBuffer::from_lengths(lengths), Buffer::from_vec(values))
}

fn strings(column: &Column) -> Result<ArrayRef> {
    let (offsets, values) = flatten(column);
    if let Ok(array) = StringArray::try_new(offsets, values, nulls(column)) {
        return Ok(Arc::new(array));
    }
    let row = column.texts().position(|text| std::str::from_utf8(text).is_err()).unwrap_or_default();
    let error = Error::new(ErrorKind::BadData, "A text is not UTF-8; select it as BINARY");
    Err(error.with_context("row", row))
}

/// Reads each value from its text. What stands in a null row is not looked at.
fn parsed<T: ArrowPrimitiveType>(
    column: &Column,
    value: impl Fn(&str) -> Result<T::Native>,
) -> Result<PrimitiveArray<T>> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(column.row_count);
    for (row, bytes) in column.texts().enumerate() {
        if column.is_null(row) {
            builder.append_null();
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        let place = |error: Error| error.with_context("row", row).with_context("value", &text);
        builder.append_value(value(&text).map_err(place)?);
    }
    Ok(builder.finish())
}

fn unusable(source: arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Protocol, "A column's values make no array").with_source(source)
}
