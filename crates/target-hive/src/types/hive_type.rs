//! A type as Hive declares it.

use std::fmt;

use publish_core::{Error, ErrorKind, Result};

/// A Hive type, see the manual's page LanguageManual Types.
///
/// [`Display`](fmt::Display) writes it as `DESCRIBE` does, in lower case; [`to_ddl`](Self::to_ddl) as a statement needs
/// it, with quoted names of fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HiveType {
    /// `boolean`.
    Boolean,
    /// `tinyint`: 8 bits.
    TinyInt,
    /// `smallint`: 16 bits.
    SmallInt,
    /// `int`: 32 bits.
    Int,
    /// `bigint`: 64 bits.
    BigInt,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `decimal(precision,scale)`, at most 38 digits.
    Decimal(u8, u8),
    /// `string`.
    String,
    /// `varchar(n)`, counted in characters.
    Varchar(u32),
    /// `char(n)`, counted in characters; spaces at the end do not count.
    Char(u32),
    /// `binary`.
    Binary,
    /// `date`.
    Date,
    /// `timestamp`, without a zone, to the nanosecond.
    Timestamp,
    /// `timestamp with local time zone`.
    TimestampLocal,
    /// `array<..>`.
    Array(Box<Self>),
    /// `map<..,..>`.
    Map(Box<Self>, Box<Self>),
    /// `struct<..>`, its fields by name.
    Struct(Vec<(String, Self)>),
    /// `uniontype<..>`, an interval, or a type that came after this was written.
    Other(String),
}

impl HiveType {
    /// Reads a type as `DESCRIBE` shows it.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) for what is no type.
    pub fn parse(text: &str) -> Result<Self> {
        let mut reader = Reader { text, at: 0 };
        let parsed = reader.read_type().filter(|_| reader.is_at_end());
        parsed.ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "A column is declared with a type that can't be read")
                .with_context("type", text)
        })
    }

    /// The type as a statement declares it: names of fields are quoted.
    pub fn to_ddl(&self) -> String {
        match self {
            Self::Array(item) => format!("array<{}>", item.to_ddl()),
            Self::Map(key, value) => format!("map<{},{}>", key.to_ddl(), value.to_ddl()),
            Self::Struct(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, field)| format!("`{}`:{}", name.replace('`', "``"), field.to_ddl()))
                    .collect();
                format!("struct<{}>", fields.join(","))
            }
            plain => plain.to_string(),
        }
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Boolean => "boolean",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::TimestampLocal => "timestamp with local time zone",
            Self::Other(text) => text,
            Self::Decimal(precision, scale) => return write!(f, "decimal({precision},{scale})"),
            Self::Varchar(length) => return write!(f, "varchar({length})"),
            Self::Char(length) => return write!(f, "char({length})"),
            Self::Array(item) => return write!(f, "array<{item}>"),
            Self::Map(key, value) => return write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    write!(f, "{}{name}:{field}", if index == 0 { "" } else { "," })?;
                }
                ">"
            }
        };
        f.write_str(word)
    }
}

/// Reads types from left to right.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn read_type(&mut self) -> Option<HiveType> {
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ');
        let word = word.trim().to_ascii_lowercase();
        Some(match word.as_str() {
            "boolean" => HiveType::Boolean,
            "tinyint" => HiveType::TinyInt,
            "smallint" => HiveType::SmallInt,
            "int" | "integer" => HiveType::Int,
            "bigint" => HiveType::BigInt,
            "float" => HiveType::Float,
            "double" | "double precision" => HiveType::Double,
            "string" => HiveType::String,
            "binary" => HiveType::Binary,
            "date" => HiveType::Date,
            "timestamp" => HiveType::Timestamp,
            "timestamp with local time zone" => {
                // The zone that may follow is the session's own, and says nothing of the values.
                if self.skip('(') {
                    self.take_while(|c| c != ')');
                    self.expect(')')?;
                }
                HiveType::TimestampLocal
            }
            "decimal" => {
                let (precision, scale) = self.read_sizes()?;
                let precision = precision.map_or(Some(10), |precision| u8::try_from(precision).ok())?;
                HiveType::Decimal(precision, u8::try_from(scale.unwrap_or(0)).ok()?)
            }
            "varchar" => HiveType::Varchar(self.read_sizes()?.0?),
            "char" => HiveType::Char(self.read_sizes()?.0?),
            "array" => {
                self.expect('<')?;
                let item = self.read_type()?;
                self.expect('>')?;
                HiveType::Array(Box::new(item))
            }
            "map" => {
                self.expect('<')?;
                let key = self.read_type()?;
                self.expect(',')?;
                let value = self.read_type()?;
                self.expect('>')?;
                HiveType::Map(Box::new(key), Box::new(value))
            }
            "struct" => self.read_struct()?,
            "uniontype" => {
                let start = self.at;
                self.expect('<')?;
                while self.read_type().is_some() && self.skip(',') {}
                self.expect('>')?;
                HiveType::Other(format!("uniontype{}", &self.text[start..self.at]))
            }
            "" => return None,
            other => HiveType::Other(other.to_owned()),
        })
    }

    fn read_struct(&mut self) -> Option<HiveType> {
        self.expect('<')?;
        let mut fields = Vec::new();
        while !self.skip('>') {
            if !fields.is_empty() {
                self.expect(',')?;
            }
            let name = if self.skip('`') {
                let name = self.take_while(|c| c != '`').to_owned();
                self.expect('`')?;
                name
            } else {
                self.take_while(|c| c != ':' && c != ',' && c != '>').to_owned()
            };
            self.expect(':')?;
            fields.push((name, self.read_type()?));
        }
        Some(HiveType::Struct(fields))
    }

    /// Reads `(12,2)`, `(10)` or nothing.
    fn read_sizes(&mut self) -> Option<(Option<u32>, Option<u32>)> {
        if !self.skip('(') {
            return Some((None, None));
        }
        let first = self.take_while(|c| c.is_ascii_digit()).parse().ok()?;
        let second = if self.skip(',') {
            Some(self.take_while(|c| c.is_ascii_digit() || c == ' ').trim().parse().ok()?)
        } else {
            None
        };
        self.expect(')')?;
        Some((Some(first), second))
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip(&mut self, wanted: char) -> bool {
        let is_there = self.text[self.at..].starts_with(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.skip(wanted).then_some(())
    }

    fn is_at_end(&self) -> bool {
        self.text[self.at..].trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_describe_writes_it() {
        for text in [
            "boolean",
            "tinyint",
            "bigint",
            "decimal(12,2)",
            "varchar(65535)",
            "char(1)",
            "timestamp",
            "timestamp with local time zone",
            "array<array<int>>",
            "map<string,struct<a:int,b_1:array<decimal(38,18)>>>",
            "struct<a:uniontype<int,string>,x:double>",
            "uniontype<int,struct<a:string>>",
            "interval_day_time",
        ] {
            assert_eq!(HiveType::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(HiveType::parse("decimal").unwrap(), HiveType::Decimal(10, 0));
        assert_eq!(HiveType::parse("STRUCT<`a`:INT>").unwrap().to_string(), "struct<a:int>");
        let zoned = HiveType::parse("timestamp with local time zone('UTC')").unwrap();
        assert_eq!(zoned, HiveType::TimestampLocal);
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "array<",
            "array<int",
            "map<int>",
            "struct<a>",
            "decimal(x)",
            "varchar",
            "int>",
            "array<int>>",
        ] {
            assert_eq!(HiveType::parse(text).unwrap_err().kind(), ErrorKind::Unexpected, "{text}");
        }
    }

    #[test]
    fn a_statement_quotes_the_names_of_fields() {
        let parsed = HiveType::parse("array<struct<order:int,m:map<string,struct<by:date>>>>").unwrap();
        assert_eq!(parsed.to_ddl(), "array<struct<`order`:int,`m`:map<string,struct<`by`:date>>>>");
    }
}
