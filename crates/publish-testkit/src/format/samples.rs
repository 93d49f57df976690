//! Values of every type, with nulls and extremes.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Float64Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, PrimitiveArray, RecordBatch, StringArray, StructArray,
    Time32MillisecondArray, Time64MicrosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

/// A column of values, and whether a format has to be able to write it.
pub(super) struct TypeSample {
    pub(super) name: &'static str,
    pub(super) values: ArrayRef,
    pub(super) is_required: bool,
}

/// 9999-12-31 and 0001-01-01 in days since 1970.
const LAST_DAY: i32 = 2_932_896;
const FIRST_DAY: i32 = -719_162;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// One column of each type.
pub(super) fn type_samples() -> Result<Vec<TypeSample>, ArrowError> {
    let mut samples = Vec::new();
    let mut add =
        |name, values: ArrayRef, is_required| samples.push(TypeSample { name, values, is_required });

    add("booleans", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])), true);
    add("int8", Arc::new(Int8Array::from(vec![Some(i8::MIN), None, Some(i8::MAX)])), false);
    add("int16", Arc::new(Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX)])), false);
    add("int32", Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(0), Some(i32::MAX)])), true);
    add("int64", Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(0), Some(i64::MAX)])), true);
    add("uint8", Arc::new(UInt8Array::from(vec![Some(0), None, Some(u8::MAX)])), false);
    add("uint16", Arc::new(UInt16Array::from(vec![Some(0), None, Some(u16::MAX)])), false);
    add("uint32", Arc::new(UInt32Array::from(vec![Some(0), None, Some(u32::MAX)])), false);
    add("uint64", Arc::new(UInt64Array::from(vec![Some(0), None, Some(u64::MAX)])), false);
    let floats = [0.1, -0.0, f32::MAX, f32::MIN_POSITIVE, 16_777_217.0];
    add("float32", Arc::new(Float32Array::from_iter(floats.map(Some).into_iter().chain([None]))), false);
    let doubles = [0.1, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 9_007_199_254_740_993.0, -1e300];
    let doubles = doubles.map(Some).into_iter().chain([None]);
    add("float64", Arc::new(PrimitiveArray::<Float64Type>::from_iter(doubles)), true);
    let unreal = vec![Some(f64::INFINITY), None, Some(f64::NEG_INFINITY), Some(f64::NAN)];
    add("float64 that are no numbers", Arc::new(Float64Array::from(unreal)), false);

    add("texts", Arc::new(texts()), true);
    let bytes: Vec<Option<&[u8]>> = vec![Some(b"\x00\xff\n\""), None, Some(b""), Some(b"abc")];
    add("binary", Arc::new(BinaryArray::from(bytes)), false);
    let mut fixed = FixedSizeBinaryBuilder::new(4);
    fixed.append_value(b"\x00\x01\xfe\xff")?;
    fixed.append_null();
    add("fixed binary", Arc::new(fixed.finish()), false);

    let days = vec![Some(FIRST_DAY), None, Some(-1), Some(0), Some(LAST_DAY)];
    add("dates", Arc::new(Date32Array::from(days)), true);
    add(
        "times of milliseconds",
        Arc::new(Time32MillisecondArray::from(vec![Some(0), None, Some(86_399_999)])),
        false,
    );
    let times = vec![Some(0), None, Some(MICROS_A_DAY - 1)];
    add("times of microseconds", Arc::new(Time64MicrosecondArray::from(times)), false);
    let first = i64::from(FIRST_DAY) * MICROS_A_DAY;
    let last = i64::from(LAST_DAY + 1) * MICROS_A_DAY - 1;
    let moments = vec![Some(first), None, Some(-1), Some(0), Some(1), Some(last)];
    add("timestamps", Arc::new(TimestampMicrosecondArray::from(moments.clone())), true);
    let zoned = TimestampMicrosecondArray::from(moments).with_timezone("UTC");
    add("timestamps of a zone", Arc::new(zoned), true);
    let millis = vec![Some(first / 1000), None, Some(-1), Some(1)];
    add("timestamps of milliseconds", Arc::new(TimestampMillisecondArray::from(millis)), false);
    let nanos = vec![Some(i64::MIN + 1), None, Some(-1), Some(1), Some(i64::MAX)];
    add("timestamps of nanoseconds", Arc::new(TimestampNanosecondArray::from(nanos)), false);

    let largest = 10_i128.pow(38) - 1;
    for (name, precision, scale, is_required) in [
        ("decimals of scale 2", 10, 2, true),
        ("decimals of scale 0", 38, 0, false),
        ("decimals of scale 38", 38, 38, false),
    ] {
        let most = if precision == 38 { largest } else { 9_999_999_999 };
        let values = Decimal128Array::from(vec![Some(-most), None, Some(0), Some(1), Some(100), Some(most)]);
        add(name, Arc::new(values.with_precision_and_scale(precision, scale)?), is_required);
    }

    let mut lists = ListBuilder::new(Int64Builder::new());
    lists.append_value([Some(i64::MAX), None, Some(-1)]);
    lists.append_null();
    lists.append_value([]);
    add("lists", Arc::new(lists.finish()), false);
    let fields: [(Arc<Field>, ArrayRef); 2] = [
        (field("a", DataType::Int64), Arc::new(Int64Array::from(vec![Some(1), None, None]))),
        (field("b", DataType::Utf8), Arc::new(StringArray::from(vec![Some("x"), Some(""), None]))),
    ];
    add("structs", Arc::new(StructArray::from(fields.to_vec())), false);
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    maps.keys().append_value("k");
    maps.values().append_value(1);
    maps.keys().append_value("\"l\"");
    maps.values().append_null();
    maps.append(true)?;
    maps.append(false)?;
    maps.append(true)?;
    add("maps", Arc::new(maps.finish()), false);
    Ok(samples)
}

/// Texts that are easily mistaken for something else.
fn texts() -> StringArray {
    let long = "é€😀".repeat(65_535 / 9);
    StringArray::from(vec![
        Some(""),
        None,
        Some("null"),
        Some("NULL"),
        Some("\\N"),
        Some(" "),
        Some("a,b"),
        Some("a\tb"),
        Some("\""),
        Some("\"\""),
        Some("it's"),
        Some("a\nb"),
        Some("a\r\nb"),
        Some("\r"),
        Some("\\"),
        Some("007"),
        Some("+1"),
        Some("1e5"),
        Some("true"),
        Some("2024-01-01"),
        Some("{}"),
        Some("\u{feff}x"),
        Some("grüße 😀"),
        Some(long.as_str()),
        Some("a\0b"),
    ])
}

/// A batch of row numbers from `first`, and a text of each that no other has.
pub(super) fn numbered(first: i64, count: usize, text_len: usize) -> Result<RecordBatch, ArrowError> {
    let numbers = Int64Array::from_iter_values(first..first + count as i64);
    let texts = (0..count as u64).map(|row| noise(first as u64 + row, text_len));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    RecordBatch::try_new(numbered_schema(), vec![Arc::new(numbers), texts])
}

/// The schema of [`numbered`].
pub(super) fn numbered_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![field("n", DataType::Int64), field("text", DataType::Utf8)]))
}

/// Letters that differ for each seed.
fn noise(seed: u64, len: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state % 26) as u8)
    });
    let start: String = letters.take(len.min(64)).collect();
    let mut text = start.repeat(len / start.len().max(1) + 1);
    text.truncate(len);
    text
}

fn field(name: &str, data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new(name, data_type, true))
}
