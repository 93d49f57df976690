//! Settings of the code that no page tells.

use crate::page::Page;
use crate::root;

/// Whose settings, in which file, on which pages.
const STRUCTS: [(&str, &str, &[&str]); 17] = [
    ("SqliteConfig", "crates/target-sqlite/src/config.rs", &["settings.md"]),
    ("HiveConfig", "crates/target-hive/src/config/settings.rs", &["settings.md", "hive.md"]),
    ("HiveKerberos", "crates/target-hive/src/config/kerberos.rs", &["hive.md"]),
    ("LimitSettings", "crates/publish-cli/src/server/settings.rs", &["serve.md"]),
    ("ServerSettings", "crates/publish-cli/src/server/settings.rs", &["serve.md"]),
    ("Settings", "crates/target-redshift/src/config/settings.rs", &["settings.md", "redshift.md"]),
    ("ClusterLogin", "crates/target-redshift/src/config/login.rs", &["settings.md", "redshift.md"]),
    ("WorkgroupLogin", "crates/target-redshift/src/config/login.rs", &["settings.md", "redshift.md"]),
    ("Options", "crates/target-redshift/src/options.rs", &["settings.md", "redshift.md"]),
    ("TextOptions", "crates/target-redshift/src/sql/copy.rs", &["settings.md", "redshift.md"]),
    ("HdfsSettings", "crates/publish-cli/src/storages/hdfs.rs", &["settings.md"]),
    ("S3Settings", "crates/publish-cli/src/storages/s3.rs", &["settings.md"]),
    ("S3Config", "crates/publish-storage/src/s3/config.rs", &["settings.md"]),
    ("EngineSettings", "crates/publish-core/src/engine/settings.rs", &["settings.md"]),
    ("SweepOptions", "crates/publish-core/src/engine/sweep.rs", &["settings.md"]),
    ("RequestOptions", "crates/publish-core/src/request.rs", &["settings.md"]),
    ("FormatOptions", "crates/publish-core/src/format.rs", &["settings.md"]),
];

/// Every setting that is on none of its pages.
pub(crate) fn missing(pages: &[Page]) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, file, told_on) in &STRUCTS {
        let source = std::fs::read_to_string(root().join(file)).unwrap();
        let fields = fields(&source, name);
        assert!(!fields.is_empty(), "{file} has no settings in a struct {name} any more; correct this list");
        for field in fields {
            let spellings = [format!("`{field}`"), format!("`{}`", camel(&field))];
            let is_told = pages
                .iter()
                .filter(|page| told_on.contains(&page.name().as_str()))
                .any(|page| spellings.iter().any(|spelling| page.text.contains(spelling)));
            if !is_told {
                missing
                    .push(format!("{}: the setting `{field}` of {name} is not told", told_on.join(" or ")));
            }
        }
    }
    missing
}

/// The fields of a struct.
fn fields(source: &str, name: &str) -> Vec<String> {
    let begins = |line: &&str| {
        line.trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ")
            .starts_with(&format!("struct {name} {{"))
    };
    let body = source.lines().skip_while(|line| !begins(line)).skip(1).take_while(|line| *line != "}");
    let field = |line: &str| {
        let line = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '/', '#']))?;
        let line = line
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ");
        line.split_once(':').map(|(field, _)| field.to_owned())
    };
    body.filter_map(field).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}
