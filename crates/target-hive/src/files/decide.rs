//! Whether the job's files go into a table as they are.

use std::fmt;

use publish_core::{ColumnMapping, FileFormat, MappedColumn, ResultSet, stored_as};

use super::readable::{Reading, is_read_right};
use crate::types::HiveType;

/// What decides how a server's sessions read files, other than the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderSettings {
    /// Whether the server's time zone is UTC.
    pub zone_is_utc: bool,
    /// Whether dates without a note of their writer are taken to be Gregorian before 1582, too, and timestamps of Avro:
    /// `hive.parquet.date.proleptic.gregorian.default` and `hive.avro.proleptic.gregorian.default`.
    pub dates_are_gregorian: bool,
}

impl ReaderSettings {
    /// The settings of a server about which nothing is known but its defaults: another zone, dates of the old calendar.
    pub fn unknown() -> Self {
        Self { zone_is_utc: false, dates_are_gregorian: false }
    }

    /// Says whether the server's time zone is UTC.
    #[must_use]
    pub fn with_zone_utc(mut self, is_utc: bool) -> Self {
        self.zone_is_utc = is_utc;
        self
    }

    /// Says whether dates are taken to be Gregorian before 1582, too.
    #[must_use]
    pub fn with_gregorian_dates(mut self, are_gregorian: bool) -> Self {
        self.dates_are_gregorian = are_gregorian;
        self
    }
}

/// How files get into a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileWay {
    /// As they are: Hive reads each value right.
    AsTheyAre,
    /// Decoded, and encoded in the table's format. Why, all reasons at once.
    Encoded(Vec<Reason>),
}

/// Why files are not taken as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The column, unless it is the files as a whole.
    pub column: Option<String>,
    /// The reason, in words.
    pub why: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// Decides whether the files of `results` go as they are into a table whose files are of `format`.
///
/// They do only where Hive is known to read each column right, as tried on Hive 4.0.1: what nobody tried is encoded.
pub fn decide(
    results: &ResultSet,
    mapping: &ColumnMapping,
    format: FileFormat,
    settings: ReaderSettings,
) -> FileWay {
    let whole = |why: String| FileWay::Encoded(vec![Reason { column: None, why }]);
    if results.format.is_text() {
        let why = "Hive's text readers split rows at quoted line ends and read what does not fit as null";
        return whole(format!("{} files are always encoded: {why}", results.format));
    }
    if results.format != format {
        return whole(format!("the table's files are {format}, not {}", results.format));
    }
    let mut reasons = Vec::new();
    for field in results.schema.source().fields() {
        // One such column makes the whole file unreadable, also where it is not asked for.
        if stored_as(field).contains("float16") {
            reasons.push(Reason {
                column: Some(field.name().clone()),
                why: "Hive fails on every file with a half float".to_owned(),
            });
        }
    }
    for mapped in mapping.columns() {
        let whys = column_reasons(results, mapped, Reading { format, settings });
        reasons.extend(whys.into_iter().map(|why| Reason { column: Some(mapped.column.name.clone()), why }));
    }
    if reasons.is_empty() { FileWay::AsTheyAre } else { FileWay::Encoded(reasons) }
}

fn column_reasons(results: &ResultSet, mapped: &MappedColumn, reading: Reading) -> Vec<String> {
    let field = results.schema.source().field(mapped.source);
    let name = &mapped.column.name;
    let mut whys = Vec::new();
    let is_same_name = match reading.format {
        FileFormat::Avro => field.name() == name && !has_upper(name),
        _ => field.name().eq_ignore_ascii_case(name),
    };
    if !is_same_name {
        whys.push(format!("the files call it {:?}, and Hive finds it by name", field.name()));
    }
    if mapped.read_as != *field.data_type() {
        whys.push(format!("it is published as {}, not as the files' {}", mapped.read_as, field.data_type()));
    }
    for word in stored_as(field) {
        whys.extend(why_not(word, reading));
    }
    match HiveType::parse(&mapped.column.sql_type) {
        Ok(hive) => whys.extend(is_read_right(field.data_type(), &hive, reading).err()),
        Err(_) => whys.push(format!("its type {} is not known", mapped.column.sql_type)),
    }
    whys
}

/// Why a column can't be taken that files store so, see [`STORED_AS_KEY`](publish_core::STORED_AS_KEY).
fn why_not(word: &str, reading: Reading) -> Option<String> {
    match word {
        // Said of the whole file.
        "float16" => None,
        // Hive reads them as timestamps.
        "int96" => None,
        "enum" => Some("Hive can't read an Avro enum by a table's columns".to_owned()),
        "fixed" => Some("Hive can't read an Avro fixed by a table's columns".to_owned()),
        "uuid" => Some("Hive reads a UUID as 16 bytes".to_owned()),
        "oldDates" if reading.settings.dates_are_gregorian => None,
        "oldDates" => Some(old_dates()),
        other => Some(match other.split_once(':') {
            Some(("codec", "zstd" | "lz4_raw" | "bzip2")) => return None,
            Some(("codec", codec)) => format!("Hive lacks the compression {codec}"),
            Some(("order", _)) => {
                "Hive does not find columns whose order its Parquet library does not know".to_owned()
            }
            // All of them are read right, also by vectorized jobs.
            Some(("encoding", _)) => return None,
            _ => format!("the files store it as {other}"),
        }),
    }
}

pub(super) fn old_dates() -> String {
    "nothing shows that its values lie after 1582, and Hive reads older ones in the Julian calendar"
        .to_owned()
}

pub(super) fn has_upper(name: &str) -> bool {
    name.chars().any(char::is_uppercase)
}
