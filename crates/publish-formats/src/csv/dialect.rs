//! How a CSV file is written, checked once.

use publish_core::{Error, ErrorKind, FileMeta, FormatOptions, Result};

/// How a CSV file is written.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    /// The byte between fields.
    pub(crate) delimiter: u8,
    /// The byte around fields.
    pub(crate) quote: u8,
    /// The byte that takes the meaning from the next one inside quotes.
    pub(crate) escape: Option<u8>,
    /// Whether the first record names the columns.
    pub(crate) has_header: bool,
    /// The unquoted text that is a null.
    pub(crate) null_text: String,
}

impl Dialect {
    /// Takes the options for a file.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if one of the characters can't do its job, or two are the same.
    pub(crate) fn new(options: &FormatOptions, file: &FileMeta) -> Result<Self> {
        let name = file.location.file_name().to_ascii_lowercase();
        let is_tabbed = name.split('.').skip(1).any(|ending| ending == "tsv");
        let delimiter = mark("delimiter", options.delimiter.unwrap_or(if is_tabbed { '\t' } else { ',' }))?;
        let quote = mark("quote", options.quote)?;
        let escape = options.escape.map(|escape| mark("escape", escape)).transpose()?;
        if delimiter == quote || Some(delimiter) == escape {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The delimiter must be another character than the quote and the escape",
            )
            .with_context("delimiter", format_args!("{:?}", delimiter as char)));
        }
        Ok(Self {
            delimiter,
            quote,
            // A quote before a quote is a doubled quote.
            escape: escape.filter(|escape| *escape != quote),
            has_header: options.header,
            null_text: options.null_text.clone(),
        })
    }
}

fn mark(name: &'static str, mark: char) -> Result<u8> {
    match u8::try_from(mark) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(byte),
        _ => Err(Error::new(
            ErrorKind::InvalidRequest,
            "The delimiter, the quote and the escape of CSV are ASCII characters and no line ends",
        )
        .with_context(name, format_args!("{mark:?}"))),
    }
}
