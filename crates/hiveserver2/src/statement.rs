//! A statement to be executed.

use std::collections::BTreeMap;
use std::time::Duration;

/// SQL text with settings for this one execution.
///
/// ```
/// use std::time::Duration;
///
/// use hiveserver2::Statement;
///
/// let statement = Statement::new("SELECT count(*) FROM sales")
///     .with_setting("hive.fetch.task.conversion", "none")
///     .with_timeout(Duration::from_secs(60));
/// assert_eq!(statement.sql(), "SELECT count(*) FROM sales");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(crate) sql: String,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) timeout: Option<Duration>,
}

impl Statement {
    /// A statement as it is. One statement, without a semicolon at its end.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), settings: BTreeMap::new(), timeout: None }
    }

    /// Sets a Hive configuration property while this statement runs.
    #[must_use]
    pub fn with_setting(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Lets the server stop the statement when it runs for longer. Counted in full seconds, rounded up.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The SQL text.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

impl From<&str> for Statement {
    fn from(sql: &str) -> Self {
        Self::new(sql)
    }
}

impl From<String> for Statement {
    fn from(sql: String) -> Self {
        Self::new(sql)
    }
}
