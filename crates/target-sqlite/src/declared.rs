//! What a column's declared type means to SQLite, and to whoever declared it.

/// How SQLite treats the values of a column, by words in its type.
///
/// A type is a word of the user's own to SQLite. Only its affinity counts, and that may turn a text into a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affinity {
    Integer,
    Text,
    /// Values stay as they are.
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    /// SQLite's rules, in SQLite's order.
    pub(crate) fn of(sql_type: &str) -> Self {
        let upper = sql_type.to_ascii_uppercase();
        let has = |word: &str| upper.contains(word);
        if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || upper.is_empty() {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// True and false, kept as 1 and 0.
    Boolean,
    /// Integers of so many bits.
    Integer {
        bits: u32,
    },
    /// Eight-byte floating point numbers.
    Real,
    /// Numbers that SQLite keeps as integers or floating point numbers, as it sees fit.
    Number {
        digits: Option<(i32, i32)>,
    },
    /// Decimals kept as text: digits in all, and behind the point.
    DecimalText {
        precision: i32,
        scale: i32,
    },
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Json,
    /// Strings.
    Varchar,
    /// `TEXT`, SQLite's own word for everything that is kept as text.
    Text,
    Blob,
    /// No type at all: every value stays as it is.
    Any,
    /// Computed by SQLite.
    Generated,
}

/// Mark of a generated column at the end of its type.
pub(crate) const GENERATED: &str = "GENERATED ALWAYS";

impl Declared {
    /// Reads a declared type.
    pub(crate) fn of(sql_type: &str) -> Self {
        let upper = sql_type.trim().to_ascii_uppercase();
        if upper.ends_with(GENERATED) {
            return Self::Generated;
        }
        let (words, digits) = split(&upper);
        match Affinity::of(&upper) {
            Affinity::Integer => Self::Integer {
                bits: match words {
                    "TINYINT" => 8,
                    "SMALLINT" | "INT2" => 16,
                    "MEDIUMINT" => 24,
                    "INT4" => 32,
                    _ => 64,
                },
            },
            Affinity::Text => match (words, digits) {
                ("DECIMAL TEXT", Some((precision, scale))) => Self::DecimalText { precision, scale },
                ("DATE TEXT", _) => Self::Date,
                ("TIME TEXT", _) => Self::Time,
                ("TIMESTAMP TEXT", _) => Self::Timestamp,
                ("TIMESTAMPTZ TEXT", _) => Self::TimestampTz,
                ("JSON TEXT", _) => Self::Json,
                ("TEXT" | "CLOB", _) => Self::Text,
                _ => Self::Varchar,
            },
            Affinity::Blob if words.is_empty() => Self::Any,
            Affinity::Blob => Self::Blob,
            Affinity::Real => Self::Real,
            // Numeric affinity leaves what does not look like a number as it is: dates, JSON and bytes do not.
            Affinity::Numeric => match words {
                "BOOLEAN" | "BOOL" => Self::Boolean,
                "DATE" => Self::Date,
                "TIME" => Self::Time,
                "TIMESTAMP" | "DATETIME" => Self::Timestamp,
                "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => Self::TimestampTz,
                "JSON" => Self::Json,
                "BINARY" | "VARBINARY" | "BYTEA" => Self::Blob,
                _ => Self::Number { digits },
            },
        }
    }
}

/// Takes a type apart into its words and the one or two numbers in brackets.
fn split(upper: &str) -> (&str, Option<(i32, i32)>) {
    let Some((words, arguments)) = upper.split_once('(') else { return (upper.trim(), None) };
    let arguments = arguments.split(')').next().unwrap_or_default();
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<i32>());
    let digits = match (numbers.next(), numbers.next()) {
        (Some(Ok(precision)), Some(Ok(scale))) => Some((precision, scale)),
        (Some(Ok(precision)), None) => Some((precision, 0)),
        _ => None,
    };
    (words.trim(), digits)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn affinities_are_those_that_sqlite_itself_applies() {
        let types = [
            "BOOLEAN",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "REAL",
            "DOUBLE",
            "DECIMAL TEXT(38,10)",
            "DATE TEXT",
            "TIME TEXT",
            "TIMESTAMP TEXT",
            "TIMESTAMPTZ TEXT",
            "JSON TEXT",
            "VARCHAR",
            "VARCHAR(10)",
            "BLOB",
            "",
            "DECIMAL(10,2)",
            "NUMERIC",
            "TEXT",
            "STRING",
            "INTERVAL",
            "FLOAT",
            "DATE",
            "JSON",
            "DATETIME",
        ];
        let connection = Connection::open_in_memory().unwrap();
        for (number, sql_type) in types.iter().enumerate() {
            connection.execute_batch(&format!("CREATE TABLE t{number} (c {sql_type})")).unwrap();
            connection.execute(&format!("INSERT INTO t{number} VALUES ('1'), (1), (1.5)"), []).unwrap();
            let seen: String = connection
                .query_row(&format!("SELECT group_concat(typeof(c)) FROM t{number}"), [], |row| row.get(0))
                .unwrap();
            let expected = match Affinity::of(sql_type) {
                Affinity::Integer | Affinity::Numeric => "integer,integer,real",
                Affinity::Text => "text,text,text",
                Affinity::Blob => "text,integer,real",
                Affinity::Real => "real,real,real",
            };
            assert_eq!(seen, expected, "{sql_type}");
        }
    }

    #[test]
    fn a_type_says_what_its_column_is_for() {
        for (sql_type, declared) in [
            ("decimal text(38, 10)", Declared::DecimalText { precision: 38, scale: 10 }),
            ("DECIMAL(10,2)", Declared::Number { digits: Some((10, 2)) }),
            ("NUMERIC", Declared::Number { digits: None }),
            ("STRING", Declared::Number { digits: None }),
            ("smallint", Declared::Integer { bits: 16 }),
            ("INTEGER", Declared::Integer { bits: 64 }),
            ("DATE TEXT", Declared::Date),
            ("DATETIME", Declared::Timestamp),
            ("Text", Declared::Text),
            ("VARCHAR(10)", Declared::Varchar),
            ("", Declared::Any),
            ("INTEGER GENERATED ALWAYS", Declared::Generated),
        ] {
            assert_eq!(Declared::of(sql_type), declared, "{sql_type}");
        }
    }
}
