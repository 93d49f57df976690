//! Pages of listings.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::object::Object;

/// A page of a listing, in the order of the keys' bytes.
pub(super) struct Page {
    pub(super) objects: Vec<(String, Arc<Object>)>,
    pub(super) prefixes: Vec<String>,
    /// Where the next page starts. None: there is none.
    pub(super) next: Option<After>,
}

/// Behind what a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    Key(String),
    /// Behind every key that starts so.
    Prefix(String),
}

impl After {
    /// As a token that callers hand back.
    pub(super) fn to_token(&self) -> String {
        let (kind, text) = match self {
            Self::Key(key) => ('k', key),
            Self::Prefix(prefix) => ('p', prefix),
        };
        format!("{kind}{}", super::object::hex(text.as_bytes()))
    }

    pub(super) fn from_token(token: &str) -> Option<Self> {
        let (kind, digits) = token.split_at_checked(1)?;
        let bytes: Option<Vec<u8>> = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
            .collect();
        let text = String::from_utf8(bytes?).ok()?;
        match kind {
            "k" => Some(Self::Key(text)),
            "p" => Some(Self::Prefix(text)),
            _ => None,
        }
    }
}

/// Lists up to `limit` keys and common prefixes.
pub(super) fn page(
    objects: &BTreeMap<String, Arc<Object>>,
    prefix: &str,
    delimiter: Option<&str>,
    after: Option<&After>,
    limit: usize,
) -> Page {
    let mut page = Page { objects: Vec::new(), prefixes: Vec::new(), next: None };
    let start = match after {
        Some(After::Key(key)) if key.as_str() >= prefix => Bound::Excluded(key.as_str()),
        Some(After::Prefix(common)) if common.as_str() >= prefix => Bound::Excluded(common.as_str()),
        _ => Bound::Included(prefix),
    };
    let mut done: Option<After> = after.cloned();
    for (key, object) in objects.range::<str, _>((start, Bound::Unbounded)) {
        if !key.starts_with(prefix) {
            break;
        }
        if matches!(&done, Some(After::Prefix(common)) if key.starts_with(common.as_str())) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() >= limit {
            page.next = done;
            break;
        }
        let rest = &key[prefix.len()..];
        let end = delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
        if let Some(end) = end {
            let common = format!("{prefix}{}", &rest[..end]);
            done = Some(After::Prefix(common.clone()));
            page.prefixes.push(common);
        } else {
            done = Some(After::Key(key.clone()));
            page.objects.push((key.clone(), Arc::clone(object)));
        }
    }
    page
}

/// A key as callers get it that ask for `encoding-type=url`.
pub(super) fn encoded(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn objects(keys: &[&str]) -> BTreeMap<String, Arc<Object>> {
        let object = Arc::new(Object::of(Bytes::new(), Default::default()));
        keys.iter().map(|key| ((*key).to_owned(), Arc::clone(&object))).collect()
    }

    /// All pages of `limit`, joined.
    fn all(keys: &[&str], prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<String> {
        let objects = objects(keys);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = page(&objects, prefix, delimiter, after.as_ref(), limit);
            let mut names: Vec<String> = page.objects.into_iter().map(|(key, _)| key).collect();
            names.extend(page.prefixes);
            names.sort();
            assert!(names.len() <= limit);
            seen.extend(names);
            match page.next {
                Some(next) => after = After::from_token(&next.to_token()),
                None => return seen,
            }
        }
    }

    #[test]
    fn pages_of_any_size_tell_each_key_once() {
        let keys = ["a", "a/", "a/b", "a//c", "a/d/e", "a/d/f", "ab", "b"];
        for limit in 1..9 {
            let mut wanted = keys.map(str::to_owned).to_vec();
            wanted.sort();
            assert_eq!(all(&keys, "", None, limit), wanted);
            assert_eq!(all(&keys, "", Some("/"), limit), ["a", "a/", "ab", "b"]);
            assert_eq!(all(&keys, "a/", Some("/"), limit), ["a/", "a//", "a/b", "a/d/"]);
        }
    }

    #[test]
    fn a_page_starts_behind_a_key_that_need_not_be_there() {
        let objects = objects(&["a/1", "a/3", "b"]);
        let page = page(&objects, "a/", None, Some(&After::Key("a/2".to_owned())), 10);
        assert_eq!(page.objects.len(), 1);
        assert_eq!(page.objects[0].0, "a/3");
    }
}
