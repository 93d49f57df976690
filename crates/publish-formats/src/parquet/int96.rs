//! The last digits of INT96 timestamps.
//!
//! INT96 counts nanoseconds of any year. They are read as microseconds, which hold the years 1 to 9999, and once more
//! as nanoseconds, which overflow by wrapping around. What both differ in is what the microseconds leave out, wrapped
//! or not; a value that has such digits is refused, not cut.

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch, make_array};
use arrow_data::ArrayData;

const NANOS_A_MICRO: i64 = 1000;

/// Whether the microseconds in the leaves `int96` of `micros` are exactly the nanoseconds in all leaves of `nanos`.
pub(super) fn is_exact(micros: &RecordBatch, int96: &[usize], nanos: &RecordBatch) -> bool {
    let (all, nanos) = (leaves(micros), leaves(nanos));
    let micros = int96.iter().map_while(|leaf| all.get(*leaf)).collect::<Vec<_>>();
    micros.len() == nanos.len()
        && micros.len() == int96.len()
        && micros.iter().zip(&nanos).all(|(micros, nanos)| is_same(micros, nanos))
}

fn is_same(micros: &ArrayData, nanos: &ArrayData) -> bool {
    let (micros, nanos) = (make_array(micros.clone()), make_array(nanos.clone()));
    let micros = micros.as_primitive_opt::<TimestampMicrosecondType>();
    let nanos = nanos.as_primitive_opt::<TimestampNanosecondType>();
    let (Some(micros), Some(nanos)) = (micros, nanos) else { return false };
    micros.len() == nanos.len()
        && micros.iter().zip(nanos).all(|(micros, nanos)| match (micros, nanos) {
            (Some(micros), Some(nanos)) => micros.wrapping_mul(NANOS_A_MICRO) == nanos,
            (None, None) => true,
            _ => false,
        })
}

fn leaves(batch: &RecordBatch) -> Vec<ArrayData> {
    let mut leaves = Vec::new();
    for column in batch.columns() {
        collect(&column.to_data(), &mut leaves);
    }
    leaves
}

fn collect(data: &ArrayData, leaves: &mut Vec<ArrayData>) {
    if data.child_data().is_empty() {
        leaves.push(data.clone());
    }
    for child in data.child_data() {
        collect(child, leaves);
    }
}
