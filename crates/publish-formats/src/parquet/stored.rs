//! What Arrow's types do not show of how a file stores its columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use parquet::basic::{ColumnOrder, Compression, ConvertedType, Encoding, LogicalType, Type as PhysicalType};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;
use publish_core::with_stored_as;

/// 15 October 1582, the first day of the Gregorian calendar, in days from 1970. Readers that know the calendar before it
/// shift dates from there on back, unless the file says that it does not.
const FIRST_GREGORIAN_DAY: i32 = -141_427;

/// Adds to each column the words for what is in its leaves, see [`STORED_AS_KEY`](publish_core::STORED_AS_KEY).
pub(super) fn with_words(columns: &Schema, footer: &ParquetMetaData) -> SchemaRef {
    let leaves = footer.file_metadata().schema_descr();
    let mut words = vec![BTreeSet::new(); columns.fields().len()];
    for leaf in 0..leaves.num_columns() {
        let Some(words) = words.get_mut(leaves.get_column_root_idx(leaf)) else { continue };
        words.extend(of_type(&leaves.column(leaf)).map(str::to_owned));
        let order = footer.file_metadata().column_orders().and_then(|orders| orders.get(leaf));
        words.extend(order.filter(|order| !is_usual_order(order)).map(|order| format!("order:{order}")));
        for chunk in footer.row_groups().iter().filter_map(|group| group.columns().get(leaf)) {
            words.extend(of_chunk(chunk));
        }
    }
    let fields = columns.fields().iter().zip(&words);
    let fields =
        fields.map(|(field, words)| with_stored_as(field.as_ref().clone(), words.iter().map(String::as_str)));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn of_type(column: &ColumnDescriptor) -> Option<&'static str> {
    match (column.logical_type_ref(), column.physical_type()) {
        (Some(LogicalType::Float16), _) => Some("float16"),
        (Some(LogicalType::Uuid), _) => Some("uuid"),
        (_, PhysicalType::INT96) => Some("int96"),
        _ => None,
    }
}

/// Whether readers of any version know the order that the footer notes for a column.
fn is_usual_order(order: &ColumnOrder) -> bool {
    matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(_) | ColumnOrder::UNDEFINED)
}

fn of_chunk(chunk: &ColumnChunkMetaData) -> Vec<String> {
    let mut words = Vec::new();
    let codec = match chunk.compression() {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) => None,
        Compression::ZSTD(_) => Some("zstd"),
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZ4 => Some("lz4"),
        Compression::LZ4_RAW => Some("lz4_raw"),
        Compression::LZO => Some("lzo"),
    };
    words.extend(codec.map(|codec| format!("codec:{codec}")));
    let rare = chunk.encodings().filter(|encoding| !is_usual(*encoding));
    words.extend(rare.map(|encoding| format!("encoding:{encoding}")));
    if is_date(chunk.column_descr()) && !is_gregorian(chunk) {
        words.push("oldDates".to_owned());
    }
    words
}

/// Whether it is among the encodings of the format's first version.
#[allow(deprecated, reason = "files of old writers name it")]
fn is_usual(encoding: Encoding) -> bool {
    matches!(
        encoding,
        Encoding::PLAIN
            | Encoding::PLAIN_DICTIONARY
            | Encoding::RLE
            | Encoding::RLE_DICTIONARY
            | Encoding::BIT_PACKED
    )
}

fn is_date(column: &ColumnDescriptor) -> bool {
    column.logical_type_ref() == Some(&LogicalType::Date) || column.converted_type() == ConvertedType::DATE
}

/// Whether the least date that the footer tells is one of the Gregorian calendar, or there is none.
fn is_gregorian(chunk: &ColumnChunkMetaData) -> bool {
    let Some(statistics) = chunk.statistics() else { return chunk.num_values() == 0 };
    if let Statistics::Int32(days) = statistics
        && let Some(least) = days.min_opt()
    {
        return *least >= FIRST_GREGORIAN_DAY;
    }
    let nulls = statistics.null_count_opt();
    nulls.is_some_and(|nulls| i64::try_from(nulls).is_ok_and(|nulls| nulls == chunk.num_values()))
}
