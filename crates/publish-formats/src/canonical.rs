//! The Arrow types that leave this crate, and the way to them from those that decoders make.
//!
//! Targets map few types if each kind of value comes in one: no dictionaries, views, `Large*`, lists of fixed size or
//! run ends, at any depth, and no zone but `UTC`. What changes is the representation, never a value.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Time64NanosecondType,
};
use arrow_array::{
    Array, ArrayRef, Date32Array, FixedSizeBinaryArray, ListArray, MapArray, RecordBatch, RecordBatchOptions,
    StringArray, StructArray,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{
    ArrowError, DECIMAL128_MAX_PRECISION, DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit,
};
use publish_core::{Error, ErrorKind, Result};

/// Key and value of a field's metadata by which a decoder says that its 16 bytes are a UUID.
pub(crate) const UUID_MARK: (&str, &str) = ("logicalType", "uuid");

const NANOS_A_MICRO: i64 = 1000;

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// The schema in which batches of `raw` leave this crate.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported), naming the column, for unions.
pub(crate) fn canonical_schema(raw: &Schema) -> Result<SchemaRef> {
    let fields = raw
        .fields()
        .iter()
        .map(|field| canonical_field(field).map_err(|error| error.with_context("column", field.name())))
        .collect::<Result<Fields>>()?;
    Ok(Arc::new(Schema::new(fields)))
}

/// Brings a batch into `schema`, whose columns are those of the batch in another representation: the canonical one of
/// what was decoded, or that of a file to be written.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData), naming the column, for a value that its type does not hold.
pub(crate) fn canonical_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    canonical_batch_of(batch, batch.schema_ref(), schema)
}

/// As [`canonical_batch`], of a batch whose fields are those of `raw`: a decoder's own schema has no marks on its fields.
///
/// # Errors
/// As [`canonical_batch`].
pub(crate) fn canonical_batch_of(
    batch: &RecordBatch,
    raw: &Schema,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .zip(raw.fields().iter().zip(schema.fields()))
        .map(|(array, (from, to))| {
            let array = canonical_array(array, from, to).map_err(|error| misfit(to, error))?;
            if !to.is_nullable() && array.null_count() > 0 {
                return Err(misfit(to, ArrowError::InvalidArgumentError("a null where none may be".into())));
            }
            Ok(array)
        })
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|error| {
        Error::new(ErrorKind::BadData, "The file's columns are not those its schema tells").with_source(error)
    })
}

fn canonical_field(field: &Field) -> Result<FieldRef> {
    let data_type = if is_uuid(field) { DataType::Utf8 } else { canonical_type(field.data_type())? };
    // Some schemas say that a column of nothing but nulls may hold none.
    let is_nullable = field.is_nullable() || data_type == DataType::Null;
    Ok(Arc::new(Field::new(field.name(), data_type, is_nullable)))
}

fn canonical_type(raw: &DataType) -> Result<DataType> {
    Ok(match raw {
        DataType::Dictionary(_, value) => canonical_type(value)?,
        DataType::RunEndEncoded(_, values) => canonical_type(values.data_type())?,
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Date64 => DataType::Date32,
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Decimal256(precision, scale) if *precision <= DECIMAL128_MAX_PRECISION => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Timestamp(unit, zone) => DataType::Timestamp(*unit, zone.as_ref().map(|_| "UTC".into())),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => DataType::List(canonical_field(item)?),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| canonical_field(field)).collect::<Result<_>>()?)
        }
        DataType::Map(entries, sorted) => DataType::Map(canonical_field(entries)?, *sorted),
        DataType::Union(..) => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "A column of several types cannot be published; write one column for each type",
            ));
        }
        other => other.clone(),
    })
}

/// Whether a field of 16 bytes was marked as a UUID.
pub(crate) fn is_uuid(field: &Field) -> bool {
    *field.data_type() == DataType::FixedSizeBinary(16)
        && field.metadata().get(UUID_MARK.0).is_some_and(|mark| mark == UUID_MARK.1)
}

/// Marks a field of 16 bytes as a UUID.
pub(crate) fn mark_uuid(field: Field) -> Field {
    field.with_metadata(HashMap::from([(UUID_MARK.0.to_owned(), UUID_MARK.1.to_owned())]))
}

fn canonical_array(array: &ArrayRef, from: &Field, to: &Field) -> Result<ArrayRef, ArrowError> {
    if is_uuid(from) {
        return Ok(Arc::new(uuid_texts(array.as_fixed_size_binary())));
    }
    match (from.data_type(), to.data_type()) {
        (DataType::Date64, _) => days(array),
        (DataType::Struct(from), DataType::Struct(to)) => {
            let parts = array.as_struct();
            let columns = parts
                .columns()
                .iter()
                .zip(from.iter().zip(to))
                .map(|(column, (from, to))| canonical_array(column, from, to))
                .collect::<Result<Vec<_>, _>>()?;
            let rows =
                StructArray::try_new_with_length(to.clone(), columns, parts.nulls().cloned(), parts.len())?;
            Ok(Arc::new(rows))
        }
        (DataType::List(from), DataType::List(to)) => {
            let lists = array.as_list::<i32>();
            let values = canonical_array(lists.values(), from, to)?;
            let lists =
                ListArray::try_new(Arc::clone(to), lists.offsets().clone(), values, lists.nulls().cloned())?;
            Ok(Arc::new(lists))
        }
        (DataType::Map(from, _), DataType::Map(to, sorted)) => {
            let maps = array.as_map();
            let entries: ArrayRef = Arc::new(maps.entries().clone());
            let entries = canonical_array(&entries, from, to)?.as_struct().clone();
            let nulls = maps.nulls().cloned();
            let maps = MapArray::try_new(Arc::clone(to), maps.offsets().clone(), entries, nulls, *sorted)?;
            Ok(Arc::new(maps))
        }
        (
            DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item),
            _,
        ) => {
            let list = DataType::List(Arc::clone(item));
            canonical_array(&exact_cast(array, &list)?, &from.clone().with_data_type(list), to)
        }
        (DataType::Dictionary(_, value), _) => canonical_array(
            &exact_cast(array, value)?,
            &from.clone().with_data_type(value.as_ref().clone()),
            to,
        ),
        (DataType::RunEndEncoded(_, values), _) => {
            let value = values.data_type();
            canonical_array(&exact_cast(array, value)?, &from.clone().with_data_type(value.clone()), to)
        }
        (from, to @ (DataType::Decimal128(..) | DataType::Decimal256(..))) => {
            check_digits(array)?;
            if from == to { Ok(Arc::clone(array)) } else { exact_cast(array, to) }
        }
        (from, to) if from == to => Ok(Arc::clone(array)),
        (DataType::Time64(TimeUnit::Nanosecond), to @ DataType::Time64(TimeUnit::Microsecond)) => {
            micros(array, to)
        }
        (_, to) => exact_cast(array, to),
    }
}

/// Casts between two representations of the same values.
pub(crate) fn exact_cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Refuses decimals of more digits than their type has: neither decoders nor casts of the same scale look at them.
fn check_digits(decimals: &ArrayRef) -> Result<(), ArrowError> {
    match decimals.data_type() {
        DataType::Decimal32(precision, _) => {
            decimals.as_primitive::<Decimal32Type>().validate_decimal_precision(*precision)
        }
        DataType::Decimal64(precision, _) => {
            decimals.as_primitive::<Decimal64Type>().validate_decimal_precision(*precision)
        }
        DataType::Decimal128(precision, _) => {
            decimals.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)
        }
        DataType::Decimal256(precision, _) => {
            decimals.as_primitive::<Decimal256Type>().validate_decimal_precision(*precision)
        }
        _ => Ok(()),
    }
}

fn days(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let days: Date32Array = array.as_primitive::<Date64Type>().try_unary(|millis| {
        let day = i32::try_from(millis.div_euclid(MILLIS_A_DAY)).ok();
        day.filter(|_| millis.rem_euclid(MILLIS_A_DAY) == 0)
            .ok_or_else(|| ArrowError::CastError(format!("{millis} milliseconds are not a date")))
    })?;
    Ok(Arc::new(days))
}

fn micros(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let has_rest = |nanos: i64| nanos % NANOS_A_MICRO != 0;
    match array.as_primitive::<Time64NanosecondType>().iter().flatten().find(|nanos| has_rest(*nanos)) {
        Some(nanos) => {
            Err(ArrowError::CastError(format!("a time of {nanos} nanoseconds has digits below microseconds")))
        }
        None => exact_cast(array, to),
    }
}

fn uuid_texts(uuids: &FixedSizeBinaryArray) -> StringArray {
    const TEXT_LEN: usize = 36;
    let mut texts = StringBuilder::with_capacity(uuids.len(), uuids.len() * TEXT_LEN);
    let mut text = String::with_capacity(TEXT_LEN);
    for uuid in uuids {
        texts.append_option(uuid.map(|bytes| {
            text.clear();
            for (index, byte) in bytes.iter().enumerate() {
                if matches!(index, 4 | 6 | 8 | 10) {
                    text.push('-');
                }
                // Writing to a string never fails.
                let _ = write!(text, "{byte:02x}");
            }
            &text
        }));
    }
    texts.finish()
}

fn misfit(column: &Field, error: ArrowError) -> Error {
    Error::new(ErrorKind::BadData, "A value does not fit its column's type; correct the file")
        .with_context("column", column.name())
        .with_context("type", column.data_type())
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{FixedSizeListBuilder, StringDictionaryBuilder};
    use arrow_array::types::{Int8Type, TimestampMillisecondType};
    use arrow_array::{Date64Array, Decimal128Array, Decimal256Array, TimestampMillisecondArray};
    use arrow_buffer::i256;

    use super::*;

    fn canonical(column: ArrayRef) -> Result<ArrayRef> {
        let batch = RecordBatch::try_from_iter_with_nullable([("a", column, true)]).unwrap();
        let schema = canonical_schema(batch.schema_ref()).unwrap();
        Ok(Arc::clone(canonical_batch(&batch, &schema)?.column(0)))
    }

    #[test]
    fn dictionaries_in_lists_of_fixed_size_become_texts_in_lists() {
        let mut lists = FixedSizeListBuilder::new(StringDictionaryBuilder::<Int8Type>::new(), 2);
        for text in ["b", "a", "b"] {
            lists.values().append_value(text);
        }
        lists.values().append_null();
        lists.append(true);
        lists.append(true);
        let lists = canonical(Arc::new(lists.finish())).unwrap();
        let texts = lists.as_list::<i32>().values().as_string::<i32>().iter().collect::<Vec<_>>();
        assert_eq!(texts, [Some("b"), Some("a"), Some("b"), None]);
    }

    #[test]
    fn a_date_in_milliseconds_is_a_day_or_refused() {
        let days = canonical(Arc::new(Date64Array::from(vec![Some(-MILLIS_A_DAY), None]))).unwrap();
        assert_eq!(days.as_ref(), &Date32Array::from(vec![Some(-1), None]) as &dyn Array);
        let error = canonical(Arc::new(Date64Array::from(vec![1]))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert_eq!(error.context()[0], ("column", "a".to_owned()));
    }

    #[test]
    fn any_zone_becomes_utc_and_the_instant_stays() {
        let column = TimestampMillisecondArray::from(vec![-7]).with_timezone("+05:30");
        let column = canonical(Arc::new(column)).unwrap();
        assert_eq!(column.data_type(), &DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())));
        assert_eq!(column.as_primitive::<TimestampMillisecondType>().values(), &[-7]);
    }

    #[test]
    fn a_decimal_with_more_digits_than_its_type_is_refused() {
        let narrow = |value| Decimal128Array::from(vec![value]).with_precision_and_scale(3, 1).unwrap();
        canonical(Arc::new(narrow(-999))).unwrap();
        assert_eq!(canonical(Arc::new(narrow(1000))).unwrap_err().kind(), ErrorKind::BadData);
        let wide = |value| Decimal256Array::from(vec![value]).with_precision_and_scale(3, 1).unwrap();
        let column = canonical(Arc::new(wide(i256::from_i128(-999)))).unwrap();
        assert_eq!(column.data_type(), &DataType::Decimal128(3, 1));
        for value in [i256::from_i128(1000), i256::MAX] {
            assert_eq!(canonical(Arc::new(wide(value))).unwrap_err().kind(), ErrorKind::BadData);
        }
    }
}
