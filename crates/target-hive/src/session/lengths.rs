//! Lengths of texts, which Hive cuts without a word.

use std::sync::Arc;

use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Schema};
use futures::StreamExt;
use publish_core::{Error, ErrorKind, Prepared, Result, ResultBatch, RunContext};
use serde::{Deserialize, Serialize};

/// The step that reads the texts of some columns and refuses those that are too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckLengths {
    pub(crate) columns: Vec<LimitedColumn>,
}

/// A column of limited length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitedColumn {
    /// Its place in the files.
    pub(crate) source: usize,
    /// Its name in the table.
    pub(crate) name: String,
    /// Characters that it holds.
    pub(crate) characters: u32,
    /// Whether it loses spaces at the end, as `char` does.
    pub(crate) trims: bool,
}

impl CheckLengths {
    /// The name by which a plan's step knows it.
    pub(crate) const NAME: &'static str = "hive.checkLengths";

    /// Reads the columns.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData), naming file, row and column, for the first text that does not fit.
    pub(crate) async fn carry_out(&self, run: &RunContext) -> Result<Prepared> {
        let reader = run.reader()?;
        let source = reader.results().schema.source();
        let fields = source.fields().iter().enumerate().map(|(place, field)| {
            let is_limited = self.columns.iter().any(|column| column.source == place);
            let read = if is_limited { DataType::Utf8 } else { field.data_type().clone() };
            field.as_ref().clone().with_data_type(read)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut batches = reader.batches(&schema, run.cancel());
        while let Some(batch) = batches.next().await {
            self.check(&batch?)?;
        }
        Ok(Prepared::default())
    }

    fn check(&self, batch: &ResultBatch) -> Result<()> {
        for column in &self.columns {
            let Some(texts) = batch.batch.column(column.source).as_string_opt::<i32>() else {
                return Err(Error::new(
                    ErrorKind::Unexpected,
                    "A column is read as another type than planned",
                )
                .with_context("column", &column.name));
            };
            if let Some((row, why)) = column.misfit(texts) {
                let number =
                    batch.row_number(row).map_or_else(|| "unknown".to_owned(), |row| row.to_string());
                return Err(Error::new(
                    ErrorKind::BadData,
                    "A text does not fit its column; Hive would cut it",
                )
                .with_context("file", &batch.file)
                .with_context("row", number)
                .with_context("column", &column.name)
                .with_context("because", why));
            }
        }
        Ok(())
    }
}

impl LimitedColumn {
    /// The first text that does not fit, and why.
    fn misfit(&self, texts: &StringArray) -> Option<(usize, String)> {
        let most = self.characters as usize;
        texts.iter().enumerate().find_map(|(row, text)| {
            let text = text?;
            // A text has at most as many characters as bytes.
            if text.len() > most && text.chars().count() > most {
                return Some((
                    row,
                    format!("it has {} characters, and the column holds {most}", text.chars().count()),
                ));
            }
            let is_trimmed = self.trims && text.ends_with(' ');
            is_trimmed
                .then(|| (row, "it ends with a space, which a column of type char does not keep".to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let column = |trims| LimitedColumn { source: 0, name: "c".to_owned(), characters: 3, trims };
        let texts = StringArray::from(vec![Some("äöü"), None, Some("ab ")]);
        assert_eq!(column(false).misfit(&texts), None);
        assert_eq!(column(true).misfit(&texts).map(|(row, _)| row), Some(2));
        let texts = StringArray::from(vec!["abc", "äöüß"]);
        let (row, why) = column(false).misfit(&texts).unwrap();
        assert_eq!((row, why.as_str()), (1, "it has 4 characters, and the column holds 3"));
    }
}
