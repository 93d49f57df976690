//! COPY from objects: its grammar and what excludes what.

use std::collections::BTreeSet;

use crate::objects::Access;
use crate::sql::authorization::Authorization;
use crate::sql::copy_format::{Compression, DateFormat, Encoding, FieldNames, Format, TimeFormat};
use crate::sql::cursor::Cursor;
use crate::sql::token::TokenKind;
use crate::wire::Report;

/// A COPY that was read and found without contradiction.
#[derive(Clone, Debug)]
pub(crate) struct CopyCommand {
    pub(crate) table: String,
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) access: Access,
    pub(crate) is_manifest: bool,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) encoding: Encoding,
    pub(crate) delimiter: Option<u8>,
    pub(crate) quote: u8,
    pub(crate) null_as: Option<String>,
    pub(crate) ignore_header: u64,
    pub(crate) max_error: u64,
    pub(crate) date_format: DateFormat,
    pub(crate) time_format: TimeFormat,
    pub(crate) invalid_replacement: Option<u8>,
    options: BTreeSet<String>,
}

impl CopyCommand {
    /// Whether an option without an argument was given; its name in lower case.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.contains(option)
    }
}

/// Reads a COPY.
pub(crate) fn read_copy(mut cursor: Cursor<'_>) -> Result<CopyCommand, Report> {
    cursor.at += 1;
    let table = cursor.qualified_name()?;
    let columns = if cursor.is(&["("]) { Some(cursor.names()?) } else { None };
    if cursor.is(&["to"]) {
        return Err(Report::unsupported("COPY TO is not supported. (Hint: use UNLOAD)"));
    }
    cursor.expect(&["from"])?;
    let source = match cursor.kind() {
        Some(TokenKind::Text) => cursor.raw_text()?,
        Some(_) if cursor.is(&["stdin"]) => return Err(no_such_source()),
        _ => return Err(cursor.unexpected()),
    };
    let (bucket, key) = match source.split_once("://") {
        Some(("s3", path)) => split_path(path)?,
        Some(("dynamodb" | "emr" | "ssh", _)) => return Err(Report::not_emulated("COPY from this source")),
        _ => return Err(no_such_source()),
    };
    let mut reader =
        OptionReader { cursor, format: None, keys: Authorization::default(), options: BTreeSet::new() };
    let mut copy = CopyCommand {
        table,
        columns,
        bucket,
        key,
        access: Access::default(),
        is_manifest: false,
        format: Format::Delimited,
        compression: Compression::None,
        encoding: Encoding::Utf8,
        delimiter: None,
        quote: b'"',
        null_as: None,
        ignore_header: 0,
        max_error: 0,
        date_format: DateFormat::Default,
        time_format: TimeFormat::Default,
        invalid_replacement: None,
        options: BTreeSet::new(),
    };
    while !reader.cursor.is_end() {
        reader.read(&mut copy)?;
    }
    let region = copy.access.region.take();
    copy.access = reader.keys.access(region)?;
    copy.format = reader.format.take().unwrap_or(Format::Delimited);
    copy.options = reader.options;
    check(&copy)?;
    Ok(copy)
}

fn no_such_source() -> Report {
    Report::unsupported(
        "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)",
    )
}

pub(super) fn split_path(path: &str) -> Result<(String, String), Report> {
    match path.split_once('/') {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
            Ok((bucket.to_owned(), key.to_owned()))
        }
        _ => Err(Report::error("XX000", format!("The specified S3 prefix '{path}' does not exist"))),
    }
}

/// Reads options, which come in any order.
#[derive(Debug)]
struct OptionReader<'source> {
    cursor: Cursor<'source>,
    format: Option<Format>,
    keys: Authorization,
    options: BTreeSet<String>,
}

impl OptionReader<'_> {
    fn read(&mut self, copy: &mut CopyCommand) -> Result<(), Report> {
        let mut start = self.cursor.clone();
        if self.cursor.take(&["with"]) && self.cursor.is_end() {
            return Err(self.cursor.unexpected());
        }
        if self.cursor.take(&["format"]) {
            self.cursor.take(&["as"]);
            start = self.cursor.clone();
            if !["csv", "avro", "json", "parquet", "orc", "shapefile"]
                .iter()
                .any(|word| self.cursor.is(&[word]))
            {
                return Err(self.cursor.unexpected());
            }
        }
        let option = self.cursor.word()?;
        let is_conflict = !self.options.insert(option.clone());
        if is_conflict {
            return Err(Report::error("42601", format!("conflicting or redundant options: {option}")));
        }
        match option.as_str() {
            authorization if Authorization::is_option(authorization) => {
                self.keys.read(authorization, &mut self.cursor)?;
            }
            "manifest" => copy.is_manifest = true,
            "region" => copy.access.region = Some(self.argument()?),
            "csv" => self.set_format(Format::Csv)?,
            "parquet" => {
                let serialize_to_json = self.cursor.take(&["serializetojson"]);
                self.set_format(Format::Parquet { serialize_to_json })?;
            }
            "json" => {
                let names = self.field_names(true)?;
                self.set_format(Format::Json(names))?;
            }
            "avro" => {
                let names = self.field_names(false)?;
                self.set_format(Format::Avro(names))?;
            }
            "fixedwidth" => {
                let text = self.argument()?;
                self.set_format(Format::FixedWidth(fixed_widths(&text)?))?;
            }
            "orc" | "shapefile" => {
                return Err(Report::not_emulated(&format!("COPY from {}", option.to_uppercase())));
            }
            "gzip" => self.set_compression(copy, Compression::Gzip)?,
            "bzip2" => self.set_compression(copy, Compression::Bzip2)?,
            "zstd" => self.set_compression(copy, Compression::Zstd)?,
            "lzop" | "ssh" | "encrypted" | "master_symmetric_key" => {
                return Err(Report::not_emulated(&format!("COPY with {}", option.to_uppercase())));
            }
            "delimiter" => copy.delimiter = Some(self.character("delimiter")?),
            "quote" => copy.quote = self.character("quote")?,
            "null" => {
                // A noise word stands before the string.
                self.cursor.expect(&["as"])?;
                copy.null_as = Some(self.cursor.raw_text()?.replace("\\\\", "\\"));
            }
            "ignoreheader" => {
                self.cursor.take(&["as"]);
                copy.ignore_header = self.count(u64::MAX)?;
            }
            "maxerror" => {
                self.cursor.take(&["as"]);
                copy.max_error = self.count(100_000)?;
            }
            "comprows" => {
                self.count(u64::MAX)?;
            }
            "dateformat" => {
                copy.date_format = match self.argument()?.as_str() {
                    "auto" => DateFormat::Auto,
                    pattern => DateFormat::Pattern(pattern.to_owned()),
                }
            }
            "timeformat" => {
                copy.time_format = match self.argument()?.as_str() {
                    "auto" => TimeFormat::Auto,
                    "epochsecs" => TimeFormat::EpochSeconds,
                    "epochmillisecs" => TimeFormat::EpochMilliseconds,
                    pattern => TimeFormat::Pattern(pattern.to_owned()),
                }
            }
            "acceptinvchars" => {
                copy.invalid_replacement = Some(b'?');
                let is_given = self.cursor.take(&["as"]) || self.cursor.kind() == Some(TokenKind::Text);
                if is_given {
                    copy.invalid_replacement = Some(self.character("acceptinvchars")?);
                }
            }
            "encoding" => {
                self.cursor.take(&["as"]);
                copy.encoding = match self.cursor.word()?.as_str() {
                    "utf8" => Encoding::Utf8,
                    "utf16" => Encoding::Utf16,
                    "utf16le" => Encoding::Utf16Le,
                    "utf16be" => Encoding::Utf16Be,
                    "iso88591" => Encoding::Latin1,
                    other => return Err(Report::syntax(other)),
                };
            }
            "compupdate" => {
                let _ = self.cursor.take(&["preset"]) || self.switch();
            }
            "statupdate" => {
                self.switch();
            }
            "acceptanydate" | "blanksasnull" | "emptyasnull" | "escape" | "explicit_ids" | "fillrecord"
            | "ignoreblanklines" | "removequotes" | "roundec" | "trimblanks" | "truncatecolumns"
            | "ignoreallerrors" | "noload" => {}
            "readratio" => {
                self.count(200)?;
            }
            _ => return Err(start.unexpected()),
        }
        Ok(())
    }

    /// A string after the noise word AS.
    fn argument(&mut self) -> Result<String, Report> {
        self.cursor.take(&["as"]);
        self.cursor.raw_text()
    }

    fn switch(&mut self) -> bool {
        ["on", "true", "off", "false"].iter().any(|word| self.cursor.take(&[word]))
    }

    fn count(&mut self, limit: u64) -> Result<u64, Report> {
        let count = self.cursor.integer()?;
        u64::try_from(count).ok().filter(|count| *count <= limit).ok_or_else(|| {
            Report::error("22023", format!("The value {count} is out of range for the option of COPY"))
        })
    }

    fn character(&mut self, option: &str) -> Result<u8, Report> {
        let text = self.argument()?;
        one_character(&text)
            .ok_or_else(|| Report::error("0A000", format!("COPY {option} must be a single ASCII character")))
    }

    fn set_format(&mut self, format: Format) -> Result<(), Report> {
        match self.format.replace(format) {
            None => Ok(()),
            Some(_) => Err(Report::error("42601", "conflicting or redundant options: format")),
        }
    }

    fn set_compression(&self, copy: &mut CopyCommand, compression: Compression) -> Result<(), Report> {
        if copy.compression != Compression::None {
            return Err(Report::error("42601", "conflicting or redundant options: compression"));
        }
        copy.compression = compression;
        Ok(())
    }

    fn field_names(&mut self, is_json: bool) -> Result<FieldNames, Report> {
        let text = self.argument()?;
        Ok(match text.as_str() {
            "auto" => FieldNames::Auto,
            "auto ignorecase" => FieldNames::AutoIgnoreCase,
            "noshred" if is_json => FieldNames::NoShred,
            path => {
                let path = path.strip_prefix("s3://").ok_or_else(|| {
                    Report::error("XX000", format!("Invalid JSONPaths file location: {path}"))
                })?;
                let (bucket, key) = split_path(path)?;
                FieldNames::Paths { bucket, key }
            }
        })
    }
}

/// One character, also written as an octal number, as `\t` or as a doubled backslash.
pub(super) fn one_character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        b"\\t" | b"\\\\t" => Some(b'\t'),
        b"\\\\" => Some(b'\\'),
        bytes => {
            let digits = std::str::from_utf8(bytes).ok()?.trim_start_matches('\\');
            let is_octal = bytes.first() == Some(&b'\\') && digits.len() == 3;
            u8::from_str_radix(digits, 8).ok().filter(|byte| is_octal && byte.is_ascii())
        }
    }
}

fn fixed_widths(text: &str) -> Result<Vec<(String, usize)>, Report> {
    let bad = || Report::error("42601", format!("Invalid FIXEDWIDTH specification: {text}"));
    text.split(',')
        .map(|part| {
            let (name, width) = part.split_once(':').ok_or_else(bad)?;
            let width = width.trim().parse().ok().filter(|width| *width > 0).ok_or_else(bad)?;
            Ok((name.trim().to_ascii_lowercase(), width))
        })
        .collect()
}

/// Refuses options that exclude each other.
fn check(copy: &CopyCommand) -> Result<(), Report> {
    let excluded: &[&str] = match copy.format {
        Format::Csv => &["fixedwidth", "removequotes", "escape"],
        Format::Json(_) => &[
            "csv",
            "delimiter",
            "escape",
            "fillrecord",
            "fixedwidth",
            "ignoreblanklines",
            "null",
            "readratio",
            "removequotes",
        ],
        Format::Avro(_) => {
            &["delimiter", "escape", "fixedwidth", "quote", "removequotes", "ignoreheader", "null"]
        }
        Format::FixedWidth(_) => &["delimiter", "quote", "escape", "removequotes"],
        Format::Delimited => &["quote"],
        Format::Parquet { .. } => {
            const ALLOWED: [&str; 11] = [
                "parquet",
                "acceptinvchars",
                "fillrecord",
                "iam_role",
                "credentials",
                "access_key_id",
                "secret_access_key",
                "session_token",
                "statupdate",
                "manifest",
                "explicit_ids",
            ];
            // A limit of no errors is what there is anyway: clients send it to the service, which takes it.
            let is_allowed = |option: &&String| {
                ALLOWED.contains(&option.as_str()) || (*option == "maxerror" && copy.max_error == 0)
            };
            return match copy.options.iter().find(|option| !is_allowed(option)) {
                None => Ok(()),
                Some(option) => Err(Report::unsupported(format!(
                    "{} argument is not supported for PARQUET based COPY",
                    option.to_uppercase()
                ))),
            };
        }
    };
    if let Some(option) = excluded.iter().find(|option| copy.has(option)) {
        let option = option.to_uppercase();
        let message = format!("COPY option {option} can not be used with this format");
        return Err(Report::unsupported(message));
    }
    let is_text = matches!(copy.format, Format::Csv | Format::Delimited);
    if copy.encoding != Encoding::Utf8 && !is_text {
        return Err(Report::not_emulated("ENCODING with this format"));
    }
    if copy.has("ignoreallerrors") && copy.has("maxerror") {
        return Err(Report::unsupported("IGNOREALLERRORS can not be used with MAXERROR"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "copy_command_tests.rs"]
mod tests;
