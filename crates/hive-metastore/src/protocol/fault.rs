//! What the metastore's exceptions mean: the only place that looks at their texts.

use crate::error::{Error, ErrorKind};

/// The exceptions that the calls declare, and the one for a call that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Meta,
    NoSuchObject,
    InvalidOperation,
    InvalidObject,
    AlreadyExists,
    UnknownDatabase,
    NoSuchLock,
    NoSuchTransaction,
    TransactionAborted,
    TransactionOpen,
    Application,
}

impl Fault {
    /// The error for an exception with that text, of a call that changes something or does not.
    pub(crate) fn error(self, text: &str, changes: bool) -> Error {
        let (kind, message, is_sure) = self.meaning(text);
        Error::new(kind, message).in_doubt(changes && !is_sure).with_context("server", text)
    }

    /// Kind, sentence, and whether the exception is proof that nothing was done.
    fn meaning(self, text: &str) -> (ErrorKind, &'static str, bool) {
        // HIVE-26882's own words, and those of Derby when it is asked to compare a CLOB with a text.
        if text.contains("The table has been modified") {
            let message = "Somebody else changed the table first, or the compared parameter is not there";
            return (ErrorKind::Modified, message, true);
        }
        if text.contains("42818") || text.contains("between 'CLOB") {
            let message = "The metastore's database cannot compare and swap, as Derby; take a lock instead";
            return (ErrorKind::Unsupported, message, true);
        }
        if ["AccessControlException", "Permission denied", "No privilege"]
            .iter()
            .any(|part| text.contains(part))
        {
            return (ErrorKind::PermissionDenied, "The metastore does not allow this user to do it", true);
        }
        match self {
            Self::NoSuchObject | Self::UnknownDatabase => {
                (ErrorKind::NotFound, "The metastore does not know the table or its database", true)
            }
            Self::AlreadyExists => (ErrorKind::AlreadyExists, "A table of that name is already there", true),
            Self::InvalidOperation if text.contains("doesn't exist") => {
                (ErrorKind::NotFound, "The table is not there any more", true)
            }
            Self::InvalidOperation | Self::InvalidObject => {
                (ErrorKind::Refused, "The metastore refuses the change", true)
            }
            Self::NoSuchLock | Self::NoSuchTransaction | Self::TransactionAborted | Self::TransactionOpen => {
                (ErrorKind::LockLost, "The lock is not held any more; take it again", true)
            }
            Self::Application if text.contains("Invalid method name") => {
                (ErrorKind::Unsupported, "This metastore does not know the call", true)
            }
            // Both also carry failures that come after the commit, such as those of a listener.
            Self::Meta | Self::Application => {
                (ErrorKind::Failed, "The metastore failed to carry out the call", false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_comparison_is_told_from_one_that_the_database_cannot_make() {
        let error =
            Fault::Meta.error("The table has been modified. The parameter value for key 'v' is '2'", true);
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Modified, false));
        let error = Fault::Meta.error("ERROR 42818: Comparisons between 'CLOB (UCS_BASIC)' and 'CLOB'", true);
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Unsupported, false));
    }

    #[test]
    fn only_an_unexplained_failure_of_a_change_is_in_doubt() {
        assert!(Fault::Meta.error("NullPointerException", true).is_in_doubt());
        assert!(!Fault::Meta.error("NullPointerException", false).is_in_doubt());
        assert!(!Fault::InvalidOperation.error("incompatible types", true).is_in_doubt());
        assert!(!Fault::Application.error("Invalid method name: 'x'", true).is_in_doubt());
    }
}
