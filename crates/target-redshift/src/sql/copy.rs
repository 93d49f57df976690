//! COPY from S3: the one statement by which rows get in.

use publish_core::{ColumnLimit, Location, TableName};
use serde::{Deserialize, Serialize};

use super::quote::{literal, quoted, table as table_ref};
use crate::config::CopyAuthorization;

/// How names of fields find their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FieldNames {
    /// As they are written.
    Auto,
    /// Whatever their case.
    AutoIgnoreCase,
}

/// The format of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CopyFormat {
    Parquet,
    Json(FieldNames),
    Avro(FieldNames),
    #[serde(rename_all = "camelCase")]
    Csv {
        delimiter: char,
        quote: char,
        header_lines: u64,
        /// Whether every empty field is a null.
        empty_as_null: bool,
        /// A text that no field is. Without one COPY takes `\N` for a null (the manual's page "Data conversion
        /// parameters").
        null_text: String,
    },
}

/// How the files are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Compression {
    Gzip,
    Bzip2,
    Zstd,
}

/// Settings of COPY that change values, only where a request asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct TextOptions {
    /// Cuts texts that are too long.
    pub(crate) truncate_columns: bool,
    /// Replaces bytes that are no UTF-8 by this character.
    pub(crate) accept_inv_chars: Option<char>,
    /// Loads fields of blanks as nulls.
    pub(crate) blanks_as_null: bool,
    /// Loads empty fields as nulls.
    pub(crate) empty_as_null: bool,
}

impl TextOptions {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A COPY of the files that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CopyStatement {
    pub(crate) table: TableName,
    pub(crate) columns: Vec<String>,
    pub(crate) manifest: Location,
    pub(crate) format: CopyFormat,
    pub(crate) compression: Option<Compression>,
    /// Region of the files, where it is not the cluster's.
    pub(crate) region: Option<String>,
    pub(crate) text: TextOptions,
    /// Whether the table's statistics are brought up to date, which its owner alone may ask for.
    pub(crate) updates_statistics: bool,
    /// Values that the table does not take, by which a row is found that the service refused without naming it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<ColumnLimit>,
}

impl CopyStatement {
    /// The statement as it is sent. Never show it: it may hold keys.
    pub(crate) fn sent(&self, authorization: &CopyAuthorization) -> String {
        self.written(&authorization.clause())
    }

    /// The statement as it is shown.
    pub(crate) fn shown(&self, authorization: &CopyAuthorization) -> String {
        self.written(&authorization.shown())
    }

    fn written(&self, authorization: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let mut lines = vec![
            format!("COPY {} ({})", table_ref(&self.table), columns.join(", ")),
            format!("FROM {}", literal(self.manifest.as_str())),
            authorization.to_owned(),
        ];
        lines.extend(self.format_lines());
        lines.push("MANIFEST".to_owned());
        let is_columnar = self.format == CopyFormat::Parquet;
        // Files of columns know neither another region nor COMPUPDATE.
        if let (Some(region), false) = (&self.region, is_columnar) {
            lines.push(format!("REGION AS {}", literal(region)));
        }
        if let Some(compression) = self.compression.filter(|_| !is_columnar) {
            lines.push(match compression {
                Compression::Gzip => "GZIP".to_owned(),
                Compression::Bzip2 => "BZIP2".to_owned(),
                Compression::Zstd => "ZSTD".to_owned(),
            });
        }
        lines.extend(self.text_lines(is_columnar));
        if !is_columnar {
            lines.push("COMPUPDATE OFF".to_owned());
        }
        lines.push(format!("STATUPDATE {}", if self.updates_statistics { "ON" } else { "OFF" }));
        lines.join("\n")
    }

    fn format_lines(&self) -> Vec<String> {
        let names = |names: &FieldNames| match names {
            FieldNames::Auto => "'auto'",
            FieldNames::AutoIgnoreCase => "'auto ignorecase'",
        };
        match &self.format {
            CopyFormat::Parquet => vec!["FORMAT AS PARQUET".to_owned()],
            CopyFormat::Json(fields) => vec![format!("FORMAT AS JSON {}", names(fields))],
            CopyFormat::Avro(fields) => vec![format!("FORMAT AS AVRO {}", names(fields))],
            CopyFormat::Csv { delimiter, quote, header_lines, null_text, .. } => {
                let mut lines = vec![
                    format!("FORMAT AS CSV QUOTE AS {}", literal(&quote.to_string())),
                    format!("DELIMITER AS {}", delimiter_literal(*delimiter)),
                    format!("NULL AS {}", literal(null_text)),
                ];
                if *header_lines > 0 {
                    lines.push(format!("IGNOREHEADER AS {header_lines}"));
                }
                lines
            }
        }
    }

    fn text_lines(&self, is_columnar: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if !is_columnar {
            // `auto` knows the ISO forms with T and Z; the default does not.
            lines.push("DATEFORMAT AS 'auto' TIMEFORMAT AS 'auto'".to_owned());
            if self.text.truncate_columns {
                lines.push("TRUNCATECOLUMNS".to_owned());
            }
            if self.text.blanks_as_null {
                lines.push("BLANKSASNULL".to_owned());
            }
            let of_format = matches!(self.format, CopyFormat::Csv { empty_as_null: true, .. });
            if self.text.empty_as_null || of_format {
                lines.push("EMPTYASNULL".to_owned());
            }
        }
        if let Some(character) = self.text.accept_inv_chars {
            lines.push(format!("ACCEPTINVCHARS AS {}", literal(&character.to_string())));
        }
        lines
    }
}

fn delimiter_literal(delimiter: char) -> String {
    if delimiter == '\t' { "'\\t'".to_owned() } else { literal(&delimiter.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(format: CopyFormat) -> CopyStatement {
        CopyStatement {
            table: TableName::new("public", "orders"),
            columns: vec!["id".to_owned(), "name".to_owned()],
            manifest: Location::parse("s3://b/tmp/r1_1_manifest/files.manifest").unwrap(),
            format,
            compression: None,
            region: None,
            text: TextOptions::default(),
            updates_statistics: false,
            limits: Vec::new(),
        }
    }

    const HEAD: &str = "COPY \"public\".\"orders\" (\"id\", \"name\")\n\
                        FROM 's3://b/tmp/r1_1_manifest/files.manifest'\n\
                        IAM_ROLE DEFAULT\n";

    #[test]
    fn columns_are_copied_with_the_few_options_that_they_know() {
        let mut parquet = copy(CopyFormat::Parquet);
        (parquet.region, parquet.compression) = (Some("eu-west-1".into()), Some(Compression::Gzip));
        parquet.updates_statistics = true;
        let expected = format!("{HEAD}FORMAT AS PARQUET\nMANIFEST\nSTATUPDATE ON");
        assert_eq!(parquet.sent(&CopyAuthorization::DefaultRole), expected);
    }

    #[test]
    fn text_is_copied_with_every_option_stated() {
        let mut csv = copy(CopyFormat::Csv {
            delimiter: '\t',
            quote: '\'',
            header_lines: 1,
            empty_as_null: true,
            null_text: "none of r1_1".to_owned(),
        });
        (csv.region, csv.compression) = (Some("eu-west-1".into()), Some(Compression::Zstd));
        csv.text = TextOptions {
            truncate_columns: true,
            accept_inv_chars: Some('^'),
            blanks_as_null: true,
            empty_as_null: true,
        };
        let expected = format!(
            "{HEAD}FORMAT AS CSV QUOTE AS ''''\nDELIMITER AS '\\t'\nNULL AS 'none of r1_1'\nIGNOREHEADER AS 1\nMANIFEST\n\
             REGION AS 'eu-west-1'\nZSTD\nDATEFORMAT AS 'auto' TIMEFORMAT AS 'auto'\nTRUNCATECOLUMNS\nBLANKSASNULL\n\
             EMPTYASNULL\nACCEPTINVCHARS AS '^'\nCOMPUPDATE OFF\nSTATUPDATE OFF"
        );
        assert_eq!(csv.sent(&CopyAuthorization::DefaultRole), expected);
    }

    #[test]
    fn records_find_their_columns_by_name() {
        let tail = "MANIFEST\nDATEFORMAT AS 'auto' TIMEFORMAT AS 'auto'\nCOMPUPDATE OFF\nSTATUPDATE OFF";
        let mut json = copy(CopyFormat::Json(FieldNames::Auto));
        assert_eq!(
            json.sent(&CopyAuthorization::DefaultRole),
            format!("{HEAD}FORMAT AS JSON 'auto'\n{tail}")
        );
        json.format = CopyFormat::Avro(FieldNames::AutoIgnoreCase);
        assert_eq!(
            json.sent(&CopyAuthorization::DefaultRole),
            format!("{HEAD}FORMAT AS AVRO 'auto ignorecase'\n{tail}")
        );
    }
}
