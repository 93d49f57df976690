//! What the engine's files note for Hive.

use std::collections::BTreeMap;

use publish_core::FileFormat;

/// The notes of a file's writer by which Hive reads its values in any session and in any server's zone as they were
/// written: dates are Gregorian before 1582, too, and times are in UTC.
///
/// Hive's own writers leave the same notes. Tried on Hive 4.0.1: without them the 10th of March 1500 is read as the 1st,
/// in Avro files also as a timestamp.
pub fn writer_notes(format: FileFormat) -> BTreeMap<String, String> {
    let calendar = match format {
        FileFormat::Avro => "writer.proleptic",
        _ => "writer.date.proleptic",
    };
    let notes = [(calendar, "true"), ("writer.time.zone", "UTC"), ("writer.zone.conversion.legacy", "false")];
    notes.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
