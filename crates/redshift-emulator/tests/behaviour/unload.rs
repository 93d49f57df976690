//! UNLOAD: rows to objects, and back by COPY.

use crate::support::{ROLE, Stand};

async fn filled() -> Stand {
    let stand = Stand::start().await;
    stand
        .run(
            "create table t (a int, b varchar(20), c boolean, d decimal(8,2)); \
             insert into t values (1, 'x|y', true, 1.50); insert into t values (2, 'q\"u''o', false, null); \
             insert into t values (3, null, null, -7)",
        )
        .await;
    stand
}

fn text(stand: &Stand, key: &str) -> String {
    std::fs::read_to_string(stand.path(key)).unwrap_or_else(|error| panic!("{key}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_written_as_each_format_has_them() {
    let stand = filled().await;
    let one = "parallel off";
    for (key, options, expected) in [
        ("plain", "", "1|x|y|t|1.50\n2|q\"u'o|f|\n3|||-7.00\n"),
        ("escaped", "escape null as 'N'", "1|x\\|y|t|1.50\n2|q\"u'o|f|N\n3|N|N|-7.00\n"),
        (
            "quoted",
            "addquotes escape",
            "\"1\"|\"x\\|y\"|\"t\"|\"1.50\"\n\"2\"|\"q\\\"u\\'o\"|\"f\"|\n\"3\"|||\"-7.00\"\n",
        ),
        ("csv", "format as csv header", "a,b,c,d\n1,x|y,t,1.50\n2,\"q\"\"u'o\",f,\n3,,,-7.00\n"),
        (
            "tab",
            "csv delimiter as '\\t' extension 'tsv'",
            "1\tx|y\tt\t1.50\n2\t\"q\"\"u'o\"\tf\t\n3\t\t\t-7.00\n",
        ),
        (
            "json",
            "format json",
            "{\"a\":1,\"b\":\"x|y\",\"c\":true,\"d\":1.50}\n{\"a\":2,\"b\":\"q\\\"u'o\",\"c\":false,\"d\":null}\n\
             {\"a\":3,\"b\":null,\"c\":null,\"d\":-7.00}\n",
        ),
    ] {
        stand
            .run(&format!("unload ('select * from t order by a') to 's3://b/{key}/' {ROLE} {one} {options}"))
            .await;
        let ending = if key == "tab" { ".tsv" } else { "" };
        assert_eq!(text(&stand, &format!("{key}/000{ending}")), expected, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slices_wrote_is_loaded_again_by_its_manifest() {
    let stand = filled().await;
    stand.run("begin; insert into t values (4, 'open', true, 4)").await;
    let where_ = "where b <> ''nobody'' or b is null";
    stand
        .run(&format!(
            "unload ('select * from t {where_}') to 's3://b/u/' {ROLE} csv manifest zstd null as '-'"
        ))
        .await;
    stand.run("rollback").await;
    let manifest = text(&stand, "u/manifest");
    for file in ["s3://b/u/0000_part_00.zst", "s3://b/u/0001_part_00.zst"] {
        assert!(manifest.contains(file), "{manifest}");
    }
    stand.run(&format!("create table back (like t); copy back from 's3://b/u/manifest' {ROLE} csv manifest zstd null as '-'")).await;
    let rows = "select count(*), sum(a), sum(d), count(b) from";
    assert_eq!(stand.rows(&format!("{rows} back")).await, ["4|10|-1.50|3"]);
    assert_eq!(stand.rows(&format!("{rows} t")).await, ["3|6|-5.50|2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_refuses_is_refused() {
    let stand = filled().await;
    let unload = |query: &str, options: &str| format!("unload ('{query}') to 's3://b/r/' {ROLE} {options}");
    stand.run(&unload("select 1", "")).await;
    let refused = stand.refusal(&unload("select 1", "")).await;
    assert!(refused.message.contains("is not empty"), "{refused:?}");
    stand.run(&unload("select 2", "allowoverwrite")).await;
    for (query, options, code) in [
        ("select a from t limit 1", "allowoverwrite", "0A000"),
        ("select array_agg(a) from t", "allowoverwrite", "42883"),
        ("delete from t", "allowoverwrite", "42601"),
        ("select * from nothing", "allowoverwrite", "42P01"),
        ("select 1", "allowoverwrite csv escape", "0A000"),
        ("select 1", "allowoverwrite json header", "0A000"),
        ("select 1", "allowoverwrite cleanpath", "0A000"),
        ("select 1", "csv json", "42601"),
        ("select 1", "format as xml", "42601"),
        ("select 1", "gzip gzip", "42601"),
    ] {
        assert_eq!(stand.refusal(&unload(query, options)).await.code, code, "{query} {options}");
    }
    let refused = stand.refusal(&unload("select 1", "parquet")).await;
    assert!(refused.message.contains("not emulated"), "{refused:?}");
    assert_eq!(stand.refusal("unload ('select 1') to 's3://b/n/' csv").await.code, "42601");
    assert_eq!(stand.refusal(&unload("select 1", "").replace("s3://b", "s3://gone")).await.code, "XX000");
}
