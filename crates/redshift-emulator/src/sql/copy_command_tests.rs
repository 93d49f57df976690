use super::*;
use crate::objects::Credentials;
use crate::sql::token::tokenize;
use crate::sql::{Dialect, LongNames};

const ROLE: &str = "iam_role 'arn:aws:iam::1:role/r'";

fn read(source: &str) -> Result<CopyCommand, Report> {
    let long_names = LongNames::default();
    let tokens = tokenize(source).unwrap();
    read_copy(Cursor::new(source, &tokens, Dialect { case_sensitive: false, long_names: &long_names }))
}

fn with(options: &str) -> Result<CopyCommand, Report> {
    read(&format!("copy t from 's3://b/k' {options}"))
}

#[test]
fn options_come_in_any_order_with_noise_words() {
    let source = "COPY \"S\".T (A, \"B\") FROM 's3://bucket/a/b' GZIP IGNOREHEADER AS 1 MANIFEST WITH CREDENTIALS AS \
                  'aws_access_key_id=k;aws_secret_access_key=s;token=t' DELIMITER AS '\\t' FORMAT AS CSV MAXERROR 5 \
                  REGION AS 'eu-west-1' TIMEFORMAT 'epochmillisecs' NULL AS '\\N' EMPTYASNULL COMPUPDATE OFF";
    let copy = read(source).unwrap();
    assert_eq!(copy.table, "\"s\".\"t\"");
    assert_eq!(copy.columns.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
    assert_eq!((copy.bucket.as_str(), copy.key.as_str()), ("bucket", "a/b"));
    assert_eq!(copy.format, Format::Csv);
    assert_eq!(copy.compression, Compression::Gzip);
    assert_eq!(copy.delimiter, Some(b'\t'));
    assert_eq!((copy.ignore_header, copy.max_error), (1, 5));
    assert_eq!(copy.time_format, TimeFormat::EpochMilliseconds);
    assert_eq!(copy.null_as.as_deref(), Some("\\N"));
    assert_eq!(copy.access.region.as_deref(), Some("eu-west-1"));
    assert_eq!(copy.access.credentials.as_ref().and_then(Credentials::token), Some("t"));
    assert!(copy.is_manifest && copy.has("emptyasnull"));
}

#[test]
fn formats_take_their_arguments() {
    let format = |options: &str| with(&format!("{options} {ROLE}")).unwrap().format;
    assert_eq!(format("json 'auto ignorecase'"), Format::Json(FieldNames::AutoIgnoreCase));
    assert_eq!(format("format as avro as 'auto'"), Format::Avro(FieldNames::Auto));
    assert_eq!(format("format parquet serializetojson"), Format::Parquet { serialize_to_json: true });
    assert_eq!(format("json 'noshred'"), Format::Json(FieldNames::NoShred));
    let paths = FieldNames::Paths { bucket: "b".to_owned(), key: "p.json".to_owned() };
    assert_eq!(format("avro 's3://b/p.json'"), Format::Avro(paths));
    assert_eq!(
        format("fixedwidth 'a:3,B:4'"),
        Format::FixedWidth(vec![("a".to_owned(), 3), ("b".to_owned(), 4)])
    );
}

#[test]
fn a_typo_is_a_syntax_error() {
    for options in ["IAM_ROL 'arn:x'", "csvv", "maxerror", "null 'x'", "format as xml", "'x'", "json"] {
        let report = with(&format!("{ROLE} {options}")).unwrap_err();
        assert_eq!(report.code, "42601", "{options}: {report}");
    }
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    for options in [
        "csv escape",
        "csv removequotes",
        "json 'auto' delimiter ','",
        "json 'auto' null as 'x'",
        "parquet maxerror 3",
        "parquet encoding utf8",
        "parquet region 'us-east-1'",
        "parquet gzip",
        "maxerror 1 ignoreallerrors",
        "csv csv",
        "csv json 'auto'",
        "gzip zstd",
        "csv access_key_id 'a' secret_access_key 'b'",
        "maxerror 100001",
    ] {
        assert!(with(&format!("{ROLE} {options}")).is_err(), "{options}");
    }
}

#[test]
fn an_authorisation_is_required() {
    assert!(with("csv").is_err());
    assert!(with("access_key_id 'a'").is_err());
    assert!(with("iam_role default").is_ok());
}

#[test]
fn only_objects_are_loaded() {
    for source in ["copy t from stdin", "copy t from '/etc/passwd'", "copy t to stdout"] {
        assert_eq!(read(source).unwrap_err().code, "0A000", "{source}");
    }
}
