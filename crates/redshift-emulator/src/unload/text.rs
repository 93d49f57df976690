//! Rows as text: delimited, CSV and JSON (the manual's page "UNLOAD").

use crate::sql::{UnloadCommand, UnloadFormat};

/// Numbers of PostgreSQL's types whose values JSON has as they are: integers, floats, decimals, and SUPER.
const BARE: [u32; 7] = [20, 21, 23, 700, 701, 1700, 4000];
/// The number of boolean.
const BOOLEAN: u32 = 16;
/// The numbers of CHAR and VARCHAR.
const CHARACTERS: [u32; 3] = [25, 1042, 1043];

/// Writes the line of names.
pub(super) fn write_header(unload: &UnloadCommand, columns: &[(String, u32)], to: &mut Vec<u8>) {
    let names = columns.iter().map(|(name, _)| Some(name.clone())).collect::<Vec<_>>();
    write_fields(unload, columns, &names, to);
}

/// Writes one row.
pub(super) fn write_row(
    unload: &UnloadCommand,
    columns: &[(String, u32)],
    row: &[Option<String>],
    to: &mut Vec<u8>,
) {
    match unload.format {
        UnloadFormat::Json => write_object(columns, row, to),
        _ => write_fields(unload, columns, row, to),
    }
}

fn write_fields(unload: &UnloadCommand, columns: &[(String, u32)], row: &[Option<String>], to: &mut Vec<u8>) {
    for (at, (value, (_, kind))) in row.iter().zip(columns).enumerate() {
        if at > 0 {
            to.push(unload.delimiter);
        }
        let Some(value) = value else {
            to.extend(unload.null_as.bytes());
            continue;
        };
        if unload.format == UnloadFormat::Csv {
            write_csv(value, unload.delimiter, to);
            continue;
        }
        let is_quoted = unload.has("addquotes");
        to.extend(is_quoted.then_some(b'"'));
        for byte in value.bytes() {
            let is_special = matches!(byte, b'\n' | b'\r' | b'\\')
                || byte == unload.delimiter
                || (is_quoted && matches!(byte, b'"' | b'\''));
            if is_special && unload.has("escape") && CHARACTERS.contains(kind) {
                to.push(b'\\');
            }
            to.push(byte);
        }
        to.extend(is_quoted.then_some(b'"'));
    }
    to.push(b'\n');
}

/// A field with a delimiter, a quote or a line end stands in quotes, and its quotes are doubled.
fn write_csv(value: &str, delimiter: u8, to: &mut Vec<u8>) {
    let is_special = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == delimiter;
    if value.bytes().any(is_special) {
        to.push(b'"');
        to.extend(value.replace('"', "\"\"").bytes());
        to.push(b'"');
    } else {
        to.extend(value.bytes());
    }
}

fn write_object(columns: &[(String, u32)], row: &[Option<String>], to: &mut Vec<u8>) {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let members = columns.iter().zip(row).map(|((name, kind), value)| {
        let value = match value {
            None => "null".to_owned(),
            Some(value) if *kind == BOOLEAN => (value == "t").to_string(),
            // NaN and infinities are no numbers of JSON.
            Some(value)
                if BARE.contains(kind) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() =>
            {
                value.clone()
            }
            Some(value) => quoted(value),
        };
        format!("{}:{value}", quoted(name))
    });
    to.extend(format!("{{{}}}\n", members.collect::<Vec<_>>().join(",")).bytes());
}
