//! Which column names are published as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// What happens to column names that are not plain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ColumnNaming {
    /// They are refused, all of them by name: a table must not have columns that nobody named.
    #[default]
    Exact,
    /// Other characters become `_`, a leading digit gets a `_` before it, and a name that is then taken gets a number.
    Clean,
}

/// The names under which `source` columns are published, in order.
///
/// Letters, digits and underscore, not starting with a digit, pass as they are. Names are compared without case, as
/// warehouses do.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that lists every illegal or doubled name, under
/// [`ColumnNaming::Exact`]; also if there is no column at all.
pub fn publish_names<'a>(
    source: impl IntoIterator<Item = &'a str>,
    naming: ColumnNaming,
) -> Result<Vec<String>> {
    let source: Vec<&str> = source.into_iter().collect();
    if source.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "The results have no columns; there is nothing to publish",
        ));
    }
    match naming {
        ColumnNaming::Exact => exact(&source),
        ColumnNaming::Clean => Ok(clean(&source)),
    }
}

fn exact(source: &[&str]) -> Result<Vec<String>> {
    let illegal: Vec<String> =
        source.iter().filter(|name| !is_plain(name)).map(|name| format!("{name:?}")).collect();
    if !illegal.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "Column names are letters, digits and underscores and do not start with a digit; rename them, or ask for \
             clean column names",
        )
        .with_context("columns", illegal.join(", ")));
    }
    let mut seen: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in source {
        seen.entry(name.to_lowercase()).or_default().push(name);
    }
    let doubled: Vec<String> =
        seen.into_values().filter(|names| names.len() > 1).map(|names| names.join(" and ")).collect();
    if !doubled.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "Column names must differ by more than case; rename them, or ask for clean column names",
        )
        .with_context("columns", doubled.join(", ")));
    }
    Ok(source.iter().map(|&name| name.to_owned()).collect())
}

fn clean(source: &[&str]) -> Vec<String> {
    let mut taken: std::collections::BTreeSet<String> =
        source.iter().filter(|name| is_plain(name)).map(|name| name.to_lowercase()).collect();
    let mut first: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    let mut names = Vec::with_capacity(source.len());
    for name in source {
        // A plain name keeps itself at its first place, whatever its neighbours turn into.
        if is_plain(name) && first.insert(name.to_lowercase()) {
            names.push((*name).to_owned());
            continue;
        }
        let mut base: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
        if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit()) {
            base.insert(0, '_');
        }
        let mut candidate = base.clone();
        let mut number = 2;
        while !taken.insert(candidate.to_lowercase()) {
            candidate = format!("{base}_{number}");
            number += 1;
        }
        names.push(candidate);
    }
    names
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_illegal_name_is_listed_at_once() {
        let error = publish_names(["ok", "a b", "1x", "é"], ColumnNaming::Exact).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.context()[0].1, r#""a b", "1x", "é""#);
    }

    #[test]
    fn names_that_differ_by_case_alone_are_refused() {
        let error = publish_names(["Id", "id", "x"], ColumnNaming::Exact).unwrap_err();
        assert_eq!(error.context()[0].1, "Id and id");
    }

    #[test]
    fn clean_names_are_plain_and_differ() {
        let names = publish_names(["a b", "a_b", "1", "", "A-B", "a b"], ColumnNaming::Clean).unwrap();
        assert_eq!(names, ["a_b_2", "a_b", "_1", "_", "A_B_3", "a_b_4"]);
    }
}
