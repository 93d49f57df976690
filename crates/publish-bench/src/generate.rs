//! Seeded result sets of any size.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder, Int64Builder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use publish_core::{Error, ErrorKind, FileFormat, Format, Result, Storage, WriteOptions};
use publish_storage::FileStorage;

use crate::args::GenerateArgs;

/// Rows of a generated batch.
const BATCH_ROWS: usize = 8 * 1024;

/// Words that text columns are made of: repeated as real data repeats, and not all of one byte a character.
const WORDS: [&str; 8] = ["north", "south", "Zürich", "overnight", "returned", "gift card", "東京", "x"];

/// Writes the result set as the arguments say.
pub(crate) async fn generate(args: &GenerateArgs) -> Result<()> {
    let format = format(args.format)?;
    let schema = schema(args.columns);
    let per_file = args.rows.div_ceil(args.files.max(1));
    let mut left = args.rows;
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

/// Twelve columns of common types, over and over.
fn schema(columns: usize) -> SchemaRef {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    let types = [
        ("id", DataType::Int64),
        ("customer", DataType::Utf8),
        ("quantity", DataType::Int32),
        ("price", DataType::Decimal128(12, 2)),
        ("discount", DataType::Float64),
        ("returned", DataType::Boolean),
        ("ordered", DataType::Date32),
        ("changed", timestamp),
        ("city", DataType::Utf8),
        ("comment", DataType::Utf8),
        ("weight", DataType::Float64),
        ("parent", DataType::Int64),
    ];
    let fields = (0..columns).map(|index| {
        let (name, data_type) = &types[index % types.len()];
        let name =
            if index < types.len() { (*name).to_owned() } else { format!("{name}_{}", index / types.len()) };
        Field::new(name, data_type.clone(), true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
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
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        let schema = schema(14);
        let make = |seed| batch(&schema, 100, &mut fastrand::Rng::with_seed(seed)).unwrap();
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        assert_eq!(schema.field(13).name(), "customer_1");
    }
}
