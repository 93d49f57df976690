//! From the schema in an Avro header to Arrow columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_avro::codec::Tz;
use arrow_avro::reader::{Decoder, DecoderMode, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use arrow_schema::{Schema, SchemaRef};
use publish_core::{Error, ErrorKind, Location, Result, with_stored_as};
use serde_json::{Map, Value, json};

use crate::canonical::canonical_schema;

use super::codec::Codec;

/// Deepest nesting of a column's type.
const MAX_DEPTH: usize = 64;

/// Most types in a schema, counting a named one each time it is used.
const MAX_TYPES: usize = 100_000;

/// Longest `fixed` value: each null of such a column takes its space.
const MAX_FIXED_LEN: u64 = 1024 * 1024;

/// Decoded bytes of `fixed` columns that a batch holds at most, nulls included.
const MAX_FIXED_BYTES: u64 = 32 * 1024 * 1024;

/// The id under which the only schema of a file is kept.
const ONLY: Fingerprint = Fingerprint::Id(0);

/// The columns of an Avro file.
#[derive(Debug)]
pub(super) struct FileSchema {
    /// The canonical columns.
    pub(super) columns: SchemaRef,
    /// Whether a column holds durations, at any depth.
    pub(super) has_durations: bool,
    plain: AvroSchema,
    fixed_len: u64,
}

impl FileSchema {
    /// Understands the schema of a header.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if it is no schema; [`Unsupported`](ErrorKind::Unsupported), naming the column,
    /// if a type has no place in a table.
    pub(super) fn parse(file: &Location, text: &str) -> Result<Self> {
        Self::parse_text(text).map_err(|error| error.with_context("file", file))
    }

    /// The columns of a file whose blocks are compressed so.
    pub(super) fn columns_in(&self, codec: Codec) -> SchemaRef {
        if matches!(codec, Codec::Null | Codec::Deflate | Codec::Snappy) {
            return Arc::clone(&self.columns);
        }
        let word = format!("codec:{}", codec.name());
        let fields = self.columns.fields().iter();
        let fields = fields.map(|field| with_stored_as(field.as_ref().clone(), [word.as_str()]));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// A decoder of single rows into batches of at most `batch_rows`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if the decoder does not know the schema.
    pub(super) fn decoder(&self, batch_rows: usize) -> Result<Decoder> {
        let fixed_rows = MAX_FIXED_BYTES / self.fixed_len.max(1);
        let batch_rows = batch_rows.min(usize::try_from(fixed_rows).unwrap_or(usize::MAX)).max(1);
        decoder_of(&self.plain, batch_rows)
    }

    fn parse_text(text: &str) -> Result<Self> {
        let schema = serde_json::from_str::<Value>(text)
            .map_err(|error| invalid("The schema in the header is not JSON").with_source(error))?;
        let mut reading = Plain::default();
        let plain = reading.read(&schema, "", 0)?;
        if plain.json.get("fields").is_none() {
            return Err(unsupported("The values of the file are no records, so it has no columns"));
        }
        if !plain.takes_bytes {
            return Err(unsupported(
                "The records of the file hold no values; it needs a column that is not null",
            ));
        }
        let json = AvroSchema::new(plain.json.to_string());
        let decoder = decoder_of(&json, 1)?;
        Ok(Self {
            columns: with_words(canonical_schema(&decoder.schema())?.as_ref(), &reading.columns),
            has_durations: reading.has_durations,
            plain: json,
            fixed_len: plain.fixed_len,
        })
    }
}

fn with_words(columns: &Schema, stored: &[Stored]) -> SchemaRef {
    let fields = columns.fields().iter().zip(stored);
    let fields = fields.map(|(field, stored)| with_stored_as(field.as_ref().clone(), stored.words()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn decoder_of(schema: &AvroSchema, batch_rows: usize) -> Result<Decoder> {
    let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
    store
        .set(ONLY, schema.clone())
        .and_then(|_| {
            ReaderBuilder::new()
                .with_writer_schema_store(store)
                .with_active_fingerprint(ONLY)
                .with_decoder_mode(DecoderMode::UnframedDatum)
                .with_tz(Tz::Utc)
                .with_batch_size(batch_rows)
                .build_decoder()
        })
        .map_err(|error| unsupported("The schema of the file is not understood").with_source(error))
}

/// A type written out: without names that refer to others, defaults, documentation, or logical types that do not fit.
///
/// The decoder resolves names by rules of its own, and ends an unknown logical type differently from place to place;
/// it has nothing to resolve in a plain schema.
#[derive(Clone, Debug)]
struct PlainType {
    json: Value,
    /// Whether a value takes at least one byte.
    takes_bytes: bool,
    /// Bytes that `fixed` values take in each row, null or not.
    fixed_len: u64,
    /// How many types it is made of.
    size: usize,
    /// What Arrow's type of it does not show.
    stored: Stored,
}

/// Types of Avro that Arrow has no types for, at any depth of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Stored {
    has_enum: bool,
    has_fixed: bool,
}

impl Stored {
    fn and(self, other: Self) -> Self {
        Self { has_enum: self.has_enum || other.has_enum, has_fixed: self.has_fixed || other.has_fixed }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        [(self.has_enum, "enum"), (self.has_fixed, "fixed")]
            .into_iter()
            .filter_map(|(is_there, word)| is_there.then_some(word))
    }
}

impl PlainType {
    fn of(json: impl Into<Value>) -> Self {
        Self { json: json.into(), takes_bytes: true, fixed_len: 0, size: 1, stored: Stored::default() }
    }
}

/// The state of writing out a schema.
#[derive(Debug, Default)]
struct Plain {
    /// Types by full name. `None` while their own parts are read.
    named: HashMap<String, Option<PlainType>>,
    path: Vec<String>,
    size: usize,
    has_durations: bool,
    /// How each column is stored.
    columns: Vec<Stored>,
}

impl Plain {
    fn read(&mut self, schema: &Value, namespace: &str, depth: usize) -> Result<PlainType> {
        if depth > MAX_DEPTH {
            return Err(self.refused("A column's type is nested too deeply"));
        }
        let plain = match schema {
            Value::String(name) => self.named_type(name, namespace)?,
            Value::Array(branches) => self.union(branches, namespace, depth)?,
            Value::Object(object) => match object.get("type") {
                Some(Value::String(kind)) => self.object(kind, object, namespace, depth)?,
                Some(inner) => self.read(inner, namespace, depth + 1)?,
                None => return Err(self.bad("A type of the schema has no name")),
            },
            _ => return Err(self.bad("A type of the schema is neither a name, an object nor a union")),
        };
        self.size += plain.size;
        if self.size > MAX_TYPES {
            return Err(self.refused("The schema has too many types"));
        }
        Ok(plain)
    }

    fn named_type(&self, name: &str, namespace: &str) -> Result<PlainType> {
        match name {
            "null" => return Ok(PlainType { takes_bytes: false, ..PlainType::of(name) }),
            "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" => {
                return Ok(PlainType::of(name));
            }
            _ => {}
        }
        let full = full_name(name, namespace);
        match self.named.get(&full).or_else(|| self.named.get(name)) {
            Some(Some(plain)) => Ok(plain.clone()),
            Some(None) => Err(self.refused("A type holds itself, which no column can; write it out as text")),
            None => Err(self.bad("A type of the schema is not defined").with_context("type", full)),
        }
    }

    fn union(&mut self, branches: &[Value], namespace: &str, depth: usize) -> Result<PlainType> {
        let branches = branches
            .iter()
            .map(|branch| self.read(branch, namespace, depth + 1))
            .collect::<Result<Vec<_>>>()?;
        let is_null = |branch: &PlainType| branch.json == "null";
        match branches.as_slice() {
            [first, second] if is_null(first) != is_null(second) => Ok(PlainType {
                json: json!([first.json, second.json]),
                takes_bytes: true,
                fixed_len: first.fixed_len + second.fixed_len,
                size: first.size + second.size,
                stored: first.stored.and(second.stored),
            }),
            _ => {
                Err(self
                    .refused("A column is a union of more than null and one type; write one column for each"))
            }
        }
    }

    fn object(
        &mut self,
        kind: &str,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<PlainType> {
        let logical = object.get("logicalType").and_then(Value::as_str);
        match kind {
            "record" | "error" => self.record(object, namespace, depth),
            "enum" => {
                let symbols = object.get("symbols").filter(|symbols| symbols.is_array());
                let symbols = symbols.ok_or_else(|| self.bad("An enum of the schema has no symbols"))?;
                let json = json!({"type": "enum", "name": self.new_name(), "symbols": symbols});
                let stored = Stored { has_enum: true, has_fixed: false };
                self.define(object, namespace, PlainType { stored, ..PlainType::of(json) })
            }
            "fixed" => self.fixed(object, namespace, logical),
            "array" => {
                let items =
                    object.get("items").ok_or_else(|| self.bad("An array of the schema has no items"))?;
                let items = self.read(items, namespace, depth + 1)?;
                if !items.takes_bytes {
                    return Err(self.refused("The items of an array hold no values"));
                }
                Ok(PlainType {
                    fixed_len: 0,
                    size: items.size + 1,
                    stored: items.stored,
                    ..PlainType::of(json!({"type": "array", "items": items.json}))
                })
            }
            "map" => {
                let values =
                    object.get("values").ok_or_else(|| self.bad("A map of the schema has no values"))?;
                let values = self.read(values, namespace, depth + 1)?;
                Ok(PlainType {
                    fixed_len: 0,
                    size: values.size + 1,
                    stored: values.stored,
                    ..PlainType::of(json!({"type": "map", "values": values.json}))
                })
            }
            "bytes" if logical == Some("decimal") => {
                let (precision, scale) = self.decimal(object)?;
                Ok(PlainType::of(
                    json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}),
                ))
            }
            _ => match logical.filter(|logical| fits(kind, logical)) {
                Some(logical) => Ok(PlainType::of(json!({"type": kind, "logicalType": logical}))),
                None => self.named_type(kind, namespace),
            },
        }
    }

    fn record(&mut self, object: &Map<String, Value>, namespace: &str, depth: usize) -> Result<PlainType> {
        let name = full_name_of(object, namespace);
        let inner = name.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        if !name.is_empty() {
            self.named.insert(name.clone(), None);
        }
        let fields = object.get("fields").and_then(Value::as_array);
        let fields = fields.ok_or_else(|| self.bad("A record of the schema has no fields"))?;
        let mut plain = PlainType { takes_bytes: false, ..PlainType::of(Value::Null) };
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let name = field.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| self.bad("A field of the schema has no name"))?;
            self.path.push(name.to_owned());
            let kind = field.get("type").ok_or_else(|| self.bad("A field of the schema has no type"))?;
            let column = self.read(kind, &inner, depth + 1)?;
            self.path.pop();
            plain.takes_bytes |= column.takes_bytes;
            plain.fixed_len = plain.fixed_len.saturating_add(column.fixed_len);
            plain.size += column.size;
            plain.stored = plain.stored.and(column.stored);
            if self.path.is_empty() {
                self.columns.push(column.stored);
            }
            columns.push(json!({"name": name, "type": column.json}));
        }
        plain.json = json!({"type": "record", "name": self.new_name(), "fields": columns});
        if !name.is_empty() {
            self.named.insert(name, Some(plain.clone()));
        }
        Ok(plain)
    }

    fn fixed(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        logical: Option<&str>,
    ) -> Result<PlainType> {
        let len = object.get("size").and_then(Value::as_u64);
        let len = len.ok_or_else(|| self.bad("A fixed of the schema has no size"))?;
        if len > MAX_FIXED_LEN {
            return Err(self
                .refused("A fixed is longer than 1 MiB; write it as bytes")
                .with_context("size", len));
        }
        let mut json = json!({"type": "fixed", "name": self.new_name(), "size": len});
        match logical {
            Some("decimal") => {
                let (precision, scale) = self.decimal(object)?;
                json["precision"] = precision.into();
                json["scale"] = scale.into();
                json["logicalType"] = "decimal".into();
            }
            Some("duration") if len == 12 => {
                self.has_durations = true;
                json["logicalType"] = "duration".into();
            }
            Some("uuid") if len == 16 => json["logicalType"] = "uuid".into(),
            _ => {}
        }
        let stored = Stored { has_enum: false, has_fixed: true };
        let plain = PlainType { takes_bytes: len > 0, fixed_len: len, stored, ..PlainType::of(json) };
        self.define(object, namespace, plain)
    }

    fn decimal(&self, object: &Map<String, Value>) -> Result<(u64, u64)> {
        let number = |key| object.get(key).and_then(Value::as_u64);
        let precision = number("precision").unwrap_or_default();
        let scale = number("scale").unwrap_or_default();
        if !(1..=76).contains(&precision) || scale > precision {
            return Err(self
                .refused("A decimal has 1 to 76 digits, and no more than these after the point")
                .with_context("precision", precision)
                .with_context("scale", scale));
        }
        Ok((precision, scale))
    }

    fn define(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        plain: PlainType,
    ) -> Result<PlainType> {
        self.named.insert(full_name_of(object, namespace), Some(plain.clone()));
        Ok(plain)
    }

    /// A name that no other type has.
    fn new_name(&self) -> String {
        format!("t{}", self.named.len() + self.size)
    }

    fn bad(&self, message: &str) -> Error {
        self.placed(invalid(message))
    }

    fn refused(&self, message: &str) -> Error {
        self.placed(unsupported(message))
    }

    fn placed(&self, error: Error) -> Error {
        if self.path.is_empty() { error } else { error.with_context("column", self.path.join(".")) }
    }
}

/// Whether a logical type is one that the decoder knows, on the type it belongs to.
fn fits(kind: &str, logical: &str) -> bool {
    match kind {
        "int" => matches!(logical, "date" | "time-millis"),
        "long" => matches!(
            logical,
            "time-micros"
                | "timestamp-millis"
                | "timestamp-micros"
                | "timestamp-nanos"
                | "local-timestamp-millis"
                | "local-timestamp-micros"
                | "local-timestamp-nanos"
        ),
        "string" => logical == "uuid",
        _ => false,
    }
}

fn full_name_of(object: &Map<String, Value>, namespace: &str) -> String {
    let text = |key| object.get(key).and_then(Value::as_str);
    full_name(text("name").unwrap_or_default(), text("namespace").unwrap_or(namespace))
}

fn full_name(name: &str, namespace: &str) -> String {
    if namespace.is_empty() || name.contains('.') || name.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::BadData, message)
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

/// The schemas of the files read last: result sets come in many files of one schema.
#[derive(Debug, Default)]
pub(super) struct KnownSchemas {
    last: std::sync::Mutex<Option<(Arc<str>, Arc<FileSchema>)>>,
}

impl KnownSchemas {
    /// As [`FileSchema::parse`], which it spares where the text is the one parsed last.
    pub(super) fn parse(&self, file: &Location, text: &str) -> Result<Arc<FileSchema>> {
        // Nothing can be half done under this lock, so that a poisoned one is as good.
        let known = || self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((last, schema)) = known().as_ref()
            && last.as_ref() == text
        {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(FileSchema::parse(file, text)?);
        *known() = Some((text.into(), Arc::clone(&schema)));
        Ok(schema)
    }
}
