//! COPY from text, JSON and Avro: options, paths and compressions.

use std::io::Write;

use crate::support::{ROLE, Stand};

#[tokio::test(flavor = "multi_thread")]
async fn escapes_quotes_and_fixed_widths_are_read() {
    let stand = Stand::start().await;
    stand.run("create table t (a int, b varchar(20))").await;
    stand.put("e", "1|x\\|y\\\nz\\\\\n2|\\N\n");
    stand.run(&format!("copy t from 's3://b/e' {ROLE} escape")).await;
    assert_eq!(stand.rows("select * from t order by a").await, ["1|x|y\nz\\", "2|NULL"]);

    stand.run("delete from t").await;
    stand.put("q", "'1'|\"x|y\"\n2|it's\n");
    stand.run(&format!("copy t from 's3://b/q' {ROLE} removequotes")).await;
    assert_eq!(stand.rows("select * from t order by a").await, ["1|x|y", "2|it's"]);
    stand.put("q", "1|\"x\n");
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/q' {ROLE} removequotes")).await.code, "XX000");
    let code = "select err_code from stl_load_errors where query = pg_last_copy_id()";
    assert_eq!(stand.rows(code).await, ["1214"]);

    stand.run("delete from t").await;
    stand.put("f", "1  one  \n22 two\n");
    stand.run(&format!("copy t from 's3://b/f' {ROLE} fixedwidth 'x:3,y:5'")).await;
    assert_eq!(stand.rows("select * from t order by a").await, ["1|one", "22|two"]);
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/f' {ROLE} fixedwidth 'x:3'")).await.code, "42601");
    for options in
        ["csv escape", "fixedwidth 'a:1,b:1' delimiter ','", "json 'auto' escape", "csv removequotes"]
    {
        assert_eq!(stand.refusal(&format!("copy t from 's3://b/f' {ROLE} {options}")).await.code, "0A000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compressions_are_undone_and_a_wrong_one_is_an_error() {
    let stand = Stand::start().await;
    stand.run("create table t (a int, b varchar(20))").await;
    let text = b"1|x\n2|y\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text).unwrap();
    stand.put("gzip", gzip.finish().unwrap());
    stand.put("bzip2", bzip2.finish().unwrap());
    stand.put("zstd", zstd::encode_all(&text[..], 1).unwrap());
    for compression in ["gzip", "bzip2", "zstd"] {
        stand.run(&format!("copy t from 's3://b/{compression}' {ROLE} {compression}")).await;
    }
    assert_eq!(stand.rows("select count(*), count(distinct b) from t").await, ["6|2"]);
    for (key, compression) in [("gzip", "bzip2"), ("bzip2", "zstd"), ("zstd", "gzip")] {
        let refused = stand.refusal(&format!("copy t from 's3://b/{key}' {ROLE} {compression}")).await;
        assert_eq!(refused.code, "XX000", "{refused:?}");
    }
    let refused = stand.refusal(&format!("copy t from 's3://b/gzip' {ROLE} lzop")).await;
    assert!(refused.message.contains("LZOP is not emulated"), "{refused:?}");
    assert_eq!(stand.rows("select count(*) from t").await, ["6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_found_by_path_or_taken_whole() {
    let stand = Stand::start().await;
    stand.run("create table t (a int, b varchar(20), s super)").await;
    stand.put("j", "{\"x\": {\"n\": 1}, \"l\": [\"p\", {\"q\": 1.10}]}\n{\"x\": {}}");
    stand.put("paths", r#"{"jsonpaths": ["$.x.n", "$['l'][0]", "$.l[1]"]}"#);
    stand.run(&format!("copy t from 's3://b/j' {ROLE} json 's3://b/paths'")).await;
    assert_eq!(stand.rows("select * from t order by a").await, ["1|p|{\"q\":1.10}", "NULL|NULL|NULL"]);
    let refused = stand.refusal(&format!("copy t (a) from 's3://b/j' {ROLE} json 's3://b/paths'")).await;
    assert!(refused.message.contains("Number of jsonpaths"), "{refused:?}");
    assert_eq!(
        stand.refusal(&format!("copy t from 's3://b/j' {ROLE} json 's3://b/gone'")).await.code,
        "XX000"
    );

    stand.run("create table w (s super)").await;
    stand.run(&format!("copy w from 's3://b/j' {ROLE} json 'noshred'")).await;
    assert_eq!(stand.rows("select count(*) from w where s::varchar like '{\"x\":%'").await, ["2"]);
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/j' {ROLE} json 'noshred'")).await.code, "0A000");

    // One array is not a set of records, and what is broken names its line.
    stand.put("array", "[{\"a\": 1}]");
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/array' {ROLE} json 'auto'")).await.code, "XX000");
    stand.put("bad", "{\"a\": 1}\n\n{\"a\": x}\n");
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/bad' {ROLE} json 'auto'")).await.code, "XX000");
    let place = "select line_number, err_code from stl_load_errors where query = pg_last_copy_id()";
    assert_eq!(stand.rows(place).await, ["3|1224"]);

    // Numbers are not rounded on their way.
    stand.run("create table d (a decimal(38,9))").await;
    stand.put("digits", "{\"a\": 12345678901234567890.123456789}");
    stand.run(&format!("copy d from 's3://b/digits' {ROLE} json 'auto'")).await;
    assert_eq!(stand.rows("select a from d").await, ["12345678901234567890.123456789"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_are_given_only_when_asked() {
    let stand = Stand::start().await;
    stand.run("create table t (i int identity(1, 1), a int)").await;
    stand.put("x", "7|8\n");
    stand.put("y", "9\n");
    assert_eq!(stand.refusal(&format!("copy t from 's3://b/x' {ROLE}")).await.code, "XX000");
    assert_eq!(stand.refusal(&format!("copy t (i, a) from 's3://b/x' {ROLE}")).await.code, "42601");
    assert_eq!(stand.refusal(&format!("copy t (a) from 's3://b/y' {ROLE} explicit_ids")).await.code, "42601");
    stand.run(&format!("copy t from 's3://b/x' {ROLE} explicit_ids; copy t from 's3://b/y' {ROLE}")).await;
    assert_eq!(stand.rows("select a from t where i = 7").await, ["8"]);
    assert_eq!(stand.rows("select count(*) from t where a = 9 and i is not null").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_not_true_is_refused() {
    let stand = Stand::start().await;
    stand.run("create table t (a int)").await;
    stand.put("x", "1\n");
    for (manifest, part) in [
        ("not json", "not in correct json format"),
        ("{}", "no entries"),
        (r#"{"entries": [{"url": "s3://b"}]}"#, "8001"),
        (r#"{"entries": [{"url": "s3://b/x", "meta": {"content_length": 9}}]}"#, "manifest's 9"),
        (r#"{"entries": [{"url": "s3://b/gone", "mandatory": true}]}"#, "NoSuchKey"),
    ] {
        stand.put("m", manifest);
        let refused = stand.refusal(&format!("copy t from 's3://b/m' {ROLE} manifest")).await;
        assert!(refused.code == "XX000" && refused.message.contains(part), "{refused:?}");
    }
    // A key that stands twice is loaded twice, one that is missing and not mandatory is left out.
    stand.put("m", r#"{"entries": [{"url": "s3://b/x"}, {"url": "s3://b/x"}, {"url": "s3://b/gone"}]}"#);
    stand.run(&format!("copy t from 's3://b/m' {ROLE} manifest")).await;
    assert_eq!(stand.rows("select count(*) from t").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_another_encoding_is_read_where_copy_names_it() {
    let stand = Stand::start().await;
    stand.run("create table t (a int, b varchar(20))").await;
    let little: Vec<u8> = "1,é😀\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    stand.put("le.csv", &little);
    stand.put("bom.csv", [&[0xff, 0xfe][..], &little].concat());
    stand.put("latin.csv", b"3,\xe9\n");
    for (file, encoding) in
        [("le", "utf16le"), ("bom", "utf16"), ("bom", "as utf16le"), ("latin", "iso88591")]
    {
        stand.run(&format!("copy t from 's3://b/{file}' {ROLE} csv encoding {encoding}")).await;
    }
    assert_eq!(stand.rows("select distinct b from t order by b").await, ["é", "é😀"]);
    let refused = stand.refusal(&format!("copy t from 's3://b/le' {ROLE} csv encoding utf16")).await;
    assert!(refused.message.contains("BOM"), "{refused:?}");
    let refused = stand.refusal(&format!("copy t from 's3://b/le' {ROLE} json 'auto' encoding utf16")).await;
    assert!(refused.message.contains("not emulated"), "{refused:?}");
}
