//! Names: folded, cut, and, where PostgreSQL has no room for them, replaced by shorter ones.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The longest name of the service, in bytes.
const LONGEST: usize = 127;
/// The longest name of PostgreSQL, in bytes.
const POSTGRES_LONGEST: usize = 63;
/// What is left of a long name before its mark.
const KEPT: usize = POSTGRES_LONGEST - 17;

/// Names that are too long for PostgreSQL, each with its stand-in of 63 bytes.
///
/// Statements get the stand-in, answers get the name back, so that clients see names of up to 127 bytes.
#[derive(Debug, Default)]
pub(crate) struct LongNames {
    names: RwLock<HashMap<String, String>>,
}

impl LongNames {
    /// The name as PostgreSQL gets it.
    pub(crate) fn shorten(&self, name: &str) -> String {
        if name.len() <= POSTGRES_LONGEST {
            return name.to_owned();
        }
        let short = stand_in(name);
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(short.clone(), name.to_owned());
        short
    }

    /// The stand-in of a name that was met before, for names in strings.
    pub(crate) fn known(&self, name: &str) -> Option<String> {
        if name.len() <= POSTGRES_LONGEST || name.len() > LONGEST {
            return None;
        }
        let short = stand_in(name);
        self.restore(&short).map(|_| short)
    }

    /// The name that a stand-in stands for.
    pub(crate) fn restore(&self, short: &str) -> Option<String> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).get(short).cloned()
    }

    /// Puts names back into a text, such as an error.
    pub(crate) fn restore_in(&self, text: &str) -> Option<String> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<_> = names.iter().filter(|(short, _)| text.contains(short.as_str())).collect();
        (!found.is_empty())
            .then(|| found.iter().fold(text.to_owned(), |text, (short, name)| text.replace(*short, name)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// A name without quotes as the service keeps it: ASCII letters in lower case, cut at 127 bytes.
pub(crate) fn fold_word(word: &str) -> String {
    cut(word, LONGEST).to_ascii_lowercase()
}

/// A quoted name (with its quotes) as the service keeps it: folded too, unless the session says otherwise.
pub(crate) fn fold_quoted(quoted: &str, case_sensitive: bool) -> String {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let name = inner.replace("\"\"", "\"");
    let name = cut(&name, LONGEST);
    if case_sensitive { name.to_owned() } else { name.to_ascii_lowercase() }
}

/// A name in quotes.
pub(crate) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string in quotes, for a server that reads backslashes as escapes.
pub(crate) fn quote_literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn cut(name: &str, longest: usize) -> &str {
    let mut end = name.len().min(longest);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The beginning of the name and a mark made of all of it (FNV-1a, 64 bits).
fn stand_in(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let kept = cut(name, KEPT);
    format!("{kept}{}{hash:016x}", "~".repeat(POSTGRES_LONGEST - 16 - kept.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_even_in_quotes() {
        assert_eq!(fold_quoted("\"My\"\"Table\"", false), "my\"table");
        assert_eq!(fold_quoted("\"My\"\"Table\"", true), "My\"Table");
        assert_eq!(fold_word("MyÄ"), "myÄ");
        assert_eq!(fold_quoted("\"\"", false), "");
    }

    #[test]
    fn names_are_cut_at_127_bytes_between_characters() {
        assert_eq!(fold_word(&"a".repeat(200)).len(), 127);
        let name = format!("{}é", "a".repeat(126));
        assert_eq!(fold_word(&name).len(), 126);
    }

    #[test]
    fn a_long_name_comes_back_from_its_stand_in() {
        let names = LongNames::default();
        let name = "é".repeat(60);
        assert_eq!(names.known(&name), None);
        let short = names.shorten(&name);
        assert_eq!(short.len(), 63);
        assert_eq!(names.restore(&short).as_ref(), Some(&name));
        assert_eq!(names.known(&name), Some(short.clone()));
        assert_eq!(names.restore_in(&format!("no \"{short}\"")), Some(format!("no \"{name}\"")));
        assert_eq!(names.shorten("short"), "short");
    }
}
