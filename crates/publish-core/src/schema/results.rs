//! The shape of the results.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

use crate::{Error, ErrorKind, Result};

/// Key of a field's metadata under which text formats say what type all of a column's texts are of.
///
/// A CSV or JSON file declares no types. What was inferred is a proposal: a column of `int64` texts can be read as
/// text, decimal or double just as well. The value is the [`DataType`]'s own text, such as `Int64`; the `Null` type
/// says that the column holds no value at all.
pub const TEXT_TYPE_KEY: &str = "publish.text_type";

/// The type all texts of a column are of, if the column comes from a text format.
pub fn text_type(field: &Field) -> Option<DataType> {
    field.metadata().get(TEXT_TYPE_KEY)?.parse().ok()
}

/// Key of a field's metadata under which a format says how its files store a column, where Arrow's type does not show
/// it and not every reader knows it.
///
/// The value is words with commas between: `enum`, `fixed` (Avro), `float16`, `uuid`, `int96` (Parquet), at any depth of
/// the column's type; `codec:xz`, `encoding:DELTA_BYTE_ARRAY` and `order:IEEE_754_TOTAL_ORDER` for what is rare; `oldDates` where dates may lie before
/// the Gregorian calendar, or where nothing shows that they don't. A word stands there if it is true of any file.
pub const STORED_AS_KEY: &str = "publish.stored_as";

/// How files store a column, see [`STORED_AS_KEY`].
pub fn stored_as(field: &Field) -> BTreeSet<&str> {
    let words = field.metadata().get(STORED_AS_KEY).map_or("", String::as_str);
    words.split(',').filter(|word| !word.is_empty()).collect()
}

/// The field with these words added to those it has, see [`STORED_AS_KEY`].
#[must_use]
pub fn with_stored_as<'a>(field: Field, words: impl IntoIterator<Item = &'a str>) -> Field {
    let mut all = stored_as(&field).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    all.extend(words.into_iter().map(str::to_owned));
    if all.is_empty() {
        return field;
    }
    let mut metadata = field.metadata().clone();
    metadata.insert(STORED_AS_KEY.to_owned(), all.into_iter().collect::<Vec<_>>().join(","));
    field.with_metadata(metadata)
}

/// One column of the results.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResultColumn {
    /// Name under which it is published.
    pub name: String,
    /// Its field in the files: source name, Arrow type, nullability.
    pub field: Arc<Field>,
    /// Longest value in bytes, where all values were read (text and binary only).
    pub max_bytes: Option<u64>,
}

/// The shape of the results, as Arrow sees it, whatever file format they came in.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultSchema {
    columns: Vec<ResultColumn>,
    source: SchemaRef,
}

impl ResultSchema {
    /// Wraps the schema of the files. Columns are published under their own names.
    pub fn new(source: SchemaRef) -> Self {
        let columns = source
            .fields()
            .iter()
            .map(|field| ResultColumn {
                name: field.name().clone(),
                field: Arc::clone(field),
                max_bytes: None,
            })
            .collect();
        Self { columns, source }
    }

    /// Says how long the longest value of each column is.
    #[must_use]
    pub fn with_max_bytes(mut self, widths: &[Option<u64>]) -> Self {
        for (column, width) in self.columns.iter_mut().zip(widths) {
            column.max_bytes = *width;
        }
        self
    }

    /// Publishes the columns under other names, in order.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if there are not as many names as columns.
    pub fn with_names(mut self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.columns.len() {
            return Err(Error::new(ErrorKind::Unexpected, "There must be one name a column"));
        }
        for (column, name) in self.columns.iter_mut().zip(names) {
            column.name = name;
        }
        Ok(self)
    }

    /// The columns in order.
    pub fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }

    /// The schema of the files: source names, all columns.
    pub fn source(&self) -> &SchemaRef {
        &self.source
    }

    /// The schema under the published names.
    pub fn published(&self) -> SchemaRef {
        let fields: Fields =
            self.columns.iter().map(|column| column.field.as_ref().clone().with_name(&column.name)).collect();
        Arc::new(Schema::new(fields))
    }
}
