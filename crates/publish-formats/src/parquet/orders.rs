//! The order of columns, which a footer notes.
//!
//! The library notes an order for floating point that came with version 2.12 of the format. Readers before that, Hive's
//! among them, take it for no order at all, and then find no such column in the file: parquet-mr 1.13 compares the columns
//! it asks for with those of the file, orders included. Nothing in the library sets it, so the footer is changed where it
//! was written. The least and greatest values are found alike by both orders, and neither counts NaN.

use publish_core::{Error, ErrorKind, Result};

/// The end of a file: the footer's length, and the magic.
const TAIL: usize = 8;

/// A column's order in Thrift's compact protocol: a union of one empty struct.
const ORDER: usize = 3;

/// The order that the column's type defines, which every reader knows.
const BY_TYPE: u8 = 0x1c;

/// Notes for each column the order that its type defines, in the footer at the end of `file`.
///
/// # Errors
/// [`Unexpected`](ErrorKind::Unexpected) if the footer does not end with the orders of so many columns.
pub(crate) fn order_by_type(file: &mut [u8], column_count: usize) -> Result<()> {
    // The orders are the footer's last field; a zero ends the footer.
    let orders = file.len().checked_sub(TAIL + 1 + ORDER * column_count);
    let end = file.len().saturating_sub(TAIL + 1);
    let orders = orders.filter(|start| file[..*start].ends_with(&list_head(column_count)) && file[end] == 0);
    let is_order = |order: &[u8]| matches!(order, [0x1c | 0x2c | 0x3c, 0, 0]);
    match orders.map(|start| &mut file[start..end]) {
        Some(orders) if orders.chunks(ORDER).all(is_order) => {
            orders.chunks_mut(ORDER).for_each(|order| order[0] = BY_TYPE);
            Ok(())
        }
        _ => Err(Error::new(ErrorKind::Unexpected, "The footer of the written file is not as expected")
            .with_context("columns", column_count)),
    }
}

/// The head of the list: the field after the writer's name, and how many structs it has.
fn list_head(len: usize) -> Vec<u8> {
    const LIST_FIELD: u8 = 0x19;
    const STRUCTS: u8 = 0x0c;
    let mut head = vec![LIST_FIELD];
    match u8::try_from(len) {
        Ok(short @ 0..15) => head.push(short << 4 | STRUCTS),
        _ => {
            head.push(0xf0 | STRUCTS);
            let mut rest = len;
            while rest >= 0x80 {
                head.push((rest & 0x7f) as u8 | 0x80);
                rest >>= 7;
            }
            head.push(rest as u8);
        }
    }
    head
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{ColumnOrder, SortOrder};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;

    fn written(column_count: usize) -> Vec<u8> {
        let column = || Arc::new(Float64Array::from(vec![-0.5, f64::NAN])) as ArrayRef;
        let columns = (0..column_count).map(|number| (format!("c{number}"), column()));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn every_column_is_ordered_as_its_type_defines() {
        for column_count in [1, 14, 15, 127, 128, 300] {
            let mut file = written(column_count);
            let before = file.len();
            order_by_type(&mut file, column_count).unwrap();
            assert_eq!(file.len(), before);
            let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
            let orders = reader.metadata().file_metadata().column_orders().unwrap();
            assert_eq!(orders, &vec![ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::SIGNED); column_count]);
        }
    }

    #[test]
    fn a_footer_of_another_shape_is_refused() {
        let file = written(3);
        for wrong in [0, 2, 4] {
            assert_eq!(order_by_type(&mut file.clone(), wrong).unwrap_err().kind(), ErrorKind::Unexpected);
        }
        assert!(order_by_type(&mut [], 0).is_err());
    }
}
