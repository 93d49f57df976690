//! From the schema in a Parquet footer to Arrow columns.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{LogicalType, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::SchemaDescriptor;
use publish_core::{Error, ErrorKind, Location, Result};

use crate::canonical::{canonical_schema, is_uuid, mark_uuid};

use super::stored::with_words;

/// How the columns of a file are read.
#[derive(Debug)]
pub(super) struct FileColumns {
    /// The canonical columns.
    pub(super) canonical: SchemaRef,
    /// The columns as they are decoded, with UUIDs marked.
    pub(super) decoded: SchemaRef,
    /// What the decoder goes by.
    pub(super) reader: ArrowReaderMetadata,
    /// Leaves of the old timestamp type INT96, by index.
    pub(super) int96: Vec<usize>,
    /// What the decoder goes by to read those once more, for their last digits.
    pub(super) nanos_reader: Option<ArrowReaderMetadata>,
}

impl FileColumns {
    /// Understands a footer. What a writer's Arrow schema says beside Parquet's own is left aside: it tells of
    /// dictionaries, views and zones that only its writer cares for.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a type has no place in a table.
    pub(super) fn of(file: &Location, footer: &Arc<ParquetMetaData>) -> Result<Self> {
        let refused = |error: parquet::errors::ParquetError| {
            Error::new(ErrorKind::Unsupported, "The schema of the file is not understood")
                .with_context("file", file)
                .with_source(error)
        };
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::try_new(Arc::clone(footer), options).map_err(refused)?;
        let leaves = footer.file_metadata().schema_descr();
        let int96 = (0..leaves.num_columns())
            .filter(|leaf| leaves.column(*leaf).physical_type() == PhysicalType::INT96)
            .collect::<Vec<_>>();
        let (reader, nanos_reader) = if int96.is_empty() {
            (plain, None)
        } else {
            let hint = with_leaves(plain.schema(), leaves, micros_of_int96);
            let options = ArrowReaderOptions::new().with_schema(hint);
            let micros = ArrowReaderMetadata::try_new(Arc::clone(footer), options).map_err(refused)?;
            (micros, Some(plain))
        };
        let decoded = with_leaves(reader.schema(), leaves, uuid_of_bytes);
        let canonical = canonical_schema(&decoded).map_err(|error| error.with_context("file", file))?;
        let canonical = with_words(&canonical, footer);
        Ok(Self { canonical, decoded, reader, int96, nanos_reader })
    }

    /// Columns of UUIDs: they hold 16 bytes, and stand for texts.
    pub(super) fn disguised(&self) -> Vec<String> {
        let uuids = self.decoded.fields().iter().filter(|field| is_uuid(field));
        uuids.map(|field| field.name().clone()).collect()
    }
}

/// The years 1 to 9999 fit into microseconds, not into nanoseconds.
fn micros_of_int96(leaves: &SchemaDescriptor, leaf: usize, field: Field) -> Field {
    if leaves.column(leaf).physical_type() == PhysicalType::INT96 {
        field.with_data_type(DataType::Timestamp(TimeUnit::Microsecond, None))
    } else {
        field
    }
}

fn uuid_of_bytes(leaves: &SchemaDescriptor, leaf: usize, field: Field) -> Field {
    let is_uuid = leaves.column(leaf).logical_type_ref() == Some(&LogicalType::Uuid);
    if is_uuid { mark_uuid(field) } else { field }
}

type Change = fn(&SchemaDescriptor, usize, Field) -> Field;

/// Changes the leaves of a schema; both sides count them depth first.
fn with_leaves(schema: &Schema, leaves: &SchemaDescriptor, change: Change) -> SchemaRef {
    let mut next = 0;
    Arc::new(Schema::new(fields_with(schema.fields(), leaves, &mut next, change)))
}

fn fields_with(fields: &Fields, leaves: &SchemaDescriptor, next: &mut usize, change: Change) -> Fields {
    fields.iter().map(|field| field_with(field, leaves, next, change)).collect()
}

fn field_with(field: &FieldRef, leaves: &SchemaDescriptor, next: &mut usize, change: Change) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(fields_with(fields, leaves, next, change)),
        DataType::List(item) => DataType::List(field_with(item, leaves, next, change)),
        DataType::Map(entries, sorted) => DataType::Map(field_with(entries, leaves, next, change), *sorted),
        _ => {
            let leaf = *next;
            *next += 1;
            return Arc::new(change(leaves, leaf, field.as_ref().clone()));
        }
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}
