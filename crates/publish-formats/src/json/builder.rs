//! Columns being built of JSON values, nested ones too.

use std::sync::Arc;

use arrow_array::{ArrayRef, GenericListArray, MapArray, OffsetSizeTrait, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};
use publish_core::Result;

use super::keys::{Found, Keys};
use super::parser::{Kind, Parser, Syntax};
use super::shape::nested_kind;
use crate::text::{TextColumn, expectation, text_column};

/// Why a value is not taken.
#[derive(Debug)]
pub(crate) enum Misread {
    /// It is no JSON.
    Syntax(Syntax),
    /// It is none of its column's type.
    Value {
        /// The key, with those above it.
        column: String,
        /// The value's text.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// The object has a key that its schema has not.
    UnknownKey(String),
    /// The object has a key twice.
    DoubledKey(String),
}

/// A column of any type that JSON values are read as.
pub(crate) enum ValueColumn {
    /// A type that has a text.
    Text {
        /// The column.
        column: Box<dyn TextColumn>,
        /// What its values must be.
        data_type: DataType,
    },
    /// Nested values of one kind, kept as the JSON that they are.
    Json {
        /// The column of their texts.
        column: Box<dyn TextColumn>,
        /// What all of them are.
        kind: Kind,
    },
    /// Objects of known keys.
    Struct(Box<ObjectColumn>, NullBufferBuilder),
    /// Arrays.
    List(Box<ListColumn<i32>>),
    /// Arrays with long offsets.
    LargeList(Box<ListColumn<i64>>),
    /// Objects of any keys.
    Map(Box<MapColumn>),
}

/// The columns of objects.
pub(crate) struct ObjectColumn {
    fields: Fields,
    keys: Keys,
    columns: Vec<ValueColumn>,
}

/// A column of arrays.
pub(crate) struct ListColumn<O> {
    field: FieldRef,
    items: ValueColumn,
    offsets: Vec<O>,
    nulls: NullBufferBuilder,
}

/// A column of objects of any keys.
pub(crate) struct MapColumn {
    entries: FieldRef,
    entry_fields: Fields,
    is_sorted: bool,
    keys: Box<dyn TextColumn>,
    values: ValueColumn,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ValueColumn {
    /// Creates a column.
    ///
    /// # Errors
    /// [`Unsupported`](publish_core::ErrorKind::Unsupported) if JSON is not read as this type.
    pub(crate) fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Struct(fields) => {
                Self::Struct(Box::new(ObjectColumn::new(fields)?), NullBufferBuilder::new(0))
            }
            DataType::List(field) => Self::List(Box::new(ListColumn::new(field)?)),
            DataType::LargeList(field) => Self::LargeList(Box::new(ListColumn::new(field)?)),
            DataType::Map(entries, is_sorted) if map_fields(entries).is_some() => {
                Self::Map(Box::new(MapColumn::new(entries, *is_sorted)?))
            }
            other => Self::Text { column: text_column(other)?, data_type: other.clone() },
        })
    }

    /// Creates the column of a field. Where one that was found to be nested is read as text, only nested values are
    /// taken: a string would be mistaken for the JSON that it may spell.
    fn of(field: &Field) -> Result<Self> {
        match (nested_kind(field), field.data_type()) {
            (Some(kind), text @ (DataType::Utf8 | DataType::LargeUtf8)) => {
                Ok(Self::Json { column: text_column(text)?, kind })
            }
            (_, data_type) => Self::new(data_type),
        }
    }

    /// Appends the next value of a text.
    pub(crate) fn push(&mut self, parser: &mut Parser<'_>, field: &Field) -> Result<(), Misread> {
        let kind = parser.kind().map_err(Misread::Syntax)?;
        if kind == Kind::Null {
            parser.literal().map_err(Misread::Syntax)?;
            return self.push_null(field);
        }
        match self {
            Self::Text { column, data_type } => push_text(column.as_mut(), data_type, kind, parser, field),
            Self::Json { column, kind: own } => {
                let value = parser.skip().map_err(Misread::Syntax)?;
                if kind == *own && column.push(value) {
                    return Ok(());
                }
                let expected = if *own == Kind::Object { "an object" } else { "an array" };
                Err(Misread::Value {
                    column: field.name().clone(),
                    value: value.to_owned(),
                    expected: expected.to_owned(),
                })
            }
            Self::Struct(object, nulls) => {
                if kind != Kind::Object {
                    return Err(none_of(field, parser));
                }
                nulls.append_non_null();
                object.push(parser).map_err(|misread| misread.within(field))
            }
            Self::List(list) => list.push(kind, parser, field),
            Self::LargeList(list) => list.push(kind, parser, field),
            Self::Map(map) => map.push(kind, parser, field),
        }
    }

    /// Appends a null.
    pub(crate) fn push_null(&mut self, field: &Field) -> Result<(), Misread> {
        if !field.is_nullable() {
            return Err(Misread::Value {
                column: field.name().clone(),
                value: "null".to_owned(),
                expected: "a value, since the column allows no nulls".to_owned(),
            });
        }
        self.push_gap();
        Ok(())
    }

    /// Takes what was built, and starts anew.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Text { column, .. } | Self::Json { column, .. } => column.finish(),
            Self::Struct(object, nulls) => {
                let (length, columns) = (nulls.len(), object.finish()?);
                let fields = object.fields.clone();
                Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls.finish(), length)?))
            }
            Self::List(list) => list.finish(),
            Self::LargeList(list) => list.finish(),
            Self::Map(map) => map.finish(),
        }
    }

    /// Appends a place below a null, whatever the field says of nulls.
    fn push_gap(&mut self) {
        match self {
            Self::Text { column, .. } | Self::Json { column, .. } => column.push_null(),
            Self::Struct(object, nulls) => {
                nulls.append_null();
                object.columns.iter_mut().for_each(Self::push_gap);
            }
            Self::List(list) => list.push_gap(),
            Self::LargeList(list) => list.push_gap(),
            Self::Map(map) => {
                map.nulls.append_null();
                map.offsets.push(map.offsets.last().copied().unwrap_or(0));
            }
        }
    }
}

impl ObjectColumn {
    /// Creates the columns of objects.
    pub(crate) fn new(fields: &Fields) -> Result<Self> {
        let columns = fields.iter().map(|field| ValueColumn::of(field)).collect::<Result<Vec<_>>>()?;
        let keys = Keys::new(fields.iter().map(|field| field.name().clone()));
        Ok(Self { fields: fields.clone(), keys, columns })
    }

    /// Appends the next object of a text. A key that it lacks is a null.
    pub(crate) fn push(&mut self, parser: &mut Parser<'_>) -> Result<(), Misread> {
        parser.open_object().map_err(Misread::Syntax)?;
        self.keys.start();
        let mut count = 0;
        while let Some(key) = parser.next_key(count == 0).map_err(Misread::Syntax)? {
            match self.keys.find(&key) {
                Found::At(place) => self.columns[place].push(parser, &self.fields[place])?,
                Found::Doubled => return Err(Misread::DoubledKey(key.into_owned())),
                Found::Unknown => return Err(Misread::UnknownKey(key.into_owned())),
            }
            count += 1;
        }
        if count < self.columns.len() {
            for (place, column) in self.columns.iter_mut().enumerate() {
                if !self.keys.is_met(place) {
                    column.push_null(&self.fields[place])?;
                }
            }
        }
        Ok(())
    }

    /// Takes the columns that were built, and starts anew.
    pub(crate) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.columns.iter_mut().map(ValueColumn::finish).collect()
    }
}

impl<O: OffsetSizeTrait> ListColumn<O> {
    fn new(field: &FieldRef) -> Result<Self> {
        Ok(Self {
            field: Arc::clone(field),
            items: ValueColumn::new(field.data_type())?,
            offsets: vec![O::zero()],
            nulls: NullBufferBuilder::new(0),
        })
    }

    fn push(&mut self, kind: Kind, parser: &mut Parser<'_>, field: &Field) -> Result<(), Misread> {
        if kind != Kind::Array {
            return Err(none_of(field, parser));
        }
        parser.open_array().map_err(Misread::Syntax)?;
        let mut end = self.end();
        let mut is_first = true;
        while parser.next_item(is_first).map_err(Misread::Syntax)? {
            self.items.push(parser, &self.field).map_err(|misread| misread.within(field))?;
            end += O::one();
            is_first = false;
        }
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    fn push_gap(&mut self) {
        self.offsets.push(self.end());
        self.nulls.append_null();
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let offsets = std::mem::replace(&mut self.offsets, vec![O::zero()]);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let (items, nulls) = (self.items.finish()?, self.nulls.finish());
        Ok(Arc::new(GenericListArray::try_new(Arc::clone(&self.field), offsets, items, nulls)?))
    }

    fn end(&self) -> O {
        self.offsets.last().copied().unwrap_or_else(O::zero)
    }
}

impl MapColumn {
    fn new(entries: &FieldRef, is_sorted: bool) -> Result<Self> {
        let entry_fields = map_fields(entries).cloned().unwrap_or_default();
        Ok(Self {
            entries: Arc::clone(entries),
            keys: text_column(entry_fields[0].data_type())?,
            values: ValueColumn::new(entry_fields[1].data_type())?,
            entry_fields,
            is_sorted,
            offsets: vec![0],
            nulls: NullBufferBuilder::new(0),
        })
    }

    fn push(&mut self, kind: Kind, parser: &mut Parser<'_>, field: &Field) -> Result<(), Misread> {
        if kind != Kind::Object {
            return Err(none_of(field, parser));
        }
        parser.open_object().map_err(Misread::Syntax)?;
        let mut met = std::collections::HashSet::new();
        while let Some(key) = parser.next_key(met.is_empty()).map_err(Misread::Syntax)? {
            if !self.keys.push(&key) {
                return Err(Misread::Value {
                    column: field.name().clone(),
                    value: key.into_owned(),
                    expected: expectation(self.entry_fields[0].data_type()),
                });
            }
            self.values.push(parser, &self.entry_fields[1]).map_err(|misread| misread.within(field))?;
            if let Some(doubled) = met.replace(key) {
                return Err(Misread::DoubledKey(doubled.into_owned()).within(field));
            }
        }
        let end = self.offsets.last().copied().unwrap_or(0) + met.len() as i32;
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.offsets, vec![0])));
        let columns = vec![self.keys.finish()?, self.values.finish()?];
        let entries = StructArray::try_new(self.entry_fields.clone(), columns, None)?;
        let nulls = self.nulls.finish();
        Ok(Arc::new(MapArray::try_new(Arc::clone(&self.entries), offsets, entries, nulls, self.is_sorted)?))
    }
}

impl Misread {
    fn within(self, field: &Field) -> Self {
        let below = |column: String| format!("{}.{column}", field.name());
        match self {
            Self::Syntax(syntax) => Self::Syntax(syntax),
            Self::Value { column, value, expected } => Self::Value { column: below(column), value, expected },
            Self::UnknownKey(key) => Self::UnknownKey(below(key)),
            Self::DoubledKey(key) => Self::DoubledKey(below(key)),
        }
    }
}

/// A column of any type read from texts: nested ones from JSON.
///
/// # Errors
/// [`Unsupported`](publish_core::ErrorKind::Unsupported) if text is not read as this type.
pub(crate) fn text_or_json_column(field: &FieldRef) -> Result<Box<dyn TextColumn>> {
    match ValueColumn::new(field.data_type())? {
        ValueColumn::Text { column, .. } => Ok(column),
        column => Ok(Box::new(JsonTexts { column, field: Arc::clone(field) })),
    }
}

/// A nested column whose values come as JSON texts.
struct JsonTexts {
    column: ValueColumn,
    field: FieldRef,
}

impl TextColumn for JsonTexts {
    fn push(&mut self, text: &str) -> bool {
        let mut parser = Parser::new(text);
        self.column.push(&mut parser, &self.field).is_ok() && parser.end().is_ok()
    }

    fn push_null(&mut self) {
        self.column.push_gap();
    }

    fn fill(&mut self, texts: &[Option<&str>]) -> std::result::Result<(), usize> {
        for (at, text) in texts.iter().enumerate() {
            match text {
                Some(text) if self.push(text) => {}
                Some(_) => return Err(at),
                None => self.push_null(),
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.column.finish()
    }
}

/// Appends a value that has a text: that of a string, a number or a literal; for a column of text any value.
fn push_text(
    column: &mut dyn TextColumn,
    data_type: &DataType,
    kind: Kind,
    parser: &mut Parser<'_>,
    field: &Field,
) -> Result<(), Misread> {
    let misread = |value: &str| Misread::Value {
        column: field.name().clone(),
        value: value.to_owned(),
        expected: expectation(data_type),
    };
    match kind {
        Kind::String => {
            let text = parser.string().map_err(Misread::Syntax)?;
            if column.push(&text) { Ok(()) } else { Err(misread(&text)) }
        }
        Kind::Number => {
            let text = parser.number().map_err(Misread::Syntax)?;
            if column.push(text) { Ok(()) } else { Err(misread(text)) }
        }
        Kind::Boolean | Kind::Null => {
            let text = parser.literal().map_err(Misread::Syntax)?;
            if column.push(text) { Ok(()) } else { Err(misread(text)) }
        }
        Kind::Object | Kind::Array => {
            let text = parser.skip().map_err(Misread::Syntax)?;
            let is_text = matches!(data_type, DataType::Utf8 | DataType::LargeUtf8);
            if is_text && column.push(text) { Ok(()) } else { Err(misread(text)) }
        }
    }
}

fn none_of(field: &Field, parser: &mut Parser<'_>) -> Misread {
    match parser.skip() {
        Ok(value) => Misread::Value {
            column: field.name().clone(),
            value: value.to_owned(),
            expected: expectation(field.data_type()),
        },
        Err(syntax) => Misread::Syntax(syntax),
    }
}

fn map_fields(entries: &Field) -> Option<&Fields> {
    match entries.data_type() {
        DataType::Struct(fields) if fields.len() == 2 => Some(fields),
        _ => None,
    }
}
