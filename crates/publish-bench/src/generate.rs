//! Seeded result sets of any size.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder, Int64Builder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use clap::ValueEnum;
use publish_core::{Error, ErrorKind, FileFormat, Format, Result, Storage, WriteOptions};
use publish_storage::FileStorage;

use crate::args::GenerateArgs;

/// Rows of a generated batch.
const BATCH_ROWS: usize = 8 * 1024;

/// Words that text columns are made of: repeated as real data repeats, and not all of one byte a character.
const WORDS: [&str; 8] = ["north", "south", "Zürich", "overnight", "returned", "gift card", "東京", "x"];

/// Writes a result set of `format` to a folder, in so many files of [`Shape::Mixed`].
pub(crate) async fn mixed(folder: &Path, format: FileFormat, rows: usize, files: usize) -> Result<()> {
    shaped(folder, format, rows, files, Shape::Mixed).await
}

/// Writes a result set of this shape to a folder, in so many files.
pub(crate) async fn shaped(
    folder: &Path,
    format: FileFormat,
    rows: usize,
    files: usize,
    shape: Shape,
) -> Result<()> {
    let args = GenerateArgs { shape, columns: None, files, format, seed: 1, out: folder.to_owned() };
    generate(&args, rows).await
}

/// Writes the result set as the arguments say.
pub(crate) async fn generate(args: &GenerateArgs, rows: usize) -> Result<()> {
    let format = format(args.format)?;
    let schema = args.shape.schema(args.columns);
    let per_file = rows.div_ceil(args.files.max(1));
    let mut left = rows;
    for file in 0..args.files.max(1) {
        let rows = left.min(per_file);
        left -= rows;
        let mut random =
            fastrand::Rng::with_seed(args.seed.wrapping_mul(1_000_003).wrapping_add(file as u64));
        write_file(&format, &schema, &args.out, file, rows, &mut random).await?;
    }
    Ok(())
}

async fn write_file(
    format: &Arc<dyn Format>,
    schema: &SchemaRef,
    out: &Path,
    file: usize,
    rows: usize,
    random: &mut fastrand::Rng,
) -> Result<()> {
    let name = out.join(format!("part-{file:05}.{}", format.format()));
    let location = publish_storage::local_location(&name.to_string_lossy(), Path::new("/"))?;
    let mut writer = format
        .create(schema, &WriteOptions::default(), FileStorage::default().create(&location).await?)
        .await?;
    let mut left = rows;
    // A file without rows is one batch without rows, so that it has its columns.
    loop {
        let batch_rows = left.min(BATCH_ROWS);
        writer.write(batch(schema, batch_rows, random)?).await?;
        left -= batch_rows;
        if left == 0 {
            break;
        }
    }
    writer.finish().await.map(|_| ())
}

fn format(format: FileFormat) -> Result<Arc<dyn Format>> {
    publish_formats::all().into_iter().find(|known| known.format() == format).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "There is no such format").with_context("format", format)
    })
}

/// What the columns of a result set are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Twelve columns of common types.
    #[default]
    Mixed,
    /// Twelve columns of types that every target loads from files as they are: numbers, truth values and texts.
    Plain,
    /// A key and a number.
    Narrow,
    /// A hundred columns of common types.
    Wide,
    /// A key and seven texts.
    Strings,
    /// The sixteen columns of an order's line: keys, decimals, flags, dates, texts.
    Lineitem,
    /// A key, a list, a record of two fields.
    Nested,
}

impl Shape {
    /// The types, with names to begin with, and how many columns there are unless said.
    fn columns(self) -> (Vec<(&'static str, DataType)>, usize) {
        let decimal = || DataType::Decimal128(12, 2);
        let columns = match self {
            Self::Mixed | Self::Wide => vec![
                ("id", DataType::Int64),
                ("customer", DataType::Utf8),
                ("quantity", DataType::Int32),
                ("price", decimal()),
                ("discount", DataType::Float64),
                ("returned", DataType::Boolean),
                ("ordered", DataType::Date32),
                ("changed", DataType::Timestamp(TimeUnit::Microsecond, None)),
                ("city", DataType::Utf8),
                ("comment", DataType::Utf8),
                ("weight", DataType::Float64),
                ("parent", DataType::Int64),
            ],
            Self::Plain => vec![
                ("id", DataType::Int64),
                ("customer", DataType::Utf8),
                ("quantity", DataType::Int32),
                ("price", DataType::Float64),
                ("discount", DataType::Float64),
                ("returned", DataType::Boolean),
                ("ordered", DataType::Int32),
                ("changed", DataType::Int64),
                ("city", DataType::Utf8),
                ("comment", DataType::Utf8),
                ("weight", DataType::Float64),
                ("parent", DataType::Int64),
            ],
            Self::Narrow => vec![("id", DataType::Int64), ("value", DataType::Float64)],
            Self::Strings => {
                let texts = ["customer", "street", "city", "country", "comment", "product", "note"];
                let texts = texts.map(|name| (name, DataType::Utf8));
                [("id", DataType::Int64)].into_iter().chain(texts).collect()
            }
            Self::Lineitem => vec![
                ("orderkey", DataType::Int64),
                ("partkey", DataType::Int64),
                ("suppkey", DataType::Int64),
                ("linenumber", DataType::Int32),
                ("quantity", decimal()),
                ("extendedprice", decimal()),
                ("discount", decimal()),
                ("tax", decimal()),
                ("returnflag", DataType::Utf8),
                ("linestatus", DataType::Utf8),
                ("shipdate", DataType::Date32),
                ("commitdate", DataType::Date32),
                ("receiptdate", DataType::Date32),
                ("shipinstruct", DataType::Utf8),
                ("shipmode", DataType::Utf8),
                ("comment", DataType::Utf8),
            ],
            Self::Nested => vec![
                ("id", DataType::Int64),
                ("marks", DataType::new_list(DataType::Int64, true)),
                ("place", DataType::Struct(place_fields())),
            ],
        };
        let count = if self == Self::Wide { 100 } else { columns.len() };
        (columns, count)
    }

    /// So many columns, or as many as the shape has; types repeat where there are more.
    fn schema(self, columns: Option<usize>) -> SchemaRef {
        let (types, count) = self.columns();
        let fields = (0..columns.unwrap_or(count)).map(|index| {
            let (name, data_type) = &types[index % types.len()];
            let round = index / types.len();
            let name = if round == 0 { (*name).to_owned() } else { format!("{name}_{round}") };
            Field::new(name, data_type.clone(), true)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

fn place_fields() -> Fields {
    Fields::from(vec![
        Field::new("city", DataType::Utf8, true),
        Field::new("height", DataType::Float64, true),
    ])
}

fn batch(schema: &SchemaRef, rows: usize, random: &mut fastrand::Rng) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| column(field, rows, random)).collect();
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "A generated batch is not right").with_source(error)
    })
}

/// A column in which every twentieth value or so is null.
fn column(field: &Field, rows: usize, random: &mut fastrand::Rng) -> ArrayRef {
    macro_rules! fill {
        ($builder:expr, $value:expr) => {{
            let mut builder = $builder;
            for _ in 0..rows {
                if random.u8(0..20) == 0 {
                    builder.append_null();
                } else {
                    builder.append_value($value);
                }
            }
            Arc::new(builder.finish())
        }};
    }
    match field.data_type() {
        DataType::Int32 => fill!(Int32Builder::new(), random.i32(0..1000)),
        DataType::Boolean => fill!(BooleanBuilder::new(), random.bool()),
        DataType::Float64 => fill!(Float64Builder::new(), f64::from(random.i32(0..1_000_000)) / 100.0),
        DataType::Date32 => fill!(Date32Builder::new(), random.i32(10_000..20_000)),
        DataType::Timestamp(..) => {
            fill!(
                TimestampMicrosecondBuilder::new(),
                random.i64(1_000_000_000_000_000..1_800_000_000_000_000)
            )
        }
        DataType::Decimal128(precision, scale) => {
            let builder = Decimal128Builder::new().with_data_type(DataType::Decimal128(*precision, *scale));
            fill!(builder, i128::from(random.i64(0..10_000_000)))
        }
        DataType::Utf8 => fill!(StringBuilder::new(), text(random)),
        DataType::List(item) => {
            let lengths: Vec<usize> = (0..rows).map(|_| random.usize(0..4)).collect();
            let items = column(item, lengths.iter().sum(), random);
            Arc::new(ListArray::new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), items, None))
        }
        DataType::Struct(fields) => {
            let columns = fields.iter().map(|field| column(field, rows, random)).collect();
            Arc::new(StructArray::new(fields.clone(), columns, None))
        }
        _ => fill!(Int64Builder::new(), random.i64(0..i64::MAX)),
    }
}

fn text(random: &mut fastrand::Rng) -> String {
    let words = random.usize(1..4);
    let mut text = String::new();
    for _ in 0..words {
        text.push_str(WORDS[random.usize(0..WORDS.len())]);
        text.push(' ');
    }
    text.push_str(&random.u32(0..10_000).to_string());
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        for shape in Shape::value_variants() {
            let schema = shape.schema(None);
            let make = |seed| batch(&schema, 100, &mut fastrand::Rng::with_seed(seed)).unwrap();
            assert_eq!(make(7), make(7), "{shape:?}");
            assert_ne!(make(7), make(8), "{shape:?}");
        }
    }

    #[test]
    fn columns_beyond_those_of_the_shape_repeat_its_types() {
        let schema = Shape::Mixed.schema(Some(14));
        assert_eq!(schema.field(13).name(), "customer_1");
        assert_eq!(schema.field(13).data_type(), schema.field(1).data_type());
    }
}
