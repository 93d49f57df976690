//! Values that a column of the table does not take, found before the target finds them.

use arrow_array::cast::AsArray;
use arrow_array::{Array, OffsetSizeTrait};
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

use super::ResultBatch;
use crate::{Error, ErrorKind, Result};

/// Bytes of a value that an error shows.
const SHOWN_BYTES: usize = 100;

/// What a table's column does not take, although the type it is loaded as does: texts and bytes that are too long, and
/// nulls.
///
/// A target that would refuse such a value tells the place in the file that it loads, if any; here it is told in the
/// result file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ColumnLimit {
    /// Place of the column in the files, from 0.
    pub source: usize,
    /// The table's column.
    pub column: String,
    /// Its type, as the target spells it.
    pub sql_type: String,
    /// Bytes of the longest text or value of bytes, blanks at a text's end not counted. `None` for any length.
    pub max_bytes: Option<u64>,
    /// Whether it takes nulls.
    pub nullable: bool,
}

impl ColumnLimit {
    /// Limits nothing yet.
    pub fn new(source: usize, column: impl Into<String>, sql_type: impl Into<String>) -> Self {
        Self { source, column: column.into(), sql_type: sql_type.into(), max_bytes: None, nullable: true }
    }

    /// Limits the length of texts and bytes.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_bytes = bytes.into();
        self
    }

    /// Says whether nulls are taken.
    #[must_use]
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// Fails at the first value of a batch that the column does not take.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) that names file, row, column, type, value and reason.
    pub fn check(&self, batch: &ResultBatch) -> Result<()> {
        let Some(values) = batch.batch.columns().get(self.source) else { return Ok(()) };
        if !self.nullable
            && let Some(nulls) = values.logical_nulls()
            && let Some(row) = nulls.iter().position(|is_valid| !is_valid)
        {
            return Err(self.refused(batch, row, "null", "the column takes no nulls"));
        }
        let Some(longest) = self.max_bytes else { return Ok(()) };
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        let Some((row, value, length)) = too_long(values.as_ref(), longest) else { return Ok(()) };
        let reason = format!("it has {length} bytes, and the column takes {longest}");
        Err(self.refused(batch, row, &value, &reason))
    }

    fn refused(&self, batch: &ResultBatch, row: usize, value: &str, reason: &str) -> Error {
        let mut error = Error::new(
            ErrorKind::BadData,
            "The table's column does not take a value; correct the value, or widen the column",
        )
        .with_context("file", &batch.file);
        if let Some(number) = batch.row_number(row) {
            error = error.with_context("row", number);
        }
        error
            .with_context("column", &self.column)
            .with_context("type", &self.sql_type)
            .with_context("value", value)
            .with_context("reason", reason)
    }
}

/// The first value that is too long: its row, its shown text, its bytes.
fn too_long(values: &dyn Array, longest: usize) -> Option<(usize, String, usize)> {
    match values.data_type() {
        DataType::Utf8 => long_text(values.as_string::<i32>().iter(), values, longest),
        DataType::LargeUtf8 => long_text(values.as_string::<i64>().iter(), values, longest),
        DataType::Utf8View => long_text(values.as_string_view().iter(), values, longest),
        DataType::Binary => long_bytes::<i32>(values, longest),
        DataType::LargeBinary => long_bytes::<i64>(values, longest),
        _ => None,
    }
}

fn long_text<'a>(
    mut texts: impl Iterator<Item = Option<&'a str>>,
    values: &dyn Array,
    longest: usize,
) -> Option<(usize, String, usize)> {
    // Most batches have no long text at all, which their offsets tell.
    if values.get_buffer_memory_size() <= longest {
        return None;
    }
    let is_long = |text: &str| text.len() > longest && text.trim_end_matches(' ').len() > longest;
    let row = texts.position(|text| text.is_some_and(is_long))?;
    let text = match values.data_type() {
        DataType::Utf8 => values.as_string::<i32>().value(row),
        DataType::LargeUtf8 => values.as_string::<i64>().value(row),
        _ => values.as_string_view().value(row),
    };
    let mut end = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let more = if end < text.len() { "…" } else { "" };
    Some((row, format!("{:?}{more}", &text[..end]), text.len()))
}

fn long_bytes<O: OffsetSizeTrait>(values: &dyn Array, longest: usize) -> Option<(usize, String, usize)> {
    let values = values.as_binary::<O>();
    let row = values.iter().position(|bytes| bytes.is_some_and(|bytes| bytes.len() > longest))?;
    let bytes = values.value(row);
    let shown: String = bytes.iter().take(SHOWN_BYTES / 2).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > SHOWN_BYTES / 2 { "…" } else { "" };
    Some((row, format!("{shown}{more}"), bytes.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use std::sync::Arc;

    use arrow_array::{ArrayRef, BinaryArray, RecordBatch, StringArray};

    use super::*;
    use crate::Location;

    fn batch(column: ArrayRef) -> ResultBatch {
        let batch = RecordBatch::try_from_iter([("c", column)]).unwrap();
        ResultBatch::new(batch, Location::parse("s3://b/part-2.pqt").unwrap(), Some(70_000))
    }

    #[test]
    fn a_text_that_is_too_long_is_named_with_its_file_and_row() {
        let texts = |texts: Vec<Option<&str>>| batch(Arc::new(StringArray::from(texts)));
        let limit = ColumnLimit::new(0, "name", "VARCHAR(3)").with_max_bytes(3);
        limit.check(&texts(vec![Some("abc"), None, Some("é"), Some("abc   ")])).unwrap();
        let error = limit.check(&texts(vec![Some("éé")])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        let text = error.to_string();
        for part in ["part-2.pqt", "row: 70001", "column: name", "VARCHAR(3)", "\"éé\"", "4 bytes"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let long = "é".repeat(1000);
        let error = limit.check(&texts(vec![None, Some(&long)])).unwrap_err().to_string();
        assert!(error.contains("row: 70002") && error.contains("2000 bytes") && error.len() < 600, "{error}");
    }

    #[test]
    fn nulls_and_bytes_are_judged_too() {
        let bytes = batch(Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None])));
        let limit = ColumnLimit::new(0, "b", "VARBYTE(1)");
        limit.check(&bytes).unwrap();
        let error = limit.clone().with_max_bytes(1).check(&bytes).unwrap_err().to_string();
        assert!(error.contains("00ff") && error.contains("row: 70001"), "{error}");
        let error = limit.with_nullable(false).check(&bytes).unwrap_err().to_string();
        assert!(error.contains("no nulls") && error.contains("row: 70002"), "{error}");
    }
}
