//! The golden result set, written by pyarrow and fastavro: both files hold the same values.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::path::Path;

use arrow_array::{Array, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::{DataType, Field, Schema};
use publish_formats::{AvroFormat, ParquetFormat};
use stored::read;

/// Types that Avro has no equal of, and what stands for them.
const STANDS_FOR: [(DataType, DataType); 5] = [
    (DataType::Int8, DataType::Int32),
    (DataType::Int16, DataType::Int32),
    (DataType::UInt8, DataType::Int32),
    (DataType::UInt16, DataType::Int32),
    (DataType::UInt32, DataType::Int64),
];

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/golden");
    std::fs::read(folder.join(name)).unwrap()
}

fn texts(column: &dyn Array) -> Vec<Option<String>> {
    (0..column.len())
        .map(|row| column.is_valid(row).then(|| array_value_to_string(column, row).unwrap()))
        .collect()
}

fn is_same_type(avro: &DataType, parquet: &DataType) -> bool {
    avro == parquet
        || STANDS_FOR.contains(&(parquet.clone(), avro.clone()))
        // Their writers name parts of lists and maps differently, and a 64-bit number without sign has no rival.
        || avro.is_nested() && parquet.is_nested()
        || (avro, parquet) == (&DataType::Int64, &DataType::UInt64)
}

async fn both(stem: &str) -> (RecordBatch, RecordBatch) {
    let avro = read(&AvroFormat::new(), golden(&format!("{stem}.avro"))).await.unwrap();
    let parquet = read(&ParquetFormat::new(), golden(&format!("{stem}.parquet"))).await.unwrap();
    (avro, parquet)
}

#[tokio::test]
async fn avro_and_parquet_hold_the_same_values() {
    for stem in ["golden", "nan", "unsigned"] {
        let (avro, parquet) = both(stem).await;
        let names =
            |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        assert_eq!(names(avro.schema_ref()), names(parquet.schema_ref()));
        assert!(avro.num_rows() > 0);
        for (field, column) in parquet.schema_ref().fields().iter().zip(parquet.columns()) {
            let name = field.name();
            assert_eq!(texts(&avro[name]), texts(column), "{stem}: {name}");
            let (avro, parquet) = (avro[name].data_type(), column.data_type());
            let is_decimal = stem == "unsigned" && matches!(avro, DataType::Decimal128(_, 0));
            assert!(is_decimal || is_same_type(avro, parquet), "{stem}: {name}: {avro} and {parquet}");
        }
    }
}

#[tokio::test]
async fn a_written_copy_holds_the_same_values() {
    let (avro, parquet) = both("golden").await;
    let options = stored::compressed(Some("zstd"));
    for batch in [avro, parquet] {
        let bytes =
            stored::write(&ParquetFormat::new(), &batch.schema(), std::slice::from_ref(&batch), &options)
                .await
                .unwrap();
        assert_same(&read(&ParquetFormat::new(), bytes).await.unwrap(), &batch);
        let bytes =
            stored::write(&AvroFormat::new(), &batch.schema(), std::slice::from_ref(&batch), &options)
                .await
                .unwrap();
        assert_same(&read(&AvroFormat::new(), bytes).await.unwrap(), &batch);
    }
}

fn assert_same(copy: &RecordBatch, batch: &RecordBatch) {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let field: &Field = field;
        assert_eq!(texts(&copy[field.name()]), texts(column), "{}", field.name());
    }
}
