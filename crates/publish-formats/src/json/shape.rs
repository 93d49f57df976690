//! What is known of the values under a key.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};

use super::builder::Misread;
use super::keys::{Found, Keys};
use super::parser::{Kind, Parser};
use crate::infer::{Profile, profile_of, with_profile, without_profile};

/// Key of a field's metadata under which an inspection keeps which kinds of values there were.
const KINDS_KEY: &str = "publish.json_kinds";

/// The most keys that nested objects have as columns. Objects of more are most likely maps, and are kept as their text.
const MAX_NESTED_KEYS: usize = 1000;

/// The most keys that records may have.
pub(super) const MAX_KEYS: usize = 32 * 1024;

/// How deep values have a type of their own; below they are kept as their text.
const MAX_TYPED_DEPTH: usize = 16;

const STRING: u8 = 1;
const NUMBER: u8 = 1 << 1;
const BOOLEAN: u8 = 1 << 2;
const OBJECT: u8 = 1 << 3;
const ARRAY: u8 = 1 << 4;
/// Objects that have no type of their own.
const UNTYPED: u8 = 1 << 5;

/// What all values under a key have in common. Two shapes merge into that of all their values.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    kinds: u8,
    profile: Profile,
    object: Option<Box<ObjectShape>>,
    items: Option<Box<Self>>,
}

/// What all objects at one place have in common: their keys in order of first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectShape {
    keys: Keys,
    shapes: Vec<Shape>,
}

impl Shape {
    /// Takes in the next value of a text.
    pub(super) fn add(&mut self, parser: &mut Parser<'_>, depth: usize) -> Result<(), Misread> {
        match parser.kind().map_err(Misread::Syntax)? {
            Kind::Null => {
                parser.literal().map_err(Misread::Syntax)?;
            }
            Kind::String => {
                self.kinds |= STRING;
                self.profile.add(&parser.string().map_err(Misread::Syntax)?);
            }
            Kind::Number => {
                self.kinds |= NUMBER;
                self.profile.add(parser.number().map_err(Misread::Syntax)?);
            }
            Kind::Boolean => {
                self.kinds |= BOOLEAN;
                self.profile.add(parser.literal().map_err(Misread::Syntax)?);
            }
            Kind::Object => {
                self.kinds |= OBJECT;
                self.add_nested(parser, depth)?;
            }
            Kind::Array => {
                self.kinds |= ARRAY;
                self.add_nested(parser, depth)?;
            }
        }
        Ok(())
    }

    /// Takes in all values of another shape.
    pub(super) fn merge(&mut self, other: Self) {
        self.kinds |= other.kinds;
        self.profile.merge(&other.profile);
        if let Some(object) = other.object {
            self.object.get_or_insert_default().merge(*object);
        }
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
        self.settle();
    }

    /// Bytes of the longest value, as text.
    pub(super) fn max_bytes(&self) -> u64 {
        self.profile.max_bytes()
    }

    /// The field of such values, with all that a later merge needs.
    pub(super) fn to_field(&self, name: &str) -> Field {
        let data_type = match self.kinds {
            NUMBER | BOOLEAN => self.profile.data_type(),
            OBJECT => match &self.object {
                Some(object) if object.len() > 0 => DataType::Struct(object.to_fields()),
                // Objects without any key make no columns.
                _ => DataType::Utf8,
            },
            ARRAY => {
                let items = self.items.as_ref().map(|items| items.to_field("item"));
                DataType::List(Arc::new(items.unwrap_or_else(|| Self::default().to_field("item"))))
            }
            _ => DataType::Utf8,
        };
        let text_type = match self.kinds {
            OBJECT | ARRAY => plain_type(&data_type),
            kinds if kinds & !(STRING | NUMBER | BOOLEAN) == 0 => self.profile.text_type(),
            _ => DataType::Utf8,
        };
        // A type that does not survive as text can't be told; the values have a text all the same.
        let is_told = text_type.to_string().parse::<DataType>().is_ok_and(|parsed| parsed == text_type);
        let text_type = if is_told { text_type } else { DataType::Utf8 };
        let mut field = with_profile(name, data_type, &text_type, &self.profile);
        field.metadata_mut().insert(KINDS_KEY.to_owned(), self.kinds.to_string());
        field
    }

    /// The shape that [`to_field`](Self::to_field) put into a field.
    pub(super) fn of_field(field: &Field) -> Self {
        let kinds = field.metadata().get(KINDS_KEY).and_then(|kinds| kinds.parse().ok()).unwrap_or(0);
        let (object, items) = match field.data_type() {
            DataType::Struct(fields) => (Some(Box::new(ObjectShape::of_fields(fields))), None),
            DataType::List(items) => (None, Some(Box::new(Self::of_field(items)))),
            _ => (None, None),
        };
        Self { kinds, profile: profile_of(field).unwrap_or_default(), object, items }
    }

    /// Whether values of several kinds are kept as text.
    pub(super) fn is_mixed(&self) -> bool {
        self.kinds & UNTYPED != 0 || self.kinds.count_ones() > 1
    }

    /// Whether a timestamp had another zone than UTC, and is read as one.
    pub(super) fn has_shifted_moments(&self) -> bool {
        self.kinds == STRING && self.profile.has_shifted_moments()
    }

    fn add_nested(&mut self, parser: &mut Parser<'_>, depth: usize) -> Result<(), Misread> {
        if depth >= MAX_TYPED_DEPTH {
            self.kinds |= UNTYPED;
        }
        self.settle();
        // The kind was looked at, so that no space is before the value.
        let start = parser.place();
        match self.kinds {
            OBJECT => {
                let object = self.object.get_or_insert_default();
                object.add(parser, depth + 1, MAX_NESTED_KEYS)?;
                if object.shapes.len() > MAX_NESTED_KEYS {
                    self.kinds |= UNTYPED;
                    self.settle();
                }
            }
            ARRAY => {
                let items = self.items.get_or_insert_default();
                parser.open_array().map_err(Misread::Syntax)?;
                let mut is_first = true;
                while parser.next_item(is_first).map_err(Misread::Syntax)? {
                    items.add(parser, depth + 1)?;
                    is_first = false;
                }
            }
            _ => drop(parser.skip().map_err(Misread::Syntax)?),
        }
        self.profile.add_width(parser.place() - start);
        Ok(())
    }

    /// Forgets what is below, once it is sure that the values are kept as text.
    fn settle(&mut self) {
        if self.kinds != OBJECT {
            self.object = None;
        }
        if self.kinds != ARRAY {
            self.items = None;
        }
    }
}

impl ObjectShape {
    /// Takes in the next object of a text. Of keys beyond `limit` one is taken in, to tell that there are too many.
    pub(super) fn add(&mut self, parser: &mut Parser<'_>, depth: usize, limit: usize) -> Result<(), Misread> {
        parser.open_object().map_err(Misread::Syntax)?;
        self.keys.start();
        let mut is_first = true;
        while let Some(key) = parser.next_key(is_first).map_err(Misread::Syntax)? {
            is_first = false;
            let place = match self.keys.find(&key) {
                Found::At(place) => place,
                Found::Doubled => return Err(Misread::DoubledKey(key.into_owned())),
                Found::Unknown if self.keys.len() > limit => {
                    parser.skip().map_err(Misread::Syntax)?;
                    continue;
                }
                Found::Unknown => {
                    self.shapes.push(Shape::default());
                    self.keys.insert(key.into_owned())
                }
            };
            self.shapes[place].add(parser, depth)?;
        }
        Ok(())
    }

    /// Takes in all objects of another shape.
    pub(super) fn merge(&mut self, other: Self) {
        self.keys.start();
        for (place, shape) in other.shapes.into_iter().enumerate() {
            let name = other.keys.name(place);
            match self.keys.find(name) {
                Found::At(place) => self.shapes[place].merge(shape),
                _ => {
                    self.keys.insert(name.to_owned());
                    self.shapes.push(shape);
                }
            }
        }
    }

    /// The fields of such objects.
    pub(super) fn to_fields(&self) -> Fields {
        self.shapes().map(|(name, shape)| shape.to_field(name)).collect()
    }

    /// The shape that [`to_fields`](Self::to_fields) put into fields.
    pub(super) fn of_fields(fields: &Fields) -> Self {
        Self {
            keys: Keys::new(fields.iter().map(|field| field.name().clone())),
            shapes: fields.iter().map(|field| Shape::of_field(field)).collect(),
        }
    }

    /// Each key and what is known of its values.
    pub(super) fn shapes(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.shapes.iter().enumerate().map(|(place, shape)| (self.keys.name(place), shape))
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.shapes.len()
    }
}

/// A field as it is published: text type, no profiles, nothing at all said of what is below.
pub(super) fn published(field: &Field) -> Field {
    let mut published = without_profile(field).with_data_type(plain_type(field.data_type()));
    if let (true, Some(kinds)) = (field.data_type().is_nested(), field.metadata().get(KINDS_KEY)) {
        published.metadata_mut().insert(KINDS_KEY.to_owned(), kinds.clone());
    }
    published
}

/// What all values of a column are that was found to be nested, whatever type it is read as.
pub(super) fn nested_kind(field: &Field) -> Option<Kind> {
    match field.metadata().get(KINDS_KEY)?.parse().ok()? {
        OBJECT => Some(Kind::Object),
        ARRAY => Some(Kind::Array),
        _ => None,
    }
}

fn plain_type(data_type: &DataType) -> DataType {
    let plain = |field: &Field| {
        field.clone().with_metadata(HashMap::new()).with_data_type(plain_type(field.data_type()))
    };
    match data_type {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| plain(field)).collect()),
        DataType::List(item) => DataType::List(Arc::new(plain(item))),
        other => other.clone(),
    }
}
