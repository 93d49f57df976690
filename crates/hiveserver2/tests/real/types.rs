//! Every type, with nulls and extremes, value by value.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use hiveserver2::{Config, ErrorKind, TimestampUnit};

use crate::stack::{Stack, fresh_name, open};

/// Values of one row, then the row of nulls that a UNION adds below it.
async fn one_batch(config: &Config, sql: &str) -> hiveserver2::Result<RecordBatch> {
    let mut session = open(config).await;
    let mut operation = session.execute(sql).await?;
    Ok(operation.fetch().await?.expect("rows"))
}

#[tokio::test]
async fn numbers_keep_their_extremes() {
    let Some(stack) = Stack::get() else { return };
    let sql = "SELECT true, CAST(-128 AS TINYINT), CAST(-32768 AS SMALLINT), CAST(-2147483648 AS INT), \
        CAST('-9223372036854775808' AS BIGINT), CAST(0.1 AS FLOAT), CAST('1.7976931348623157E308' AS DOUBLE), \
        CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)), CAST('-0.5' AS DECIMAL(5,3))";
    let batch = one_batch(&stack.plain(), sql).await.expect("rows");
    assert!(batch.column(0).as_boolean().value(0));
    assert_eq!(batch.column(1).as_primitive::<Int8Type>().value(0), i8::MIN);
    assert_eq!(batch.column(2).as_primitive::<Int16Type>().value(0), i16::MIN);
    assert_eq!(batch.column(3).as_primitive::<Int32Type>().value(0), i32::MIN);
    assert_eq!(batch.column(4).as_primitive::<Int64Type>().value(0), i64::MIN);
    assert_eq!(batch.column(5).as_primitive::<Float32Type>().value(0).to_bits(), 0.1_f32.to_bits());
    assert_eq!(batch.column(6).as_primitive::<Float64Type>().value(0).to_bits(), f64::MAX.to_bits());
    assert_eq!(batch.column(7).as_primitive::<Decimal128Type>().value(0), 10_i128.pow(38) - 1);
    assert_eq!(batch.column(8).data_type(), &DataType::Decimal128(5, 3));
    assert_eq!(batch.column(8).as_primitive::<Decimal128Type>().value(0), -500);
    assert_eq!(batch.schema().field(8).metadata()["hive.type"], "decimal(5,3)");
}

#[tokio::test]
async fn texts_and_bytes_come_unchanged() {
    let Some(stack) = Stack::get() else { return };
    let sql = "SELECT 'zwölf €', '', CAST('ab' AS VARCHAR(5)), CAST('ab' AS CHAR(4)), unhex('00FF10'), \
        'tab\\tline\\nend'";
    let batch = one_batch(&stack.plain(), sql).await.expect("rows");
    let text = |column: usize| batch.column(column).as_string::<i32>().value(0).to_owned();
    assert_eq!([text(0), text(1), text(2), text(5)], ["zwölf €", "", "ab", "tab\tline\nend"]);
    assert_eq!(text(3).trim_end(), "ab");
    assert_eq!(batch.column(4).as_binary::<i32>().value(0), [0, 0xff, 0x10]);
    assert_eq!(batch.schema().field(2).metadata()["hive.type"], "varchar(5)");
}

#[tokio::test]
async fn dates_and_timestamps_reach_from_year_1_to_9999() {
    let Some(stack) = Stack::get() else { return };
    let sql = "SELECT DATE '0001-01-01', DATE '9999-12-31', TIMESTAMP '0001-01-01 00:00:00', \
        TIMESTAMP '9999-12-31 23:59:59.999999', \
        CAST('2024-07-01 12:00:00.25 America/New_York' AS TIMESTAMP WITH LOCAL TIME ZONE)";
    let batch = one_batch(&stack.plain(), sql).await.expect("rows");
    assert_eq!(batch.column(0).as_primitive::<Date32Type>().value(0), -719_162);
    assert_eq!(batch.column(1).as_primitive::<Date32Type>().value(0), 2_932_896);
    let micros = |column: usize| batch.column(column).as_primitive::<TimestampMicrosecondType>().value(0);
    assert_eq!(micros(2), -719_162 * 86_400_000_000);
    assert_eq!(micros(3), 253_402_300_799_999_999);
    assert_eq!(micros(4), 1_719_849_600_250_000);
    assert_eq!(batch.column(4).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
}

#[tokio::test]
async fn nanoseconds_are_refused_or_kept_as_asked() {
    let Some(stack) = Stack::get() else { return };
    let sql = "SELECT TIMESTAMP '2024-01-01 00:00:00.123456789'";
    let error = one_batch(&stack.plain(), sql).await.expect_err("too fine");
    assert_eq!(error.kind(), ErrorKind::BadData);
    let config = stack.plain().with_timestamp_unit(TimestampUnit::Nanosecond);
    let batch = one_batch(&config, sql).await.expect("rows");
    let value = batch.column(0).as_primitive::<TimestampNanosecondType>().value(0);
    assert_eq!(value, 1_704_067_200_123_456_789);
}

#[tokio::test]
async fn nested_values_and_intervals_come_as_text() {
    let Some(stack) = Stack::get() else { return };
    let sql = "SELECT array(1, 2), map('k', 1), named_struct('a', 1, 'b', 'x'), INTERVAL '1-2' YEAR TO MONTH, \
        INTERVAL '1 2:3:4' DAY TO SECOND, null";
    let batch = one_batch(&stack.plain(), sql).await.expect("rows");
    let text = |column: usize| batch.column(column).as_string::<i32>().value(0).to_owned();
    assert_eq!([text(0), text(1), text(2)], ["[1,2]", "{\"k\":1}", "{\"a\":1,\"b\":\"x\"}"]);
    assert_eq!([text(3), text(4)], ["1-2", "1 02:03:04.000000000"]);
    assert_eq!(batch.column(5).data_type(), &DataType::Null);
}

#[tokio::test]
async fn nulls_of_every_type_are_null() {
    let Some(stack) = Stack::get() else { return };
    let types = [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(10,2)",
        "STRING",
        "VARCHAR(3)",
        "BINARY",
        "DATE",
        "TIMESTAMP",
    ];
    let nulls: Vec<_> = types.iter().map(|name| format!("CAST(NULL AS {name})")).collect();
    for config in [stack.plain(), stack.nosasl(), stack.plain_http()] {
        let batch = one_batch(&config, &format!("SELECT {}", nulls.join(", "))).await.expect("rows");
        for (name, column) in types.iter().zip(batch.columns()) {
            assert!(column.is_null(0), "{name}");
        }
    }
}

#[tokio::test]
async fn rows_over_many_fetches_come_once_each_with_their_nulls() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let table = fresh_name("many");
    session.run(format!("CREATE TABLE {table} (n INT, s STRING) STORED AS PARQUET")).await.expect("created");
    let digits = "SELECT stack(10,0,1,2,3,4,5,6,7,8,9) AS d";
    let sql = format!(
        "INSERT INTO {table} SELECT n, if(n % 3 = 0, null, concat('row ', n)) FROM (SELECT \
        a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM ({digits}) a, ({digits}) b, ({digits}) c, ({digits}) e) x"
    );
    session.run(sql.as_str()).await.expect("filled");
    let mut seen = vec![false; 10_000];
    let mut operation = session.execute(format!("SELECT n, s FROM {table}")).await.expect("a statement");
    let mut batch_count = 0;
    while let Some(batch) = operation.fetch().await.expect("rows") {
        batch_count += 1;
        let (numbers, texts) =
            (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let number = numbers.value(row);
            let expected = (number % 3 != 0).then(|| format!("row {number}"));
            assert_eq!(texts.is_valid(row).then(|| texts.value(row).to_owned()), expected);
            let slot = &mut seen[usize::try_from(number).expect("not negative")];
            assert!(!std::mem::replace(slot, true), "{number} came twice");
        }
    }
    operation.close().await.expect("closed");
    assert!(batch_count > 1 && seen.iter().all(|seen| *seen), "{batch_count} batches");
    session.run(format!("DROP TABLE {table}")).await.expect("dropped");
}
