//! JSON: objects one after another, their fields found by name.

use serde_json::Value;

use crate::load::convert::LoadColumn;
use crate::sql::FieldNames;

/// The text of each column's field; `None` is a null. A field that no column has is left out.
pub(crate) fn fields_of(value: &Value, columns: &[LoadColumn], names: &FieldNames) -> Vec<Option<String>> {
    if *names == FieldNames::NoShred {
        return vec![Some(value.to_string())];
    }
    let is_folded = *names == FieldNames::AutoIgnoreCase;
    let object = value.as_object();
    columns
        .iter()
        .map(|column| {
            let object = object?;
            let field = if is_folded {
                object
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(&column.name))
                    .map(|(_, value)| value)
            } else {
                object.get(&column.name)
            };
            text_of(field?, column)
        })
        .collect()
}

/// A value as text: strings as they are, complex values as JSON.
fn text_of(value: &Value, column: &LoadColumn) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if !column.is_super() => Some(text.clone()),
        value => Some(value.to_string()),
    }
}
