//! Columns of CREATE TABLE and ALTER TABLE ADD COLUMN.

use crate::sql::create_table::References;
use crate::sql::cursor::Cursor;
use crate::sql::names::quote_name;
use crate::sql::rewrite::rewrite;
use crate::wire::Report;

const ENCODINGS: [&str; 16] = [
    "az64",
    "bytedict",
    "delta",
    "delta32k",
    "lzo",
    "mostly8",
    "mostly16",
    "mostly32",
    "raw",
    "runlength",
    "text255",
    "text32k",
    "zstd",
    "auto",
    "none",
    "evenint",
];
/// Types of PostgreSQL that the service refuses by name.
const REFUSED_TYPES: [&str; 30] = [
    "serial",
    "serial2",
    "serial4",
    "serial8",
    "smallserial",
    "bigserial",
    "bytea",
    "uuid",
    "json",
    "jsonb",
    "xml",
    "money",
    "inet",
    "cidr",
    "macaddr",
    "bit",
    "varbit",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "tsvector",
    "tsquery",
    "int4range",
    "int8range",
    "interval",
    "oid",
];

/// A column of a table to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: String,
    pub(crate) default: Option<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) encoding: Option<String>,
    pub(crate) is_dist_key: bool,
    pub(crate) is_sort_key: bool,
    pub(crate) is_required: bool,
    pub(crate) is_unique: bool,
    pub(crate) is_primary_key: bool,
    /// What it refers to as a foreign key.
    pub(crate) references: Option<References>,
}

/// Numbers that the server gives to a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    seed: i64,
    step: i64,
    by_default: bool,
}

impl Column {
    /// Reads a column's name, type and attributes.
    pub(crate) fn read(cursor: &mut Cursor<'_>, table: &str) -> Result<Self, Report> {
        let name = cursor.name()?;
        let data_type = read_type(cursor, table, &name)?;
        let mut column = Self { name, data_type, ..Self::default() };
        while !cursor.is_end() && !cursor.is(&[","]) {
            column.read_attribute(cursor)?;
        }
        Ok(column)
    }

    /// The column as PostgreSQL gets it: keys are accepted by the service and not enforced, so they are left out.
    pub(crate) fn ddl(&self) -> String {
        let mut ddl = format!("{} {}", quote_name(&self.name), self.data_type);
        if let Some(default) = &self.default {
            ddl.push_str(" DEFAULT ");
            ddl.push_str(default);
        }
        if let Some(Identity { seed, step, by_default }) = self.identity {
            let when = if by_default { "BY DEFAULT" } else { "ALWAYS" };
            ddl.push_str(&format!(
                " GENERATED {when} AS IDENTITY (START WITH {seed} INCREMENT BY {step} MINVALUE {})",
                seed.min(1)
            ));
        }
        if self.is_required || self.is_primary_key || self.identity.is_some() {
            ddl.push_str(" NOT NULL");
        }
        ddl
    }

    fn read_attribute(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Report> {
        if cursor.take(&["default"]) {
            self.default = Some(read_expression(cursor)?);
        } else if cursor.take(&["identity"]) {
            self.identity = Some(read_identity(cursor, false)?);
        } else if cursor.take(&["generated", "by", "default", "as", "identity"]) {
            self.identity = Some(read_identity(cursor, true)?);
        } else if cursor.take(&["encode"]) {
            self.encoding = Some(read_encoding(cursor)?);
        } else if cursor.take(&["distkey"]) {
            self.is_dist_key = true;
        } else if cursor.take(&["sortkey"]) {
            self.is_sort_key = true;
        } else if cursor.take(&["collate"]) {
            match cursor.word()?.as_str() {
                "case_sensitive" | "cs" => {}
                "case_insensitive" | "ci" => {
                    return Err(Report::not_emulated("COLLATE CASE_INSENSITIVE"));
                }
                other => return Err(Report::syntax(other)),
            }
        } else if cursor.take(&["not", "null"]) {
            self.is_required = true;
        } else if cursor.take(&["null"]) {
            self.is_required = false;
        } else if cursor.take(&["unique"]) {
            self.is_unique = true;
        } else if cursor.take(&["primary", "key"]) {
            self.is_primary_key = true;
        } else if cursor.take(&["references"]) {
            self.references = Some(References::read(cursor)?);
        } else {
            return Err(cursor.unexpected());
        }
        Ok(())
    }
}

/// Reads the name of an encoding.
pub(crate) fn read_encoding(cursor: &mut Cursor<'_>) -> Result<String, Report> {
    let encoding = cursor.word()?;
    if ENCODINGS.contains(&encoding.as_str()) {
        return Ok(if encoding == "raw" { "none".to_owned() } else { encoding });
    }
    Err(Report::error("42601", format!("invalid encoding type specified for column: {encoding}")))
}

/// Reads a type of the service and answers PostgreSQL's.
pub(crate) fn read_type(cursor: &mut Cursor<'_>, table: &str, column: &str) -> Result<String, Report> {
    let start = cursor.clone();
    let word = cursor.word()?;
    let data_type = match word.as_str() {
        "smallint" | "int2" => "smallint".to_owned(),
        "integer" | "int" | "int4" => "integer".to_owned(),
        "bigint" | "int8" => "bigint".to_owned(),
        "decimal" | "numeric" => read_decimal(cursor)?,
        "real" | "float4" => "real".to_owned(),
        "double" => {
            cursor.expect(&["precision"])?;
            "double precision".to_owned()
        }
        "float8" => "double precision".to_owned(),
        "float" => match read_length(cursor)? {
            Some(1..=24) => "real".to_owned(),
            _ => "double precision".to_owned(),
        },
        "boolean" | "bool" => "boolean".to_owned(),
        "char" | "character" if cursor.take(&["varying"]) => character("varchar", read_length(cursor)?, 256)?,
        "char" | "character" | "nchar" => character("char", read_length(cursor)?, 1)?,
        "bpchar" => "char(256)".to_owned(),
        "varchar" | "nvarchar" => character("varchar", read_length(cursor)?, 256)?,
        "text" => "varchar(256)".to_owned(),
        "date" => "date".to_owned(),
        "time" | "timetz" | "timestamp" | "timestamptz" => read_time(cursor, &word)?,
        "super" => "super".to_owned(),
        "varbyte" | "varbinary" => bytes(read_length(cursor)?)?,
        "binary" if cursor.take(&["varying"]) => bytes(read_length(cursor)?)?,
        "geometry" | "geography" | "hllsketch" => {
            return Err(Report::not_emulated(&format!("the type {}", word.to_uppercase())));
        }
        other if REFUSED_TYPES.contains(&other) => return Err(unsupported(table, column, other)),
        other => return Err(Report::error("42704", format!("type \"{other}\" does not exist"))),
    };
    if cursor.is(&["["]) || cursor.is(&["array"]) {
        let element = start.peek().to_ascii_lowercase();
        return Err(unsupported(table, column, &format!("{element}[]")));
    }
    Ok(data_type)
}

fn unsupported(table: &str, column: &str, data_type: &str) -> Report {
    Report::unsupported(format!("Column \"{table}.{column}\" has unsupported type \"{data_type}\"."))
}

fn read_length(cursor: &mut Cursor<'_>) -> Result<Option<i64>, Report> {
    if !cursor.take(&["("]) {
        return Ok(None);
    }
    let length = if cursor.take(&["max"]) { 65_535 } else { cursor.integer()? };
    cursor.expect(&[")"])?;
    Ok(Some(length))
}

fn character(kind: &str, length: Option<i64>, default: i64) -> Result<String, Report> {
    let longest = if kind == "char" { 4096 } else { 65_535 };
    let length = length.unwrap_or(default);
    if length < 1 {
        return Err(Report::error("22023", format!("length for type {kind} must be at least 1")));
    }
    if length > longest {
        let message = format!("length for type {kind} cannot exceed {longest}");
        return Err(Report::error("22023", message));
    }
    Ok(format!("{kind}({length})"))
}

fn bytes(length: Option<i64>) -> Result<String, Report> {
    match length.unwrap_or(64_000) {
        length @ 1..=16_777_216 => Ok(format!("varbyte({length})")),
        _ => Err(Report::error("22023", "length for type varbyte must be between 1 and 16777216")),
    }
}

fn read_decimal(cursor: &mut Cursor<'_>) -> Result<String, Report> {
    let (mut precision, mut scale) = (18, 0);
    if cursor.take(&["("]) {
        precision = cursor.integer()?;
        if cursor.take(&[","]) {
            scale = cursor.integer()?;
        }
        cursor.expect(&[")"])?;
    }
    if !(1..=38).contains(&precision) {
        let message = format!("DECIMAL precision {precision} must be between 1 and 38");
        return Err(Report::error("22023", message));
    }
    if scale < 0 || scale > precision.min(37) {
        let message = format!("DECIMAL scale {scale} must be between 0 and precision {precision}");
        return Err(Report::error("22023", message));
    }
    Ok(format!("numeric({precision},{scale})"))
}

fn read_time(cursor: &mut Cursor<'_>, word: &str) -> Result<String, Report> {
    let zoned = if cursor.take(&["with", "time", "zone"]) {
        true
    } else {
        cursor.take(&["without", "time", "zone"]);
        word.ends_with("tz")
    };
    let kind = word.trim_end_matches("tz");
    Ok(if zoned { format!("{kind} with time zone") } else { kind.to_owned() })
}

fn read_identity(cursor: &mut Cursor<'_>, by_default: bool) -> Result<Identity, Report> {
    cursor.expect(&["("])?;
    let seed = cursor.integer()?;
    cursor.expect(&[","])?;
    let step = cursor.integer()?;
    cursor.expect(&[")"])?;
    Ok(Identity { seed, step, by_default })
}

/// Reads an expression up to the next attribute.
fn read_expression(cursor: &mut Cursor<'_>) -> Result<String, Report> {
    const ENDS: [&str; 10] = [
        ",",
        "identity",
        "generated",
        "encode",
        "distkey",
        "sortkey",
        "collate",
        "unique",
        "primary",
        "references",
    ];
    let start = cursor.at;
    while !cursor.is_end() && !ENDS.iter().any(|end| cursor.is(&[end])) {
        let is_null_attribute = cursor.at > start && (cursor.is(&["not", "null"]) || cursor.is(&["null"]));
        if is_null_attribute {
            break;
        }
        if cursor.is(&["("]) {
            cursor.group()?;
        } else {
            cursor.at += 1;
        }
    }
    if cursor.at == start {
        return Err(cursor.unexpected());
    }
    Ok(rewrite(cursor.source, &cursor.tokens[start..cursor.at], cursor.dialect))
}
