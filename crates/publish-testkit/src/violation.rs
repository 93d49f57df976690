//! A rule that does not hold.

use std::fmt;

use publish_core::Error;

/// What a check answers.
pub type Checked<T = ()> = Result<T, Violation>;

/// A rule of a contract that does not hold, and what was seen instead.
#[derive(Debug)]
pub struct Violation {
    rule: &'static str,
    seen: String,
}

impl Violation {
    /// Reports that `rule` does not hold because of what was `seen`.
    pub fn new(rule: &'static str, seen: impl Into<String>) -> Self {
        Self { rule, seen: seen.into() }
    }

    /// The rule: the name of the check.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What was seen instead.
    pub fn seen(&self) -> &str {
        &self.seen
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.seen)
    }
}

impl std::error::Error for Violation {}

/// A rule under examination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule(pub(crate) &'static str);

impl Rule {
    /// Fails the rule unless `holds`.
    pub(crate) fn holds(self, holds: bool, seen: impl FnOnce() -> String) -> Checked {
        if holds { Ok(()) } else { Err(Violation::new(self.0, seen())) }
    }

    /// Fails the rule unless both are the same.
    pub(crate) fn same<T: PartialEq + fmt::Debug>(self, what: &str, seen: &T, wanted: &T) -> Checked {
        self.holds(seen == wanted, || format!("{what}: saw {seen:?}, wanted {wanted:?}"))
    }

    /// Passes a value on, and fails the rule with an error's text: what the check needs did not work.
    pub(crate) fn works<T>(self, what: &str, result: publish_core::Result<T>) -> Checked<T> {
        result.map_err(|error| Violation::new(self.0, format!("{what} failed: {error:?}")))
    }

    /// Passes an error on, and fails the rule where there is none.
    pub(crate) fn refused<T: fmt::Debug>(
        self,
        what: &str,
        result: publish_core::Result<T>,
    ) -> Checked<Error> {
        match result {
            Ok(value) => Err(Violation::new(self.0, format!("{what} was not refused: {value:?}"))),
            Err(error) => Ok(error),
        }
    }
}
