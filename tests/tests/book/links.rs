//! Links and includes that lead nowhere.

use crate::page::Page;
use crate::root;

/// The links of a page that lead nowhere, or out of the book. Addresses of the web are not looked at.
pub(crate) fn broken(page: &Page) -> Vec<String> {
    let book = root().join("docs/src");
    let is_in_book = page.file.starts_with(&book);
    let folder = page.file.parent().unwrap();
    let why = |target: &str| {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let file = if path.is_empty() { page.file.clone() } else { folder.join(path) };
        if !path.is_empty() && !file.exists() {
            return Some("there is no such file");
        }
        if is_in_book
            && !path.is_empty()
            && !file.canonicalize().is_ok_and(|file| file.starts_with(book.canonicalize().unwrap()))
        {
            return Some("it leads out of the book, which has no such page");
        }
        let headings = if path.is_empty() {
            page.headings()
        } else if anchor.is_empty() {
            Vec::new()
        } else {
            Page::read(&file).headings()
        };
        let is_there = anchor.is_empty() || headings.iter().any(|heading| heading == anchor);
        (!is_there).then_some("the page has no such heading")
    };
    let is_local = |target: &str| !target.contains("://") && !target.starts_with("mailto:");
    let links = page.links().into_iter().filter(|link| is_local(&link.target));
    links
        .filter_map(|link| {
            let why = why(&link.target)?;
            Some(format!("{}:{}: ({}): {why}", page.name(), link.line, link.target))
        })
        .collect()
}

/// The includes of a page whose file or anchor is not there.
pub(crate) fn broken_includes(page: &Page) -> Vec<String> {
    let folder = page.file.parent().unwrap();
    let includes =
        page.text.split("{{#include ").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(what, _)| what);
    includes
        .filter_map(|what| {
            let (path, anchor) = what.trim().split_once(':').unwrap_or((what.trim(), ""));
            let Ok(text) = std::fs::read_to_string(folder.join(path)) else {
                return Some(format!("{}: {path} is not there", page.name()));
            };
            let ends = |word: &str| {
                text.lines().filter(|line| line.trim_end().ends_with(&format!("{word}: {anchor}"))).count()
            };
            let is_there = anchor.is_empty() || (ends("ANCHOR") == 1 && ends("ANCHOR_END") == 1);
            (!is_there).then(|| format!("{}: {path} has no anchor {anchor}", page.name()))
        })
        .collect()
}
