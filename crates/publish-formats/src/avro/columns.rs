//! From Arrow columns to the schema of an Avro file.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit};
use publish_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::canonical::canonical_schema;

/// Digits of the largest 64-bit number without sign, which Avro has no number for.
const U64_DIGITS: u8 = 20;

/// The columns of an Avro file to be written.
#[derive(Debug)]
pub(super) struct WrittenColumns {
    /// The columns in types that Avro has.
    pub(super) schema: SchemaRef,
    /// Avro's schema, as JSON.
    pub(super) json: String,
}

impl WrittenColumns {
    /// Finds for each column the Avro type that holds all its values exactly: small integers in wider ones, `UInt64`
    /// in a decimal, seconds in milliseconds.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the column, if there is none;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a name that Avro does not allow.
    pub(super) fn of(schema: &Schema) -> Result<Self> {
        let canonical = canonical_schema(schema)?;
        let mut naming = Naming::default();
        let (fields, columns) = naming.fields(canonical.fields())?;
        let json = json!({"type": "record", "name": "result", "fields": columns}).to_string();
        apache_avro::Schema::parse_str(&json).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "Avro does not allow these columns; rename them")
                .with_source(error)
        })?;
        Ok(Self { schema: Arc::new(Schema::new(fields)), json })
    }
}

/// Gives each record and fixed a name of its own.
#[derive(Debug, Default)]
struct Naming {
    count: usize,
}

impl Naming {
    fn fields(&mut self, fields: &Fields) -> Result<(Fields, Vec<Value>)> {
        let mut written = Vec::with_capacity(fields.len());
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let in_column = |error: Error| error.with_context("column", field.name());
            if !is_avro_name(field.name()) {
                let message =
                    "A name in Avro is letters, digits and _ and starts with no digit; rename the column";
                return Err(in_column(Error::new(ErrorKind::InvalidRequest, message)));
            }
            let (field, json) = self.field(field).map_err(in_column)?;
            columns.push(json!({"name": field.name(), "type": json}));
            written.push(field);
        }
        Ok((written.into(), columns))
    }

    fn field(&mut self, field: &FieldRef) -> Result<(FieldRef, Value)> {
        let (data_type, json) = self.data_type(field.data_type())?;
        let json = if field.is_nullable() && json != "null" { json!(["null", json]) } else { json };
        Ok((Arc::new(Field::new(field.name(), data_type, field.is_nullable())), json))
    }

    fn data_type(&mut self, data_type: &DataType) -> Result<(DataType, Value)> {
        let json = match data_type {
            DataType::Null => json!("null"),
            DataType::Boolean => json!("boolean"),
            DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16 | DataType::Int32 => {
                return Ok((DataType::Int32, json!("int")));
            }
            DataType::UInt32 | DataType::Int64 => return Ok((DataType::Int64, json!("long"))),
            DataType::UInt64 => return Ok((DataType::Decimal128(U64_DIGITS, 0), decimal(U64_DIGITS, 0))),
            DataType::Float32 => json!("float"),
            DataType::Float64 => json!("double"),
            DataType::Utf8 => json!("string"),
            DataType::Binary => json!("bytes"),
            DataType::FixedSizeBinary(len) => json!({"type": "fixed", "name": self.name(), "size": len}),
            DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)
                if (0..=i16::from(*precision)).contains(&i16::from(*scale)) =>
            {
                decimal(*precision, *scale)
            }
            DataType::Date32 => json!({"type": "int", "logicalType": "date"}),
            DataType::Time32(_) => {
                let json = json!({"type": "int", "logicalType": "time-millis"});
                return Ok((DataType::Time32(TimeUnit::Millisecond), json));
            }
            DataType::Time64(_) => {
                let json = json!({"type": "long", "logicalType": "time-micros"});
                return Ok((DataType::Time64(TimeUnit::Microsecond), json));
            }
            DataType::Timestamp(unit, zone) => {
                let local = if zone.is_some() { "" } else { "local-" };
                let (unit, name) = match unit {
                    TimeUnit::Second | TimeUnit::Millisecond => (TimeUnit::Millisecond, "millis"),
                    TimeUnit::Microsecond => (TimeUnit::Microsecond, "micros"),
                    TimeUnit::Nanosecond => (TimeUnit::Nanosecond, "nanos"),
                };
                let json = json!({"type": "long", "logicalType": format!("{local}timestamp-{name}")});
                return Ok((DataType::Timestamp(unit, zone.clone()), json));
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => {
                json!({"type": "fixed", "name": self.name(), "size": 12, "logicalType": "duration"})
            }
            DataType::List(item) => {
                let (item, json) = self.field(item)?;
                return Ok((DataType::List(item), json!({"type": "array", "items": json})));
            }
            DataType::Struct(fields) => {
                let name = self.name();
                let (fields, columns) = self.fields(fields)?;
                let json = json!({"type": "record", "name": name, "fields": columns});
                return Ok((DataType::Struct(fields), json));
            }
            DataType::Map(entries, sorted) => return self.map(entries, *sorted),
            _ => return Err(refused(data_type)),
        };
        Ok((data_type.clone(), json))
    }

    fn map(&mut self, entries: &FieldRef, sorted: bool) -> Result<(DataType, Value)> {
        let DataType::Struct(pair) = entries.data_type() else { return Err(refused(entries.data_type())) };
        let [key, value] = pair.as_ref() else { return Err(refused(entries.data_type())) };
        if *key.data_type() != DataType::Utf8 {
            return Err(refused(key.data_type()).with_context("part", "key of a map"));
        }
        let (value, json) = self.field(value)?;
        let pair = DataType::Struct(vec![Arc::clone(key), value].into());
        let entries = entries.as_ref().clone().with_data_type(pair);
        Ok((DataType::Map(Arc::new(entries), sorted), json!({"type": "map", "values": json})))
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("type_{}", self.count)
    }
}

fn decimal(precision: u8, scale: i8) -> Value {
    json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
}

fn is_avro_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn refused(data_type: &DataType) -> Error {
    Error::new(ErrorKind::Unsupported, "Avro has no type that holds this one exactly; write it as text")
        .with_context("type", data_type)
}
