use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    BinaryArray, Decimal128Array, FixedSizeListArray, Float64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::Field;

use super::*;

fn json(array: &ArrayRef, row: usize) -> String {
    let mut out = Vec::new();
    Nested::new(array).unwrap().write(row, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    text
}

#[test]
fn lists_keep_nulls_and_order() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None, Some(-3)]),
        None,
        Some(vec![]),
    ]);
    let lists: ArrayRef = Arc::new(lists);
    assert_eq!(json(&lists, 0), "[1,null,-3]");
    assert_eq!(json(&lists, 1), "null");
    assert_eq!(json(&lists, 2), "[]");
    assert_eq!(json(&lists.slice(1, 2), 1), "[]");
    let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(
        [Some(vec![Some(1), Some(2)]), Some(vec![Some(3), None])],
        2,
    );
    assert_eq!(json(&(Arc::new(fixed.slice(1, 1)) as ArrayRef), 0), "[3,null]");
}

#[test]
fn structs_keep_every_value_whole() {
    let fields: [(&str, ArrayRef); 7] = [
        ("a\"b", Arc::new(StringArray::from(vec![Some("x\n\0\"é")]))),
        (
            "dec",
            Arc::new(Decimal128Array::from(vec![i128::MAX]).with_precision_and_scale(39 - 1, 10).unwrap()),
        ),
        ("real", Arc::new(Float64Array::from(vec![0.1]))),
        ("zero", Arc::new(Float64Array::from(vec![-0.0]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&[0_u8, 255][..]]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![1]))),
        ("big", Arc::new(UInt64Array::from(vec![u64::MAX]))),
    ];
    let fields =
        fields.map(|(name, array)| (Arc::new(Field::new(name, array.data_type().clone(), true)), array));
    assert_eq!(
        json(&(Arc::new(StructArray::from(fields.to_vec())) as ArrayRef), 0),
        "{\"a\\\"b\":\"x\\n\\u0000\\\"é\",\"dec\":\"17014118346046923173168730371.5884105727\",\"real\":0.1,\"zero\":-0.0,\
         \"bytes\":\"00ff\",\"at\":\"1970-01-01 00:00:00.000001\",\"big\":18446744073709551615}"
    );
}

#[test]
fn a_value_that_json_lacks_is_refused_however_deep() {
    let array: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN]));
    let field = Arc::new(Field::new("x", array.data_type().clone(), true));
    let nested: ArrayRef = Arc::new(StructArray::from(vec![(field, array)]));
    let unfit = Nested::new(&nested).unwrap().write(0, &mut Vec::new()).unwrap_err();
    assert_eq!(unfit.value, "NaN");
}

#[test]
fn maps_are_objects_whatever_their_keys() {
    let mut texts = MapBuilder::new(None, StringBuilder::new(), ListBuilder::new(Int32Builder::new()));
    texts.keys().append_value("k");
    texts.values().append_value([Some(1)]);
    texts.append(true).unwrap();
    texts.append(false).unwrap();
    let texts: ArrayRef = Arc::new(texts.finish());
    assert_eq!(json(&texts, 0), "{\"k\":[1]}");
    assert_eq!(json(&texts, 1), "null");
    let mut numbers = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    numbers.keys().append_value(7);
    numbers.values().append_null();
    numbers.append(true).unwrap();
    assert_eq!(json(&(Arc::new(numbers.finish()) as ArrayRef), 0), "{\"7\":null}");
}
