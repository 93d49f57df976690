//! The book: links that lead somewhere, pages that are found, tests that exist, settings that are all told.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod links;
mod page;
mod settings;
mod sources;

use std::collections::BTreeSet;
use std::path::PathBuf;

use page::{Page, pages};

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_link_leads_to_a_page_a_file_or_a_heading() {
    let readme = Page::read(&root().join("README.md"));
    let found: Vec<String> = std::iter::once(&readme).chain(&pages()).flat_map(links::broken).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_include_has_its_file_and_its_anchor() {
    let found: Vec<String> = pages().iter().flat_map(links::broken_includes).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_once() {
    let pages = pages();
    let summary = pages.iter().find(|page| page.name() == "SUMMARY.md").unwrap();
    let told: Vec<String> = summary.links().into_iter().map(|link| link.target).collect();
    for page in pages.iter().filter(|page| page.name() != "SUMMARY.md") {
        let times = told.iter().filter(|told| **told == page.name()).count();
        assert_eq!(times, 1, "{} is {times} times in SUMMARY.md", page.name());
    }
    assert_eq!(told.len(), pages.len() - 1, "SUMMARY.md tells a page that is not there: {told:?}");
}

#[test]
fn every_test_that_a_page_names_exists() {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for page in pages() {
        for name in page.tests() {
            if let Err(why) = sources::find(&name) {
                wrong.push(format!("{}: `{name}`: {why}", page.name()));
            }
            names.insert(name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names.len() > 50, "the pages name only {} tests: are they still read right?", names.len());
}

#[test]
fn every_page_with_a_heading_for_tests_names_some() {
    for page in pages() {
        if page.headings().iter().any(|heading| heading == "tests") {
            assert!(!page.tests().is_empty(), "{} names no test below its heading", page.name());
        }
    }
}

#[test]
fn every_row_of_a_table_has_the_cells_of_its_head() {
    let found: Vec<String> = pages().iter().flat_map(Page::torn_rows).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_setting_is_on_its_page() {
    let missing = settings::missing(&pages());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_is_wrong_in_a_page_is_found() {
    let page = Page::of(
        root().join("docs/src/no-page.md"),
        "# A page\n[a](nowhere.md) [b](actions.md#no-such-heading) [c](#a-page) [d](../book.toml) `[e](x.md)`\n\
         ```\n[f](y.md)\n```\n\n| s | `publish-core::lib::no_such_test`, `publish_core::Storage::list` |\n",
    );
    let broken = links::broken(&page);
    assert_eq!(broken.len(), 3, "{broken:?}");
    for (found, named) in broken.iter().zip(["nowhere.md", "no-such-heading", "book.toml"]) {
        assert!(found.contains(named), "{found}");
    }
    assert_eq!(page.tests(), ["publish-core::lib::no_such_test"]);
    let torn = Page::of(page.file.clone(), "| a | b |\n| --- | --- |\n| 1 | `x|y` |\n\n| c |\n").torn_rows();
    assert_eq!(torn, ["no-page.md:3: 3 cells in a table of 2"]);
    assert!(sources::find("publish-core::lib::no_such_test").is_err());
    assert!(sources::find("publish-core::lib::root").is_err(), "a function is no test");
    assert!(sources::find("no-such-crate::lib::x").is_err());
}
