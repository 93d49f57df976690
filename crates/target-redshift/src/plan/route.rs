//! Whether COPY loads the files as they are, or they are staged first; and why.

use arrow_schema::DataType;
use publish_core::{ColumnMapping, DataFile, FileFormat, MappedColumn, ResultSet, text_type};

use crate::sql::{Compression, CopyFormat, FieldNames};
use crate::types::{Declared, is_columnar, staged_as};

/// Longest Avro block that COPY reads (the manual's page "COPY from Avro"), in bytes.
const MAX_AVRO_BLOCK: u64 = 4 << 20;

/// Longest compressed Avro block that is taken to be no longer than that once it is not.
const MAX_PACKED_BLOCK: u64 = 256 << 10;

/// Longest Avro header that COPY reads, in bytes.
const MAX_AVRO_HEADER: u64 = 1 << 20;

/// The way of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The files are loaded as they are.
    Direct { format: CopyFormat, compression: Option<Compression> },
    /// They are staged as Parquet or as JSON, because of these.
    Staged { format: FileFormat, reasons: Vec<String> },
}

/// Finds the way for `results` into the mapped columns. `run` names the attempt: no text of the results is that.
pub(super) fn route(results: &ResultSet, mapping: &ColumnMapping, run: &str) -> Route {
    let mut doubts = Doubts::default();
    let direct = match results.format {
        FileFormat::Parquet => parquet(results, mapping, &mut doubts),
        FileFormat::Avro => avro(results, mapping, &mut doubts),
        FileFormat::Csv => csv(results, mapping, run, &mut doubts),
        other => {
            doubts.add(format!("{other} files are always staged"));
            None
        }
    };
    match direct {
        Some((format, compression)) if doubts.0.is_empty() => Route::Direct { format, compression },
        _ => Route::Staged { format: staged_format(mapping), reasons: doubts.0 },
    }
}

/// Parquet where COPY loads every column from it, else JSON, whose texts COPY parses by the columns' own types.
pub(super) fn staged_format(mapping: &ColumnMapping) -> FileFormat {
    let is_columnar = |mapped: &MappedColumn| {
        let declared = declared(mapped);
        is_columnar(&staged_as(&mapped.read_as, &declared), &declared)
    };
    if mapping.columns().iter().all(is_columnar) { FileFormat::Parquet } else { FileFormat::Json }
}

/// Every reason why the files can't be loaded as they are.
#[derive(Debug, Default)]
struct Doubts(Vec<String>);

impl Doubts {
    fn add(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.0.contains(&reason) {
            self.0.push(reason);
        }
    }

    /// Adds one reason for all columns of a kind.
    fn columns<'a>(&mut self, columns: impl Iterator<Item = &'a str>, reason: &str) {
        let columns: Vec<&str> = columns.collect();
        if !columns.is_empty() {
            self.add(format!("{reason}: {}", columns.join(", ")));
        }
    }

    fn disguised(&mut self, files: &[DataFile]) {
        for file in files {
            let columns = file.facts.disguised.iter().map(String::as_str);
            self.columns(columns, "COPY takes 16 bytes for a text where the file has a UUID");
        }
    }
}

type Direct = Option<(CopyFormat, Option<Compression>)>;

fn is_columnar_column(mapped: &MappedColumn) -> bool {
    is_columnar(&mapped.read_as, &declared(mapped))
}

fn declared(mapped: &MappedColumn) -> Declared {
    Declared::parse(&mapped.column.sql_type)
}

fn name(mapped: &MappedColumn) -> &str {
    &mapped.column.name
}

/// Files of columns are read by position and physical type.
fn parquet(results: &ResultSet, mapping: &ColumnMapping, doubts: &mut Doubts) -> Direct {
    for mapped in mapping.columns().iter().filter(|mapped| !is_columnar_column(mapped)) {
        doubts.add(format!(
            "COPY does not load Parquet's {} into {} {}",
            mapped.read_as,
            mapped.column.name,
            declared(mapped)
        ));
    }
    doubts.disguised(&results.files);
    Some((CopyFormat::Parquet, None))
}

/// COPY reads the physical values of Avro, whatever they stand for.
fn avro(results: &ResultSet, mapping: &ColumnMapping, doubts: &mut Doubts) -> Direct {
    use DataType as D;
    let is_plain = |mapped: &MappedColumn| match (&mapped.read_as, declared(mapped)) {
        (D::Boolean, Declared::Boolean)
        | (D::Float32, Declared::Real)
        | (D::Float64, Declared::Double)
        | (D::Utf8, Declared::Varchar(_) | Declared::Char(_)) => true,
        (D::Int32 | D::Int64, declared) => matches!(
            declared,
            Declared::SmallInt | Declared::Integer | Declared::BigInt | Declared::Decimal { .. }
        ),
        _ => false,
    };
    let unlike = mapping.columns().iter().filter(|mapped| !is_plain(mapped)).map(name);
    doubts.columns(unlike, "COPY ignores Avro's logical types, and these columns have one or are nested");
    doubts.disguised(&results.files);
    let mut ignores_case = false;
    let mut renamed = Vec::new();
    for mapped in mapping.columns() {
        let own = results.schema.columns()[mapped.source].field.name();
        if !own.eq_ignore_ascii_case(name(mapped)) {
            renamed.push(name(mapped));
        }
        ignores_case |= own != name(mapped);
    }
    doubts.columns(renamed.into_iter(), "COPY finds Avro's fields by name, and these columns have another");
    for file in results.files.iter() {
        let facts = &file.facts;
        match (facts.compression.as_deref(), facts.longest_block) {
            (Some("null"), Some(longest)) if longest > MAX_AVRO_BLOCK => {
                doubts.add("COPY reads Avro blocks of at most 4 MB, and a file has a longer one");
            }
            (Some("deflate" | "snappy"), Some(longest)) if longest > MAX_PACKED_BLOCK => {
                doubts.add(
                    "COPY reads Avro blocks of at most 4 MB, and a compressed one may be longer than that",
                );
            }
            (Some("null" | "deflate" | "snappy"), Some(_)) => {}
            (Some(codec), _) => doubts.add(format!("COPY does not know Avro's codec {codec}")),
            (None, _) => doubts.add("the codec of a file is not known"),
        }
        if facts.header_bytes.is_none_or(|bytes| bytes > MAX_AVRO_HEADER) {
            doubts.add("COPY reads Avro headers of at most 1 MB, and a file has a longer one");
        }
    }
    let names = if ignores_case { FieldNames::AutoIgnoreCase } else { FieldNames::Auto };
    Some((CopyFormat::Avro(names), None))
}

/// COPY can't tell a quoted empty field from an unquoted one, and cuts decimals.
fn csv(results: &ResultSet, mapping: &ColumnMapping, run: &str, doubts: &mut Doubts) -> Direct {
    let options = &results.options;
    let dialect = Dialect::of(results, doubts)?;
    if options.escape.is_some() {
        doubts.add("COPY knows no escape character in CSV");
    }
    if !options.header {
        doubts.add("a byte order mark would become a part of the first value, as there is no header");
    }
    if !options.null_text.is_empty() {
        doubts.add("COPY takes the null text for a null within quotes too");
    }
    let is_given = options.schema.is_some();
    for mapped in mapping.columns() {
        let texts = text_type(&results.schema.columns()[mapped.source].field);
        if let Some(reason) = csv_doubt(mapped, texts.as_ref(), is_given) {
            doubts.columns([name(mapped)].into_iter(), reason);
        }
    }
    let is_text =
        |mapped: &&MappedColumn| matches!(declared(mapped), Declared::Varchar(_) | Declared::Char(_));
    let texts: Vec<usize> = mapping.columns().iter().filter(is_text).map(|mapped| mapped.source).collect();
    let (mut has_nulls, mut has_empty_texts) = (false, false);
    for file in results.files.iter() {
        let (Some(nulls), Some(empty_texts)) = (&file.facts.nulls, &file.facts.empty_texts) else {
            doubts.add("not all values were read");
            continue;
        };
        let any = |flags: &[bool]| texts.iter().any(|at| flags.get(*at).copied().unwrap_or(false));
        has_nulls |= any(nulls);
        has_empty_texts |= any(empty_texts);
    }
    if has_nulls && has_empty_texts {
        doubts.add("COPY can't tell an empty text from a null, and the columns of texts have both");
    }
    let format = CopyFormat::Csv {
        delimiter: dialect.delimiter,
        quote: options.quote,
        header_lines: u64::from(options.header),
        empty_as_null: has_nulls,
        null_text: format!("none of {run}"),
    };
    Some((format, dialect.compression))
}

/// Why COPY would load other values into a column than there are.
fn csv_doubt(mapped: &MappedColumn, texts: Option<&DataType>, is_given: bool) -> Option<&'static str> {
    use DataType as D;
    match (&mapped.read_as, declared(mapped)) {
        (D::Decimal128(..), Declared::Decimal { .. }) if texts.is_some_and(DataType::is_floating) => {
            Some("COPY cuts decimals, and these texts may have more digits than their column")
        }
        (D::Utf8, Declared::Varchar(_) | Declared::Char(_)) | (D::Boolean, Declared::Boolean) => None,
        (D::Int16 | D::Int32 | D::Int64, Declared::SmallInt | Declared::Integer | Declared::BigInt) => None,
        (D::Float32, Declared::Real) | (D::Float64, Declared::Double) => None,
        // What was not looked at may have another form, which COPY reads in its own way.
        (D::Decimal128(..), Declared::Decimal { .. }) if is_given => {
            Some("COPY cuts decimals, and these were not looked at")
        }
        (D::Date32 | D::Timestamp(..), _) if is_given => {
            Some("COPY guesses forms of dates, and these were not looked at")
        }
        (D::Decimal128(_, own), Declared::Decimal { scale, .. }) if u8::try_from(*own) == Ok(scale) => None,
        (D::Decimal128(..), _) => Some("COPY cuts decimals to the column's digits"),
        (D::Date32, Declared::Date) => None,
        _ => Some("COPY reads other forms of such values"),
    }
}

/// How all the files are written, if they are written alike.
struct Dialect {
    delimiter: char,
    compression: Option<Compression>,
}

impl Dialect {
    fn of(results: &ResultSet, doubts: &mut Doubts) -> Option<Self> {
        let options = &results.options;
        let mut delimiters: Vec<char> = Vec::new();
        let mut compressions: Vec<Option<&str>> = Vec::new();
        for file in results.files.iter() {
            let delimiter = options.delimiter.unwrap_or_else(|| delimiter_of(file.meta.location.file_name()));
            if !delimiters.contains(&delimiter) {
                delimiters.push(delimiter);
            }
            let compression = file.facts.compression.as_deref();
            if !compressions.contains(&compression) {
                compressions.push(compression);
            }
        }
        let is_legal = |c: char| (c.is_ascii_graphic() || c == '\t' || c == ' ') && c != '\\';
        let (&[delimiter], &[Some(compression)]) = (delimiters.as_slice(), compressions.as_slice()) else {
            doubts
                .add("the files are not all written alike: one COPY knows one delimiter and one compression");
            return None;
        };
        if !is_legal(delimiter) || !is_legal(options.quote) {
            doubts.add("COPY knows delimiters and quotes of ASCII alone");
            return None;
        }
        let compression = match compression {
            "none" => None,
            "gzip" => Some(Compression::Gzip),
            "bzip2" => Some(Compression::Bzip2),
            "zstd" => Some(Compression::Zstd),
            other => {
                doubts.add(format!("COPY does not know the compression {other}"));
                return None;
            }
        };
        Some(Self { delimiter, compression })
    }
}

/// The delimiter that a file's name tells.
fn delimiter_of(name: &str) -> char {
    let name = name.to_ascii_lowercase();
    let name = [".gz", ".bz2", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    if name.ends_with(".tsv") { '\t' } else { ',' }
}
