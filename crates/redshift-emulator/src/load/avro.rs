//! Avro: values by their physical type, as the service reads them.
//!
//! Logical types are unknown to the service: a date is a number of days and a decimal is bytes. What is complex, bytes
//! too, becomes JSON text.

use apache_avro::types::Value;
use serde_json::{Value as Json, json};

/// An Avro value as JSON, without its logical type.
pub(crate) fn physical(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => json!(value),
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => json!(value),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Double(value) => json!(value),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => byte_text(&bytes),
        Value::Decimal(decimal) => {
            let bytes = Vec::<u8>::try_from(&decimal).unwrap_or_default();
            byte_text(&bytes)
        }
        Value::String(text) | Value::Enum(_, text) => json!(text),
        Value::Uuid(id) => json!(id.to_string()),
        Value::Union(_, value) => physical(*value),
        Value::Array(values) => Json::Array(values.into_iter().map(physical).collect()),
        Value::Map(values) => {
            Json::Object(values.into_iter().map(|(name, value)| (name, physical(value))).collect())
        }
        Value::Record(fields) => {
            Json::Object(fields.into_iter().map(|(name, value)| (name, physical(value))).collect())
        }
        other => json!(format!("{other:?}")),
    }
}

/// Bytes as Avro's JSON has them: each byte a character, in an array so that no column takes them for text.
fn byte_text(bytes: &[u8]) -> Json {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    json!([text])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_types_are_lost() {
        assert_eq!(physical(Value::Date(19_000)), json!(19_000));
        assert_eq!(physical(Value::Union(1, Box::new(Value::TimestampMicros(5)))), json!(5));
        assert_eq!(physical(Value::Bytes(vec![1])), json!(["\u{1}"]));
    }
}
