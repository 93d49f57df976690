//! Avro: values by their physical type, as the service reads them.
//!
//! Logical types are unknown to the service: a date is a number of days and a decimal is bytes. What is complex, bytes
//! too, becomes JSON text.

use apache_avro::types::Value;

/// The JSON text of an Avro value, without its logical type; the fields of a record keep their order.
pub(crate) fn physical(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => value.to_string(),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => value.to_string(),
        Value::Float(value) => number(value.is_finite(), &value.to_string()),
        Value::Double(value) => number(value.is_finite(), &value.to_string()),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => byte_text(bytes),
        Value::Decimal(decimal) => byte_text(&Vec::<u8>::try_from(decimal).unwrap_or_default()),
        Value::String(text) | Value::Enum(_, text) => quoted(text),
        Value::Uuid(id) => quoted(&id.to_string()),
        Value::Union(_, value) => physical(value),
        Value::Array(values) => format!("[{}]", values.iter().map(physical).collect::<Vec<_>>().join(",")),
        Value::Map(values) => object(values.iter()),
        Value::Record(fields) => object(fields.iter().map(|(name, value)| (name, value))),
        other => quoted(&format!("{other:?}")),
    }
}

fn object<'value>(members: impl Iterator<Item = (&'value String, &'value Value)>) -> String {
    let members: Vec<_> =
        members.map(|(name, value)| format!("{}:{}", quoted(name), physical(value))).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Numbers that are not finite have no JSON: they stand as strings.
fn number(is_finite: bool, text: &str) -> String {
    if is_finite { text.to_owned() } else { quoted(text) }
}

/// Bytes as Avro's JSON has them: each byte a character, in an array so that no column takes them for text.
fn byte_text(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    format!("[{}]", quoted(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_types_are_lost() {
        assert_eq!(physical(&Value::Date(19_000)), "19000");
        assert_eq!(physical(&Value::Union(1, Box::new(Value::TimestampMicros(5)))), "5");
        assert_eq!(physical(&Value::Bytes(vec![1])), "[\"\\u0001\"]");
        let record = vec![("b".to_owned(), Value::Int(1)), ("a".to_owned(), Value::Double(1.5))];
        assert_eq!(physical(&Value::Record(record)), r#"{"b":1,"a":1.5}"#);
    }
}
