//! What the service's errors mean for the caller.

use std::fmt;

use publish_core::{Error, ErrorKind, Retry, Secret};

/// An error of the service as it was told, with secrets taken out. The source of our own error.
#[derive(Clone, Debug)]
pub(crate) struct ServerError {
    /// SQLSTATE.
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) detail: String,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

/// Takes secrets out of texts that come from elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redactor(Vec<Secret>);

impl Redactor {
    pub(crate) fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.expose().is_empty()).collect())
    }

    /// The same with more secrets.
    pub(crate) fn and(&self, more: impl IntoIterator<Item = Secret>) -> Self {
        Self::new(self.0.iter().cloned().chain(more).collect())
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "(secret)"))
    }
}

/// Translates an error of a statement or a connection. One that breaks the connection says that the work was not done:
/// whoever sent a `COMMIT` knows better, see [`commit_error`].
pub(crate) fn redshift_error(error: &tokio_postgres::Error, redactor: &Redactor) -> Error {
    let Some(told) = error.as_db_error() else { return connection_error(error, redactor) };
    let server = ServerError {
        code: told.code().code().to_owned(),
        message: redactor.redact(told.message()),
        detail: redactor.redact(told.detail().unwrap_or_default()),
    };
    server_error(server)
}

/// Translates what the service told.
pub(crate) fn server_error(server: ServerError) -> Error {
    let (kind, retry, sentence) = meaning(&server);
    Error::new(kind, sentence).with_retry(retry).with_context("server", &server).with_source(server)
}

/// Translates an error of `COMMIT`: an answer that got lost leaves open whether it happened.
pub(crate) fn commit_error(error: Error, is_told: bool) -> Error {
    if is_told { error } else { error.with_retry(Retry::InDoubt) }
}

/// Whether the error is the service's own word, and not a lost connection.
pub(crate) fn is_told(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some()
}

fn connection_error(error: &tokio_postgres::Error, redactor: &Redactor) -> Error {
    let mut words = vec![redactor.redact(&error.to_string())];
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        words.push(redactor.redact(&cause.to_string()));
        next = cause.source();
    }
    words.dedup();
    let text = words.join(": ");
    let has = |part: &str| text.contains(part);
    let (kind, retry, sentence) = if has("unknown authentication tag `13`") {
        (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "The server asks for a SHA-256 password in a form of its own, which this client does not speak; give the \
             user an md5 password (ALTER USER .. PASSWORD 'md5..'), or log in by IAM",
        )
    } else if has("unknown authentication tag `14`") {
        (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "The server asks for the token of an identity provider, which this client does not have; log in with a \
             password or by IAM",
        )
    } else if has("server does not support TLS") {
        (
            ErrorKind::Unavailable,
            Retry::Never,
            "The server does not encrypt; correct host and port, or set `sslmode` to disable where that is meant",
        )
    } else if has("TLS handshake") || has("certificate") {
        (
            ErrorKind::Unavailable,
            Retry::Never,
            "The server's certificate is not trusted; give the authority as `ca_file` or the certificate's fingerprint \
             as `pinned_certificate`",
        )
    } else if has("authentication") || has("password missing") {
        (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "The server asks for a login that this client does not have; see the cause",
        )
    } else {
        (
            ErrorKind::Unavailable,
            Retry::Safe,
            "The connection to the server failed or was lost; look at host, port and network",
        )
    };
    Error::new(kind, sentence).with_retry(retry).with_context("cause", text)
}

/// The one place where the service's codes and texts are looked at.
fn meaning(server: &ServerError) -> (ErrorKind, Retry, &'static str) {
    let lower = format!("{} {}", server.message, server.detail).to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    // Texts come first: the service tells most things of its own under the one code XX000.
    if server.message.trim() == "1023" || has("serializable isolation violation") {
        return (
            ErrorKind::StalePlan,
            Retry::Safe,
            "The transaction crossed another one (serializable isolation violation); it is tried again as a whole",
        );
    }
    if has("conflict with concurrent transaction") || has("could not serialize access") {
        return (
            ErrorKind::StalePlan,
            Retry::Safe,
            "The transaction crossed another one; it is tried again as a whole",
        );
    }
    if has("dropped by concurrent transaction") {
        return (
            ErrorKind::StalePlan,
            Retry::Safe,
            "The table was dropped or replaced by another transaction; it is planned again",
        );
    }
    if has("slowdown") || has("slow down") || has("503 service unavailable") || has("serviceunavailable") {
        return (ErrorKind::Unavailable, Retry::Safe, "S3 asked COPY to slow down; it is tried again");
    }
    if has("spectrum scan error") {
        return (
            ErrorKind::BadData,
            Retry::Never,
            "COPY could not read a Parquet file (Spectrum Scan Error): a value is longer than its column, or a column of \
             the file is of another type than the table's; compare both, or set the option `load` to staged",
        );
    }
    if has("accessdenied") || has("access denied") || has("not authorized to assume") || has("403 forbidden")
    {
        return (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "COPY may not read the files; let its role or keys read (s3:GetObject, s3:ListBucket) results and staging",
        );
    }
    if has("expiredtoken")
        || has("token has expired")
        || has("invalidaccesskeyid")
        || has("signaturedoesnotmatch")
    {
        return (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "COPY's keys are wrong or have run out; renew them, or use a role",
        );
    }
    if has("permanentredirect")
        || has("different region")
        || has("must be addressed using the specified endpoint")
    {
        return (
            ErrorKind::InvalidRequest,
            Retry::Never,
            "The files are in another region than the cluster; set `region` (Parquet files must be in the cluster's own)",
        );
    }
    if has("nosuchkey") || has("specified s3 prefix") {
        return (
            ErrorKind::NotFound,
            Retry::Never,
            "A file to load is not there any more; publish again once the results are complete",
        );
    }
    match server.code.as_str() {
        "40P01" => (
            ErrorKind::StalePlan,
            Retry::Safe,
            "The transaction was given up in a deadlock; it is tried again",
        ),
        "40001" => (
            ErrorKind::StalePlan,
            Retry::Safe,
            "The transaction crossed another one; it is tried again as a whole",
        ),
        "28000" | "28P01" => (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "The server refused the login; correct user and password",
        ),
        "42501" => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "The user may not do this; grant it the right, see the server's words",
        ),
        "3D000" => {
            (ErrorKind::InvalidRequest, Retry::Never, "There is no such database; correct the connection")
        }
        "3F000" => {
            (ErrorKind::NotFound, Retry::Never, "There is no such schema; make it, or correct its name")
        }
        "42P01" => (ErrorKind::StalePlan, Retry::Safe, "A table is not there any more; it is planned again"),
        "42P07" => (
            ErrorKind::StalePlan,
            Retry::Safe,
            "A table of this name was made meanwhile; it is planned again",
        ),
        "57014" => (ErrorKind::Cancelled, Retry::Safe, "The statement was stopped"),
        "57P01" | "57P02" | "57P03" | "53300" | "08006" | "08001" | "08003" => {
            (ErrorKind::Unavailable, Retry::Safe, "The server is restarting, full or gone; it is tried again")
        }
        "53100" | "53200" | "53000" => (
            ErrorKind::Unavailable,
            Retry::Never,
            "The cluster is out of disk or memory; make room and publish again",
        ),
        "2BP01" => (
            ErrorKind::SchemaMismatch,
            Retry::Never,
            "Something depends on the table; drop it first, or set the option `views`",
        ),
        "22001" | "22003" | "22007" | "22008" | "22P02" | "23502" => {
            (ErrorKind::BadData, Retry::Never, "A value does not fit its column; see the server's words")
        }
        _ => (ErrorKind::Unexpected, Retry::Never, "The server refused a statement; see its words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str, message: &str) -> Error {
        server_error(ServerError {
            code: code.to_owned(),
            message: message.to_owned(),
            detail: String::new(),
        })
    }

    #[test]
    fn each_failure_is_told_by_what_to_do_next() {
        for (code, message, kind, retry) in [
            ("XX000", "1023", ErrorKind::StalePlan, Retry::Safe),
            (
                "XX000",
                "Serializable isolation violation on table - 1, transactions",
                ErrorKind::StalePlan,
                Retry::Safe,
            ),
            (
                "XX000",
                "could not complete because of conflict with concurrent transaction",
                ErrorKind::StalePlan,
                Retry::Safe,
            ),
            ("XX000", "table 1 dropped by concurrent transaction", ErrorKind::StalePlan, Retry::Safe),
            ("40P01", "deadlock detected", ErrorKind::StalePlan, Retry::Safe),
            (
                "XX000",
                "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown",
                ErrorKind::Unavailable,
                Retry::Safe,
            ),
            (
                "XX000",
                "S3ServiceException:Access Denied,Status 403,Error AccessDenied",
                ErrorKind::PermissionDenied,
                Retry::Never,
            ),
            ("XX000", "Spectrum Scan Error", ErrorKind::BadData, Retry::Never),
            ("28P01", "password authentication failed", ErrorKind::Unauthenticated, Retry::Never),
            ("42501", "permission denied for schema publish", ErrorKind::PermissionDenied, Retry::Never),
            ("57014", "Query cancelled on user's request", ErrorKind::Cancelled, Retry::Safe),
            (
                "2BP01",
                "cannot drop table t because other objects depend on it",
                ErrorKind::SchemaMismatch,
                Retry::Never,
            ),
            ("42601", "syntax error", ErrorKind::Unexpected, Retry::Never),
        ] {
            let error = of(code, message);
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{message}");
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn secrets_are_taken_out_of_what_the_server_says() {
        let redactor = Redactor::new(vec![Secret::new("canary"), Secret::new("")]);
        assert_eq!(redactor.redact("key 'canary' is bad"), "key '(secret)' is bad");
        assert_eq!(redactor.and([Secret::new("key")]).redact("key canary"), "(secret) (secret)");
        assert!(!format!("{redactor:?}").contains("canary"));
    }
}
