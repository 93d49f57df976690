//! Findings of a look at a target that publishes nothing.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::Error;

/// One thing that a publish needs of a place, and whether it is there.
#[derive(Debug)]
pub struct Check {
    /// What was looked at, such as `HiveServer2`.
    pub what: String,
    /// What was found, in a few words, or why it does not work and what to do next.
    pub found: Result<String, Error>,
}

impl Check {
    /// Looked at `what`, and found this.
    pub fn new(what: impl Into<String>, found: Result<String, Error>) -> Self {
        Self { what: what.into(), found }
    }

    /// Whether it works.
    pub fn is_ok(&self) -> bool {
        self.found.is_ok()
    }
}

impl Serialize for Check {
    /// Writes an object of `what`, and `found` or `error`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("what", &self.what)?;
        match &self.found {
            Ok(found) => map.serialize_entry("found", found)?,
            Err(error) => map.serialize_entry("error", error)?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_finding_is_an_object_with_what_was_found_or_why_not() {
        let good = Check::new("server", Ok("as alice".to_owned()));
        assert_eq!(serde_json::to_value(&good).unwrap()["found"], "as alice");
        let bad = Check::new("server", Err(Error::new(ErrorKind::Unavailable, "Start it")));
        assert!(!bad.is_ok());
        assert_eq!(serde_json::to_value(&bad).unwrap()["error"]["kind"], "unavailable");
    }
}
