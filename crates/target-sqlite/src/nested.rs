//! Lists, structs and maps as JSON text.

use std::io::Write;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use publish_core::{Error, ErrorKind, Result};

use crate::cells::{Cell, Cells, Unfit};
use crate::declared::Declared;
use crate::stored::Stored;
use crate::types::plain;

/// A column of nested values, taken apart once a batch.
#[derive(Debug)]
pub(crate) struct Nested {
    nulls: Option<NullBuffer>,
    node: Node,
}

#[derive(Debug)]
enum Node {
    /// A value without parts.
    Leaf(Box<Cells>),
    List {
        ranges: Vec<Range<usize>>,
        items: Box<Nested>,
    },
    Struct(Vec<(String, Nested)>),
    Map {
        ranges: Vec<Range<usize>>,
        keys: Box<Nested>,
        values: Box<Nested>,
    },
}

impl Nested {
    pub(crate) fn new(array: &ArrayRef) -> Result<Self> {
        let node = match array.data_type() {
            DataType::List(_) => list::<i32>(array)?,
            DataType::LargeList(_) => list::<i64>(array)?,
            DataType::ListView(_) => list_view::<i32>(array)?,
            DataType::LargeListView(_) => list_view::<i64>(array)?,
            DataType::FixedSizeList(_, _) => {
                let lists = array.as_fixed_size_list();
                let length = usize::try_from(lists.value_length()).unwrap_or_default();
                let ranges = (0..lists.len()).map(|row| row * length..(row + 1) * length).collect();
                Node::List { ranges, items: Box::new(Self::new(lists.values())?) }
            }
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns().iter().zip(fields);
                let parts = columns.map(|(column, field)| Ok((field.name().clone(), Self::new(column)?)));
                Node::Struct(parts.collect::<Result<_>>()?)
            }
            DataType::Map(..) => {
                let maps = array.as_map();
                Node::Map {
                    ranges: ranges_of(maps.value_offsets()),
                    keys: Box::new(Self::new(maps.keys())?),
                    values: Box::new(Self::new(maps.values())?),
                }
            }
            leaf => {
                let stored = Stored::of(plain(leaf), Declared::Any).ok_or_else(|| {
                    Error::new(ErrorKind::Unexpected, "A part of a nested column has no JSON form")
                        .with_context("type", leaf)
                })?;
                Node::Leaf(Box::new(Cells::new(stored, array)?))
            }
        };
        Ok(Self { nulls: array.logical_nulls(), node })
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Appends the JSON of a row.
    pub(crate) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match &self.node {
            Node::Leaf(cells) => write_leaf(cells, row, out),
            Node::List { ranges, items } => {
                out.push(b'[');
                for (place, item) in ranges[row].clone().enumerate() {
                    separate(out, place);
                    items.write(item, out)?;
                }
                out.push(b']');
                Ok(())
            }
            Node::Struct(parts) => {
                out.push(b'{');
                for (place, (name, part)) in parts.iter().enumerate() {
                    separate(out, place);
                    write_string(out, name);
                    out.push(b':');
                    part.write(row, out)?;
                }
                out.push(b'}');
                Ok(())
            }
            Node::Map { ranges, keys, values } => {
                out.push(b'{');
                let mut key = Vec::new();
                for (place, entry) in ranges[row].clone().enumerate() {
                    separate(out, place);
                    key.clear();
                    keys.write(entry, &mut key)?;
                    if key.starts_with(b"\"") {
                        out.extend_from_slice(&key);
                    } else {
                        // JSON has only strings as keys.
                        write_string(out, &String::from_utf8_lossy(&key));
                    }
                    out.push(b':');
                    values.write(entry, out)?;
                }
                out.push(b'}');
                Ok(())
            }
        }
    }
}

fn write_leaf(cells: &Cells, row: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cells {
        Cells::Boolean(values) => out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
        // Unlike SQLite's own integers those of JSON have no end.
        Cells::Unsigned(values) => write_text(out, values.value(row)),
        _ => {
            let mut buffer = Vec::new();
            match cells.get(row, &mut buffer)? {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Integer(value) => write_text(out, value),
                // The shortest text that reads back as the same number.
                Cell::Real(value) => write_text(out, format_args!("{value:?}")),
                Cell::Text(text) => write_string(out, &String::from_utf8_lossy(text)),
                Cell::Bytes(bytes) => {
                    out.push(b'"');
                    for byte in bytes {
                        write_text(out, format_args!("{byte:02x}"));
                    }
                    out.push(b'"');
                }
            }
        }
    }
    Ok(())
}

fn list<O: OffsetSizeTrait>(array: &ArrayRef) -> Result<Node> {
    let lists = array.as_list::<O>();
    Ok(Node::List { ranges: ranges_of(lists.value_offsets()), items: Box::new(Nested::new(lists.values())?) })
}

fn list_view<O: OffsetSizeTrait>(array: &ArrayRef) -> Result<Node> {
    let lists = array.as_list_view::<O>();
    let ends = lists.value_offsets().iter().zip(lists.value_sizes());
    let ranges = ends.map(|(start, size)| start.as_usize()..start.as_usize() + size.as_usize()).collect();
    Ok(Node::List { ranges, items: Box::new(Nested::new(lists.values())?) })
}

fn ranges_of<O: OffsetSizeTrait>(offsets: &[O]) -> Vec<Range<usize>> {
    offsets.windows(2).map(|pair| pair[0].as_usize()..pair[1].as_usize()).collect()
}

fn separate(out: &mut Vec<u8>, place: usize) {
    if place > 0 {
        out.push(b',');
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

fn write_text(out: &mut Vec<u8>, text: impl std::fmt::Display) {
    let _ = write!(out, "{text}");
}

#[cfg(test)]
mod tests;
