//! Tests by their names: `package::suite::test`, where the suite is a test binary, `lib` for tests beside the code, or
//! `rule` for a function of the contract suites.

use std::path::{Path, PathBuf};

use crate::root;

/// Whether a span of code names a test. A path of Rust has no hyphen, and a package without one has no such suites.
pub(crate) fn is_name(span: &str) -> bool {
    let parts: Vec<&str> = span.split("::").collect();
    let is_word = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    match parts.as_slice() {
        [package, rest @ ..] if package.contains('-') => !rest.is_empty(),
        [package, suite, test] => {
            ["lib", "real", "fakes"].contains(suite) && is_word(package) && is_word(test)
        }
        _ => false,
    }
}

/// Looks for a test.
pub(crate) fn find(name: &str) -> Result<(), String> {
    let parts: Vec<&str> = name.split("::").collect();
    let [package, suite, test] = parts.as_slice() else {
        return Err("a test is named as package::suite::test".to_owned());
    };
    let folder = match *package {
        "publish-tests" => root().join("tests"),
        "publish-embed" => root().join("tests/embed"),
        other => root().join("crates").join(other),
    };
    if !folder.join("Cargo.toml").is_file() {
        return Err("there is no such package".to_owned());
    }
    let (place, is_rule) = match *suite {
        "lib" => (folder.join("src"), false),
        "rule" => (folder.join("src"), true),
        suite if folder.join("tests").join(suite).is_dir() => (folder.join("tests").join(suite), false),
        suite => (folder.join("tests").join(format!("{suite}.rs")), false),
    };
    let is_there = sources(&place).iter().any(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        if is_rule { text.contains(&format!("pub async fn {test}(")) } else { has_test(&text, test) }
    });
    if is_there {
        Ok(())
    } else {
        Err(format!("there is no such test below {}", place.strip_prefix(root()).unwrap().display()))
    }
}

/// The sources at a place: a file, or a folder with all that is in it.
pub(crate) fn sources(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"))
        .flat_map(|path| sources(&path))
        .collect()
}

/// Whether a function of this name is a test: one of the lines above it says so.
fn has_test(text: &str, test: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_it = |line: &str| line.trim_start_matches("async ").starts_with(&format!("fn {test}("));
    let is_marked = |at: usize| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above.into_iter().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
    };
    lines.iter().enumerate().any(|(at, line)| is_it(line) && is_marked(at))
}
