//! Every type with nulls and extremes, read back by a connection that knows nothing of this crate.

// The functions beside the tests are test code too.
#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod fixture;

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, MapBuilder, StringBuilder};
use arrow_array::types::{Int8Type, Int32Type, IntervalMonthDayNano};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Date64Array, Decimal32Array,
    Decimal64Array, Decimal128Array, Decimal256Array, DictionaryArray, DurationMillisecondArray,
    FixedSizeBinaryArray, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, IntervalMonthDayNanoArray, LargeBinaryArray, LargeStringArray, ListArray, NullArray,
    StringArray, StringViewArray, Time32MillisecondArray, Time32SecondArray, Time64MicrosecondArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array, new_null_array,
};
use arrow_buffer::i256;
use arrow_cast::cast;
use arrow_schema::DataType;
use fixture::{Fixture, Run, action_named};
use publish_core::{ErrorKind, Target};
use target_sqlite::{SqliteConfig, SqliteTarget, UnsignedMode};

const DAY: i64 = 86_400;
/// 0001-01-01 and 9999-12-31, as days and the last second of years.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

/// Publishes one column, and answers `type|typeof|value` of each row.
async fn kept(array: ArrayRef) -> (String, Vec<String>) {
    let fixture = Fixture::new();
    fixture.publish(&Run::of_columns(vec![array]), "createAndLoad", "t").await.unwrap();
    let declared = fixture.rows("SELECT type FROM pragma_table_info('t')").remove(0);
    (declared, fixture.rows("SELECT typeof(a), a FROM t"))
}

async fn expect(array: impl Array + 'static, declared: &str, rows: &[&str]) {
    let array: ArrayRef = Arc::new(array);
    let with_null = null_added(&array);
    let (seen, values) = kept(with_null).await;
    let mut expected: Vec<&str> = rows.to_vec();
    expected.push("null|NULL");
    assert_eq!((seen.as_str(), values), (declared, expected.iter().map(|&row| row.to_owned()).collect()));
}

/// The values and, at the end, a null.
fn null_added(array: &ArrayRef) -> ArrayRef {
    let null = new_null_array(array.data_type(), 1);
    let (values, null) = (array.to_data(), null.to_data());
    let mut both = mutable_of(&[&values, &null]);
    both.try_extend(0, 0, values.len()).unwrap();
    both.try_extend(1, 0, 1).unwrap();
    arrow_array::make_array(both.freeze())
}

fn mutable_of<'a>(data: &[&'a arrow_data::ArrayData]) -> arrow_data::transform::MutableArrayData<'a> {
    arrow_data::transform::MutableArrayData::new(data.to_vec(), true, 0)
}

#[tokio::test]
async fn integers_come_back_whole() {
    expect(BooleanArray::from(vec![true, false]), "BOOLEAN", &["integer|1", "integer|0"]).await;
    expect(Int8Array::from(vec![i8::MIN, i8::MAX]), "SMALLINT", &["integer|-128", "integer|127"]).await;
    expect(Int16Array::from(vec![i16::MIN]), "SMALLINT", &["integer|-32768"]).await;
    expect(Int32Array::from(vec![i32::MIN]), "INTEGER", &["integer|-2147483648"]).await;
    let most = ["integer|-9223372036854775808", "integer|9223372036854775807"];
    expect(Int64Array::from(vec![i64::MIN, i64::MAX]), "BIGINT", &most).await;
    expect(UInt8Array::from(vec![u8::MAX]), "SMALLINT", &["integer|255"]).await;
    expect(UInt16Array::from(vec![u16::MAX]), "INTEGER", &["integer|65535"]).await;
    expect(UInt32Array::from(vec![u32::MAX]), "BIGINT", &["integer|4294967295"]).await;
    expect(UInt64Array::from(vec![i64::MAX as u64]), "BIGINT", &["integer|9223372036854775807"]).await;
    expect(DurationMillisecondArray::from(vec![-5]), "BIGINT", &["integer|-5"]).await;
}

#[tokio::test]
async fn unsigned_integers_are_refused_or_text_as_the_setting_says() {
    let fixture = Fixture::new();
    let values: ArrayRef = Arc::new(UInt64Array::from(vec![0, u64::MAX]));
    let run = Run::of_columns(vec![Arc::clone(&values)]);
    let error = fixture.publish(&run, "createAndLoad", "t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.to_string().contains("row: 2, column: a, value: 18446744073709551615"), "{error}");
    assert!(fixture.rows("SELECT name FROM sqlite_schema WHERE name = 't'").is_empty());

    let config = SqliteConfig::new(fixture.target.file()).with_u64(UnsignedMode::Decimal);
    let fixture = Fixture { target: SqliteTarget::new(&config).unwrap(), ..fixture };
    fixture.publish(&Run::of_columns(vec![values]), "createAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT typeof(a), a FROM t"), ["text|0", "text|18446744073709551615"]);
    assert_eq!(fixture.rows("SELECT type FROM pragma_table_info('t')"), ["DECIMAL TEXT(20,0)"]);
}

#[tokio::test]
async fn floating_point_numbers_come_back_bit_for_bit_but_for_the_sign_of_zero() {
    let extremes = vec![f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.0, 0.1, -1e300];
    let fixture = Fixture::new();
    let run = Run::of_columns(vec![Arc::new(Float64Array::from(extremes.clone()))]);
    fixture.publish(&run, "createAndLoad", "t").await.unwrap();
    let database = fixture.database();
    let mut statement = database.prepare("SELECT a FROM t").unwrap();
    let back: Vec<f64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(
        back.iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
        extremes.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    );
    expect(Float64Array::from(vec![1.0]), "DOUBLE", &["real|1.0"]).await;
    expect(Float32Array::from(vec![0.5, f32::MAX]), "REAL", &["real|0.5", "real|3.4028234663852886e38"])
        .await;
    let halves: Float16Array =
        cast(&Float32Array::from(vec![1.5]), &DataType::Float16).unwrap().to_data().into();
    expect(halves, "REAL", &["real|1.5"]).await;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let run = Run::of_columns(vec![Arc::new(Float64Array::from(vec![bad]))]);
        let error = fixture.publish(&run, "createAndLoad", "u").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.to_string().contains("row: 1, column: a"), "{error}");
    }
}

/// What SQLite does with the sign of a zero, which the plan's note tells.
#[tokio::test]
async fn the_sign_of_zero_is_as_the_note_says() {
    let fixture = Fixture::new();
    let run = Run::of_columns(vec![Arc::new(Float64Array::from(vec![-0.0]))]);
    let plan = fixture.plan(&run, action_named("createAndLoad").as_ref(), "t").await.unwrap();
    assert!(plan.notes().iter().any(|note| note.contains("-0.0 becomes 0.0")), "{:?}", plan.notes());
    fixture.publish(&run, "createAndLoad", "t").await.unwrap();
    let back: f64 = fixture.database().query_row("SELECT a FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(back.to_bits(), 0.0_f64.to_bits());
}

#[tokio::test]
async fn decimals_come_back_digit_for_digit() {
    let nines = 10_i128.pow(38) - 1;
    let wide = |values: Vec<i128>, precision, scale| {
        Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()
    };
    expect(
        wide(vec![nines, -nines, 10, 0], 38, 10),
        "DECIMAL TEXT(38,10)",
        &[
            "text|9999999999999999999999999999.9999999999",
            "text|-9999999999999999999999999999.9999999999",
            "text|0.0000000010",
            "text|0.0000000000",
        ],
    )
    .await;
    let all = format!("text|0.{}", "9".repeat(38));
    expect(wide(vec![nines], 38, 38), "DECIMAL TEXT(38,38)", &[&all]).await;
    expect(wide(vec![7], 9, 0), "DECIMAL TEXT(9,0)", &["text|7"]).await;
    expect(wide(vec![7], 3, -2), "DECIMAL TEXT(5,0)", &["text|700"]).await;
    let huge = i256::from_string(&"9".repeat(76)).unwrap();
    let array = Decimal256Array::from(vec![huge]).with_precision_and_scale(76, 1).unwrap();
    expect(array, "DECIMAL TEXT(76,1)", &[&format!("text|{}.9", "9".repeat(75))]).await;
    let array = Decimal32Array::from(vec![-123]).with_precision_and_scale(9, 2).unwrap();
    expect(array, "DECIMAL TEXT(9,2)", &["text|-1.23"]).await;
    let array = Decimal64Array::from(vec![5]).with_precision_and_scale(18, 2).unwrap();
    expect(array, "DECIMAL TEXT(18,2)", &["text|0.05"]).await;
}

#[tokio::test]
async fn dates_and_times_are_text_that_sorts() {
    expect(
        Date32Array::from(vec![FIRST_DAY, 0, LAST_DAY]),
        "DATE TEXT",
        &["text|0001-01-01", "text|1970-01-01", "text|9999-12-31"],
    )
    .await;
    expect(Date64Array::from(vec![-DAY * 1000]), "DATE TEXT", &["text|1969-12-31"]).await;
    expect(Time32SecondArray::from(vec![86_399]), "TIME TEXT", &["text|23:59:59"]).await;
    expect(Time32MillisecondArray::from(vec![1]), "TIME TEXT", &["text|00:00:00.001"]).await;
    expect(Time64MicrosecondArray::from(vec![1]), "TIME TEXT", &["text|00:00:00.000001"]).await;
    expect(Time64NanosecondArray::from(vec![1]), "TIME TEXT", &["text|00:00:00.000000001"]).await;
    let stamp = "TIMESTAMP TEXT";
    expect(TimestampSecondArray::from(vec![-1]), stamp, &["text|1969-12-31 23:59:59"]).await;
    expect(TimestampMillisecondArray::from(vec![1]), stamp, &["text|1970-01-01 00:00:00.001"]).await;
    let first = i64::from(FIRST_DAY) * DAY * 1_000_000;
    let last = (i64::from(LAST_DAY) + 1) * DAY * 1_000_000 - 1;
    let rows = ["text|0001-01-01 00:00:00.000000", "text|9999-12-31 23:59:59.999999"];
    expect(TimestampMicrosecondArray::from(vec![first, last]), stamp, &rows).await;
    expect(TimestampNanosecondArray::from(vec![-1]), stamp, &["text|1969-12-31 23:59:59.999999999"]).await;
    let zoned = TimestampMicrosecondArray::from(vec![0]).with_timezone("Europe/Paris");
    expect(zoned, "TIMESTAMPTZ TEXT", &["text|1970-01-01 00:00:00.000000+00:00"]).await;
    let interval = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3_000_000_000)]);
    expect(interval, "VARCHAR", &["text|P1M2DT3S"]).await;
}

#[tokio::test]
async fn a_date_that_would_not_sort_is_refused_by_name() {
    let fixture = Fixture::new();
    let bad: [ArrayRef; 5] = [
        Arc::new(Date32Array::from(vec![FIRST_DAY - 1])),
        Arc::new(Date32Array::from(vec![LAST_DAY + 1])),
        Arc::new(TimestampSecondArray::from(vec![i64::MAX])),
        Arc::new(Date64Array::from(vec![1])),
        Arc::new(Time32SecondArray::from(vec![86_400])),
    ];
    for array in bad {
        let error = fixture.publish(&Run::of_columns(vec![array]), "createAndLoad", "t").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.to_string().contains("row: 1, column: a, value: "), "{error}");
    }
}

#[tokio::test]
async fn texts_and_bytes_come_back_byte_for_byte() {
    let texts = vec!["", "007", "1.50", " é\n\"'", "2026-01-01"];
    let rows = ["text|", "text|007", "text|1.50", "text| é\n\"'", "text|2026-01-01"];
    expect(StringArray::from(texts.clone()), "VARCHAR", &rows).await;
    expect(LargeStringArray::from(texts.clone()), "VARCHAR", &rows).await;
    expect(StringViewArray::from(texts.clone()), "VARCHAR", &rows).await;
    expect(DictionaryArray::<Int8Type>::from_iter(texts), "VARCHAR", &rows).await;
    let bytes: Vec<&[u8]> = vec![b"", b"\x00\xff"];
    let rows = ["blob|[]", "blob|[00, ff]"];
    expect(BinaryArray::from(bytes.clone()), "BLOB", &rows).await;
    expect(LargeBinaryArray::from(bytes.clone()), "BLOB", &rows).await;
    expect(BinaryViewArray::from_iter_values(bytes), "BLOB", &rows).await;
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8, 2]].into_iter()).unwrap();
    expect(fixed, "BLOB", &["blob|[01, 02]"]).await;
    expect(NullArray::new(2), "VARCHAR", &["null|NULL", "null|NULL"]).await;

    let fixture = Fixture::new();
    let run = Run::of_columns(vec![Arc::new(StringArray::from(vec!["a\0b"]))]);
    fixture.publish(&run, "createAndLoad", "t").await.unwrap();
    let back: String = fixture.database().query_row("SELECT a FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(back, "a\0b");
    assert_eq!(fixture.rows("SELECT hex(a) FROM t"), ["610062"]);
}

#[tokio::test]
async fn nested_values_are_json() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None])]);
    expect(lists, "JSON TEXT", &["text|[1,null]"]).await;
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    maps.keys().append_value("k");
    maps.values().append_value(1);
    maps.append(true).unwrap();
    expect(maps.finish(), "JSON TEXT", &["text|{\"k\":1}"]).await;
}

#[tokio::test]
async fn every_way_of_keeping_is_told_in_the_plan() {
    let target = Fixture::new().target;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Decimal128Array::from(vec![1])),
        Arc::new(Date32Array::from(vec![1])),
        Arc::new(TimestampSecondArray::from(vec![1]).with_timezone("UTC")),
        Arc::new(Float32Array::from(vec![1.0])),
        Arc::new(UInt64Array::from(vec![1])),
        Arc::new(NullArray::new(1)),
        Arc::new(Int64Array::from(vec![1])),
    ];
    let run = Run::of_columns(columns);
    let notes = target.map_schema(&run.context.reader().unwrap().results().schema).unwrap().notes;
    let starts: Vec<&str> = notes.iter().map(|note| &note[..2]).collect();
    assert_eq!(starts, ["a:", "b:", "c:", "d:", "f:", "e:"], "{notes:?}");
}
