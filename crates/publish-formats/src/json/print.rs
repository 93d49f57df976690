//! Values as JSON.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericListArray, MapArray, OffsetSizeTrait, StructArray};
use arrow_schema::DataType;
use publish_core::Result;

use super::parser::{Kind, Parser};
use crate::text::{Printer, is_bare, printer};

/// The printer of a column's values as JSON, nulls too. It has no text for NaN and infinities.
pub(crate) fn json_printer(array: &dyn Array) -> Result<Printer<'_>> {
    let print: Printer<'_> = match array.data_type() {
        DataType::Struct(_) => struct_printer(array.as_struct())?,
        DataType::List(_) => list_printer(array.as_list::<i32>())?,
        DataType::LargeList(_) => list_printer(array.as_list::<i64>())?,
        DataType::Map(..) => map_printer(array.as_map())?,
        DataType::Float32 | DataType::Float64 => {
            let print = printer(array)?;
            Box::new(move |row, to| {
                let start = to.len();
                print(row, to)?;
                // NaN and inf, with or without a sign, are the only floats that end in a letter.
                if to.ends_with(|last: char| last.is_ascii_digit()) {
                    return Some(());
                }
                to.truncate(start);
                None
            })
        }
        other if is_bare(other) => printer(array)?,
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(move |row, to| {
                print_string(values.value(row), to);
                Some(())
            })
        }
        _ => {
            let print = printer(array)?;
            let scratch = std::cell::RefCell::new(String::new());
            Box::new(move |row, to| {
                let mut text = scratch.borrow_mut();
                text.clear();
                print(row, &mut text)?;
                print_string(&text, to);
                Some(())
            })
        }
    };
    if array.null_count() == 0 && array.data_type() != &DataType::Null {
        return Ok(print);
    }
    let is_null = move |row| array.is_null(row) || array.data_type() == &DataType::Null;
    Ok(Box::new(move |row, to| {
        if is_null(row) {
            to.push_str("null");
            return Some(());
        }
        print(row, to)
    }))
}

/// The printer of texts that are objects and arrays themselves: as they stand, without the space between their parts, so
/// that each is on one line. It has no text for what is neither.
///
/// # Errors
/// [`Unsupported`](publish_core::ErrorKind::Unsupported) if the column is none of texts.
pub(super) fn json_text_printer(array: &dyn Array) -> Result<Printer<'_>> {
    let Some(values) = array.as_string_opt::<i32>() else {
        return Err(publish_core::Error::new(
            publish_core::ErrorKind::Unsupported,
            "Only texts can be written as the JSON that they are; read the column as text",
        )
        .with_context("type", array.data_type()));
    };
    Ok(Box::new(move |row, to| {
        if array.is_null(row) {
            to.push_str("null");
            return Some(());
        }
        let mut parser = Parser::new(values.value(row));
        if !matches!(parser.kind().ok()?, Kind::Object | Kind::Array) {
            return None;
        }
        print_compact(parser.skip().ok()?, to);
        parser.end().ok()
    }))
}

/// Prints JSON without the space between its parts.
fn print_compact(json: &str, to: &mut String) {
    // Outside of strings there are ASCII characters alone, so that pieces end between characters.
    let (mut start, mut is_string, mut is_escaped) = (0, false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            b' ' | b'\n' | b'\r' | b'\t' if !is_string => {
                to.push_str(&json[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    to.push_str(&json[start..]);
}

/// Prints a string with its quotes.
pub(crate) fn print_string(text: &str, to: &mut String) {
    to.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        to.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => to.push_str("\\\""),
            b'\\' => to.push_str("\\\\"),
            b'\n' => to.push_str("\\n"),
            b'\r' => to.push_str("\\r"),
            b'\t' => to.push_str("\\t"),
            // Writing to a string can't fail.
            byte => drop(write!(to, "\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    to.push_str(rest);
    to.push('"');
}

/// A name of a field, ready to be printed before its values.
pub(crate) fn key_text(name: &str) -> String {
    let mut key = String::new();
    print_string(name, &mut key);
    key.push(':');
    key
}

fn struct_printer(array: &StructArray) -> Result<Printer<'_>> {
    let names = array.fields().iter().map(|field| key_text(field.name()));
    let columns = array.columns().iter().map(|column| json_printer(column.as_ref()));
    let columns = names.zip(columns).map(|(name, column)| Ok((name, column?))).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |row, to| {
        to.push('{');
        for (at, (name, column)) in columns.iter().enumerate() {
            if at > 0 {
                to.push(',');
            }
            to.push_str(name);
            column(row, to)?;
        }
        to.push('}');
        Some(())
    }))
}

fn list_printer<O: OffsetSizeTrait>(array: &GenericListArray<O>) -> Result<Printer<'_>> {
    let items = json_printer(array.values().as_ref())?;
    let offsets = array.value_offsets();
    Ok(Box::new(move |row, to| {
        to.push('[');
        let (start, end) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        for item in start..end {
            if item > start {
                to.push(',');
            }
            items(item, to)?;
        }
        to.push(']');
        Some(())
    }))
}

fn map_printer(array: &MapArray) -> Result<Printer<'_>> {
    let keys = printer(array.keys().as_ref())?;
    let values = json_printer(array.values().as_ref())?;
    let offsets = array.value_offsets();
    Ok(Box::new(move |row, to| {
        to.push('{');
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        for entry in start..end {
            if entry > start {
                to.push(',');
            }
            let mut key = String::new();
            keys(entry, &mut key)?;
            print_string(&key, to);
            to.push(':');
            values(entry, to)?;
        }
        to.push('}');
        Some(())
    }))
}
