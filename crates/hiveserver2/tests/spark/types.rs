//! Every type, value by value.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use crate::server::{config, one_batch};

#[tokio::test]
async fn numbers_keep_their_extremes() {
    let Some(config) = config() else { return };
    let sql = "SELECT true, CAST(-128 AS TINYINT), CAST(-32768 AS SMALLINT), CAST(-2147483648 AS INT), \
        CAST('-9223372036854775808' AS BIGINT), CAST(0.1 AS FLOAT), CAST('1.7976931348623157E308' AS DOUBLE), \
        CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)), CAST('-0.5' AS DECIMAL(5,3))";
    let batch = one_batch(&config, sql).await;
    assert!(batch.column(0).as_boolean().value(0));
    assert_eq!(batch.column(1).as_primitive::<Int8Type>().value(0), i8::MIN);
    assert_eq!(batch.column(2).as_primitive::<Int16Type>().value(0), i16::MIN);
    assert_eq!(batch.column(3).as_primitive::<Int32Type>().value(0), i32::MIN);
    assert_eq!(batch.column(4).as_primitive::<Int64Type>().value(0), i64::MIN);
    assert_eq!(batch.column(5).as_primitive::<Float32Type>().value(0).to_bits(), 0.1_f32.to_bits());
    assert_eq!(batch.column(6).as_primitive::<Float64Type>().value(0).to_bits(), f64::MAX.to_bits());
    assert_eq!(batch.column(7).as_primitive::<Decimal128Type>().value(0), 10_i128.pow(38) - 1);
    assert_eq!(batch.column(8).as_primitive::<Decimal128Type>().value(0), -500);
}

#[tokio::test]
async fn texts_bytes_dates_and_times_come_unchanged() {
    let Some(config) = config() else { return };
    let sql = "SELECT 'zwölf €', '', unhex('00FF10'), DATE '2024-02-29', DATE '0001-01-01', \
        TIMESTAMP_NTZ '2024-07-01 12:00:00.123456'";
    let batch = one_batch(&config, sql).await;
    let text = |column: usize| batch.column(column).as_string::<i32>().value(0).to_owned();
    assert_eq!([text(0), text(1)], ["zwölf €", ""]);
    assert_eq!(batch.column(2).as_binary::<i32>().value(0), [0, 0xff, 0x10]);
    assert_eq!(batch.column(3).as_primitive::<Date32Type>().value(0), 19_782);
    assert_eq!(batch.column(4).as_primitive::<Date32Type>().value(0), -719_162);
    let micros = batch.column(5).as_primitive::<TimestampMicrosecondType>().value(0);
    assert_eq!(micros, 1_719_835_200_123_456);
}

#[tokio::test]
async fn nested_values_come_as_text_and_nulls_of_every_type_are_null() {
    let Some(config) = config() else { return };
    let batch =
        one_batch(&config, "SELECT array(1, 2), map('k', 1), named_struct('a', 1, 'b', 'x'), null").await;
    let text = |column: usize| batch.column(column).as_string::<i32>().value(0).to_owned();
    assert_eq!([text(0), text(1), text(2)], ["[1,2]", "{\"k\":1}", "{\"a\":1,\"b\":\"x\"}"]);
    assert!(batch.column(3).is_null(0) || batch.column(3).data_type() == &arrow_schema::DataType::Null);
    let types = [
        "BOOLEAN",
        "TINYINT",
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(10,2)",
        "STRING",
        "BINARY",
        "DATE",
    ];
    let nulls: Vec<_> = types.iter().map(|name| format!("CAST(NULL AS {name})")).collect();
    let batch = one_batch(&config, &format!("SELECT {}", nulls.join(", "))).await;
    for (name, column) in types.iter().zip(batch.columns()) {
        assert!(column.is_null(0), "{name}");
    }
}
