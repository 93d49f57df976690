//! A column's type as the service declares it.

use std::fmt;

/// Length of a `VARCHAR` that may hold any text (the manual's page "Character types"), in bytes.
pub(crate) const MAX_VARCHAR: u32 = 65_535;

/// A column's type. `Display` writes it as a statement does, in one spelling for each type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Boolean,
    SmallInt,
    Integer,
    BigInt,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Real,
    Double,
    /// Of so many bytes, one for each character.
    Char(u32),
    /// Of so many bytes.
    Varchar(u32),
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Super,
    /// Of so many bytes.
    Varbyte(u32),
    /// One that results are not loaded into, such as `geometry`.
    Other(String),
}

impl Declared {
    /// Reads a type as the catalog spells it (`character varying(256)`) or as a statement does (`VARCHAR(256)`).
    pub(crate) fn parse(text: &str) -> Self {
        let lower = text.trim().to_ascii_lowercase();
        let (word, arguments) = match lower.split_once('(') {
            // `timestamp(6) without time zone` has its argument in the middle.
            Some((word, rest)) => {
                let (arguments, tail) = rest.split_once(')').unwrap_or((rest, ""));
                (format!("{} {}", word.trim(), tail.trim()).trim().to_owned(), Some(arguments.to_owned()))
            }
            None => (lower.clone(), None),
        };
        let number = |default: u32| {
            arguments.as_deref().map_or(Some(default), |text| match text.trim() {
                "max" => Some(MAX_VARCHAR),
                text => text.parse().ok(),
            })
        };
        let read = match word.as_str() {
            "boolean" | "bool" => Some(Self::Boolean),
            "smallint" | "int2" => Some(Self::SmallInt),
            "integer" | "int" | "int4" => Some(Self::Integer),
            "bigint" | "int8" => Some(Self::BigInt),
            "numeric" | "decimal" => decimal(arguments.as_deref()),
            "real" | "float4" => Some(Self::Real),
            "double precision" | "float8" | "float" => Some(Self::Double),
            "character" | "char" | "nchar" => number(1).map(Self::Char),
            "bpchar" => number(256).map(Self::Char),
            "character varying" | "varchar" | "nvarchar" => number(256).map(Self::Varchar),
            "text" => Some(Self::Varchar(256)),
            "date" => Some(Self::Date),
            "time" | "time without time zone" => Some(Self::Time),
            "timetz" | "time with time zone" => Some(Self::TimeTz),
            "timestamp" | "timestamp without time zone" => Some(Self::Timestamp),
            "timestamptz" | "timestamp with time zone" => Some(Self::TimestampTz),
            "super" => Some(Self::Super),
            "varbyte" | "varbinary" | "binary varying" => number(64_000).map(Self::Varbyte),
            _ => None,
        };
        read.unwrap_or(Self::Other(lower))
    }

    /// Decimal digits before the point and after it that every value of so many digits fits into. `DECIMAL(19)` is kept
    /// in 64 bits, which do not hold all of 19 digits.
    pub(crate) fn digits(precision: u8, scale: u8) -> (u8, u8) {
        let whole = if precision == 19 { 18 } else { precision };
        (whole.saturating_sub(scale), scale)
    }
}

fn decimal(arguments: Option<&str>) -> Option<Declared> {
    let Some(arguments) = arguments else { return Some(Declared::Decimal { precision: 18, scale: 0 }) };
    let mut parts = arguments.split(',').map(|part| part.trim().parse::<u8>());
    let precision = parts.next()?.ok()?;
    let scale = parts.next().unwrap_or(Ok(0)).ok()?;
    Some(Declared::Decimal { precision, scale })
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Integer => f.write_str("INTEGER"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision},{scale})"),
            Self::Real => f.write_str("REAL"),
            Self::Double => f.write_str("DOUBLE PRECISION"),
            Self::Char(length) => write!(f, "CHAR({length})"),
            Self::Varchar(length) => write!(f, "VARCHAR({length})"),
            Self::Date => f.write_str("DATE"),
            Self::Time => f.write_str("TIME"),
            Self::TimeTz => f.write_str("TIMETZ"),
            Self::Timestamp => f.write_str("TIMESTAMP"),
            Self::TimestampTz => f.write_str("TIMESTAMPTZ"),
            Self::Super => f.write_str("SUPER"),
            Self::Varbyte(length) => write!(f, "VARBYTE({length})"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogs_spelling_and_a_statements_are_one_type() {
        for (catalog, statement) in [
            ("boolean", "BOOLEAN"),
            ("smallint", "SMALLINT"),
            ("integer", "INTEGER"),
            ("bigint", "BIGINT"),
            ("numeric(12,2)", "DECIMAL(12,2)"),
            ("numeric", "DECIMAL(18,0)"),
            ("real", "REAL"),
            ("double precision", "DOUBLE PRECISION"),
            ("character(3)", "CHAR(3)"),
            ("bpchar", "CHAR(256)"),
            ("character varying(256)", "VARCHAR(256)"),
            ("varchar(max)", "VARCHAR(65535)"),
            ("text", "VARCHAR(256)"),
            ("date", "DATE"),
            ("time without time zone", "TIME"),
            ("time with time zone", "TIMETZ"),
            ("timestamp without time zone", "TIMESTAMP"),
            ("timestamp(6) with time zone", "TIMESTAMPTZ"),
            ("super", "SUPER"),
            ("binary varying(64)", "VARBYTE(64)"),
            ("varbyte(7)", "VARBYTE(7)"),
            ("geometry", "geometry"),
        ] {
            assert_eq!(Declared::parse(catalog).to_string(), statement, "{catalog}");
            assert_eq!(Declared::parse(statement), Declared::parse(catalog), "{catalog}");
        }
    }

    #[test]
    fn nineteen_digits_do_not_all_fit_into_64_bits() {
        assert_eq!(Declared::digits(18, 2), (16, 2));
        assert_eq!(Declared::digits(19, 2), (16, 2));
        assert_eq!(Declared::digits(20, 2), (18, 2));
    }
}
