//! How the objects of a COPY are written.

/// The format of the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Delimited,
    Csv,
    FixedWidth(Vec<(String, usize)>),
    Json(FieldNames),
    Avro(FieldNames),
    Parquet { serialize_to_json: bool },
}

/// How fields find their columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldNames {
    Auto,
    AutoIgnoreCase,
    /// The whole record goes into one SUPER column.
    NoShred,
    /// Paths in an object.
    Paths {
        bucket: String,
        key: String,
    },
}

/// How objects are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
    Bzip2,
    Zstd,
}

/// How text is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    #[default]
    Utf8,
    /// In the order that its byte order mark tells.
    Utf16,
    Utf16Le,
    Utf16Be,
    Latin1,
}

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    Default,
    Auto,
    Pattern(String),
}

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    Default,
    Auto,
    EpochSeconds,
    EpochMilliseconds,
    Pattern(String),
}
