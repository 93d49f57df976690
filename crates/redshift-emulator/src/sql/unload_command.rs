//! UNLOAD to objects: its grammar and what excludes what (the manual's page "UNLOAD").

use std::collections::BTreeSet;

use crate::objects::Access;
use crate::sql::authorization::Authorization;
use crate::sql::copy_command::{one_character, split_path};
use crate::sql::copy_format::Compression;
use crate::sql::cursor::Cursor;
use crate::sql::statement::{Statement, read_statement};
use crate::sql::token::{TokenKind, tokenize};
use crate::wire::Report;

/// An UNLOAD that was read and found without contradiction.
#[derive(Clone, Debug)]
pub(crate) struct UnloadCommand {
    /// The query, as PostgreSQL reads it.
    pub(crate) query: String,
    pub(crate) bucket: String,
    /// How the keys begin.
    pub(crate) key: String,
    pub(crate) access: Access,
    pub(crate) format: UnloadFormat,
    pub(crate) compression: Compression,
    pub(crate) delimiter: u8,
    pub(crate) null_as: String,
    pub(crate) extension: Option<String>,
    /// Whether each slice writes its own files.
    pub(crate) is_parallel: bool,
    options: BTreeSet<String>,
}

/// The format of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnloadFormat {
    Delimited,
    Csv,
    Json,
}

impl UnloadCommand {
    /// Whether an option without an argument was given; its name in lower case.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.contains(option)
    }
}

/// Reads an UNLOAD.
pub(crate) fn read_unload(mut cursor: Cursor<'_>) -> Result<UnloadCommand, Report> {
    cursor.at += 1;
    cursor.expect(&["("])?;
    let select = cursor.raw_text()?;
    cursor.expect(&[")"])?;
    let query = read_query(&select.replace("\\'", "'"), &cursor)?;
    cursor.expect(&["to"])?;
    let target = cursor.raw_text()?;
    let path = target.strip_prefix("s3://").ok_or_else(|| {
        Report::unsupported("UNLOAD destination is not supported. (Hint: only S3 is allowed)")
    })?;
    let (bucket, key) = split_path(path)?;
    let mut authorization = Authorization::default();
    let mut delimiter = None;
    let mut format = None;
    let mut region = None;
    let mut unload = UnloadCommand {
        query,
        bucket,
        key,
        access: Access::default(),
        format: UnloadFormat::Delimited,
        compression: Compression::None,
        delimiter: b'|',
        null_as: String::new(),
        extension: None,
        is_parallel: true,
        options: BTreeSet::new(),
    };
    while !cursor.is_end() {
        cursor.take(&["with"]);
        if cursor.take(&["format"]) {
            cursor.take(&["as"]);
            if !["csv", "json", "parquet"].iter().any(|word| cursor.is(&[word])) {
                return Err(cursor.unexpected());
            }
        }
        let start = cursor.clone();
        let option = cursor.word()?;
        let argument = |cursor: &mut Cursor<'_>| {
            cursor.take(&["as"]);
            cursor.raw_text()
        };
        match option.as_str() {
            word if Authorization::is_option(word) => authorization.read(word, &mut cursor)?,
            "csv" if format.replace(UnloadFormat::Csv).is_none() => {}
            "json" if format.replace(UnloadFormat::Json).is_none() => {}
            "gzip" if unload.compression == Compression::None => unload.compression = Compression::Gzip,
            "bzip2" if unload.compression == Compression::None => unload.compression = Compression::Bzip2,
            "zstd" if unload.compression == Compression::None => unload.compression = Compression::Zstd,
            "delimiter" => {
                let text = argument(&mut cursor)?;
                let one = one_character(&text);
                delimiter = Some(one.ok_or_else(|| {
                    Report::unsupported("UNLOAD delimiter must be a single ASCII character")
                })?);
            }
            "null" => unload.null_as = argument(&mut cursor)?,
            "region" => region = Some(argument(&mut cursor)?),
            "extension" => unload.extension = Some(argument(&mut cursor)?),
            "parallel" => {
                let is_on = cursor.take(&["on"]) || cursor.take(&["true"]);
                unload.is_parallel = is_on || !(cursor.take(&["off"]) || cursor.take(&["false"]));
            }
            "manifest" if cursor.is(&["verbose"]) => return Err(Report::not_emulated("MANIFEST VERBOSE")),
            "manifest" | "header" | "addquotes" | "escape" | "allowoverwrite" | "cleanpath" => {}
            "parquet" | "fixedwidth" | "partition" | "encrypted" | "maxfilesize" | "rowgroupsize" => {
                return Err(Report::not_emulated(&format!("UNLOAD with {}", option.to_uppercase())));
            }
            "csv" | "json" | "gzip" | "bzip2" | "zstd" => return Err(redundant(&option)),
            _ => return Err(start.unexpected()),
        }
        if !unload.options.insert(option.clone()) {
            return Err(redundant(&option));
        }
    }
    unload.access = authorization.access(region)?;
    unload.format = format.unwrap_or(UnloadFormat::Delimited);
    let default = if unload.format == UnloadFormat::Csv { b',' } else { b'|' };
    unload.delimiter = delimiter.unwrap_or(default);
    check(&unload)?;
    Ok(unload)
}

fn redundant(option: &str) -> Report {
    Report::error("42601", format!("conflicting or redundant options: {option}"))
}

/// Reads the query by the rules of its own.
fn read_query(select: &str, cursor: &Cursor<'_>) -> Result<String, Report> {
    let tokens = tokenize(select)?;
    let mut depth = 0_usize;
    for token in &tokens {
        match token.text(select) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word if depth == 0 && token.kind == TokenKind::Word && word.eq_ignore_ascii_case("limit") => {
                return Err(Report::unsupported(
                    "Limit clause is not supported in the outer SELECT of UNLOAD",
                ));
            }
            _ => {}
        }
    }
    let first = tokens.first().map(|token| token.text(select).to_ascii_lowercase()).unwrap_or_default();
    match (first.as_str(), read_statement(select, cursor.dialect)?) {
        ("select" | "with" | "(", Statement::Plain(sql)) => Ok(sql),
        _ => Err(Report::syntax(&first)),
    }
}

/// Refuses options that exclude each other.
fn check(unload: &UnloadCommand) -> Result<(), Report> {
    let excluded: &[&str] = match unload.format {
        UnloadFormat::Csv => &["addquotes", "escape"],
        UnloadFormat::Json => &["addquotes", "escape", "delimiter", "header", "null"],
        UnloadFormat::Delimited => &[],
    };
    if let Some(option) = excluded.iter().find(|option| unload.has(option)) {
        let message = format!("UNLOAD option {} can not be used with this format", option.to_uppercase());
        return Err(Report::unsupported(message));
    }
    if unload.has("allowoverwrite") && unload.has("cleanpath") {
        return Err(Report::unsupported("CLEANPATH can not be used with ALLOWOVERWRITE"));
    }
    Ok(())
}
