//! Names of files that are being written, which no listing tells.

use uuid::Uuid;

const START: &str = ".publish-";
const END: &str = ".part";

/// A new name. Short whatever the file is called: a name made longer could be too long for the store.
pub(crate) fn temp_name() -> String {
    format!("{START}{}{END}", Uuid::new_v4().simple())
}

/// Whether a file of this name is one being written, or one that a killed process left.
pub(crate) fn is_temp_name(name: &str) -> bool {
    let id = name.strip_prefix(START).and_then(|name| name.strip_suffix(END));
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_made_names_are_hidden() {
        assert!(is_temp_name(&temp_name()));
        assert_ne!(temp_name(), temp_name());
        assert!(!is_temp_name(".publish-notes.part") && !is_temp_name("part-0.avro"));
    }
}
