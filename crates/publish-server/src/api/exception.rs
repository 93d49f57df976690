//! Errors as the contract writes them: `{"exception": {"name", "message", "details"}}`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use publish_core::{Error, ErrorKind};
use serde_json::json;

/// An error on its way to the caller.
///
/// It holds sentences for people and never a secret. What a caller can't act on stays in the log: the answer then points
/// to it by the request's id.
#[derive(Debug)]
pub struct Exception {
    status: StatusCode,
    name: &'static str,
    message: String,
    details: String,
    /// Few, so that an error stays small.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Exception {
    /// The request is wrong; `details` say what is right.
    pub fn invalid(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationFailed", "Input validation failed", details)
    }

    /// The address names something that is not there.
    pub fn not_found(details: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            "There is nothing of this id or at this address",
            details,
        )
    }

    /// Any other error.
    pub fn new(
        status: StatusCode,
        name: &'static str,
        message: impl Into<String>,
        details: impl Into<String>,
    ) -> Self {
        Self { status, name, message: message.into(), details: details.into(), headers: Vec::new() }
    }

    /// The usual words for a status that somebody else decided on.
    pub fn of_status(status: StatusCode, details: impl Into<String>) -> Self {
        let (name, message) = words(status);
        Self::new(status, name, message, details)
    }

    /// Adds a header to the answer, such as `Retry-After`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong, for logs and tests.
    pub fn details(&self) -> &str {
        &self.details
    }

    /// What a wrong request, connection or result file means for the caller. The target's or storage's own refusal of
    /// the connection's credentials is a mistake in the connection: 401 and 403 are about the caller's.
    fn of_kind(kind: ErrorKind) -> StatusCode {
        match kind {
            ErrorKind::Busy | ErrorKind::StalePlan => StatusCode::CONFLICT,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            ErrorKind::InvalidRequest
            | ErrorKind::Unsupported
            | ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::SchemaMismatch
            | ErrorKind::BadData
            | ErrorKind::Unauthenticated
            | ErrorKind::PermissionDenied => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Error> for Exception {
    fn from(error: Error) -> Self {
        let status = Self::of_kind(error.kind());
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(?error, "a request failed");
            return Self::of_status(status, "");
        }
        tracing::debug!(?error, %status, "a request was refused");
        Self::of_status(status, sentence(&error))
    }
}

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let details = if self.details.is_empty() && self.status.is_server_error() {
            "The server's log tells more under the request id of this answer"
        } else {
            &self.details
        };
        let exception = json!({"name": self.name, "message": self.message, "details": details});
        let mut response = (self.status, Json(json!({"exception": exception}))).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

/// An error in one line, with the causes that say more.
pub(crate) fn sentence(error: &Error) -> String {
    let mut line = error.message().to_owned();
    for (at, (key, value)) in error.context().iter().enumerate() {
        line.push_str(if at == 0 { " (" } else { ", " });
        line.push_str(key);
        line.push_str(": ");
        line.push_str(value);
    }
    if !error.context().is_empty() {
        line.push(')');
    }
    for cause in error.causes() {
        if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}

/// The exception's name and message for a status.
fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("ValidationFailed", "Input validation failed"),
        StatusCode::UNAUTHORIZED => ("Unauthorized", "The request carries no credentials that are known"),
        StatusCode::FORBIDDEN => ("Forbidden", "The credentials do not allow this"),
        StatusCode::NOT_FOUND => ("NotFound", "There is nothing of this id or at this address"),
        StatusCode::METHOD_NOT_ALLOWED => ("MethodNotAllowed", "The address does not know this method"),
        StatusCode::REQUEST_TIMEOUT => ("RequestTimeout", "The request did not arrive in time"),
        StatusCode::CONFLICT => ("Conflict", "Something else is at work here; send it again later"),
        StatusCode::PAYLOAD_TOO_LARGE => ("PayloadTooLarge", "The body is too large"),
        StatusCode::URI_TOO_LONG => ("UriTooLong", "The address is too long"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("UnsupportedMediaType", "The body is not of a type that is read")
        }
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "Too many requests; wait a little"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("HeadersTooLarge", "The headers are too large"),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("ServiceUnavailable", "Something that is needed can't be reached now")
        }
        StatusCode::GATEWAY_TIMEOUT => ("Timeout", "Something that is needed took too long"),
        status if status.is_client_error() => ("BadRequest", "The request can't be answered"),
        _ => ("InternalServerError", "The server made a mistake"),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::Value;

    use super::*;

    async fn shown(exception: Exception) -> (StatusCode, Value) {
        let response = exception.into_response();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_refusal_has_the_contracts_shape_and_says_why() {
        let error = Error::new(ErrorKind::NotFound, "The table does not exist; use createAndLoad to make it")
            .with_context("table", "db.t")
            .with_source(std::io::Error::other("no such table"));
        let (status, body) = shown(error.into()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            body,
            json!({"exception": {
                "name": "ValidationFailed",
                "message": "Input validation failed",
                "details": "The table does not exist; use createAndLoad to make it (table: db.t): no such table",
            }})
        );
    }

    #[tokio::test]
    async fn an_error_that_nobody_expected_is_told_in_the_log_alone() {
        let error = Error::new(ErrorKind::Unexpected, "inner words").with_context("row", "inner value");
        let (status, body) = shown(error.into()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.to_string().contains("inner"), "{body}");
        assert!(body["exception"]["details"].as_str().unwrap().contains("request id"), "{body}");
    }

    #[test]
    fn a_refusal_by_the_warehouse_is_not_taken_for_one_of_the_callers_credentials() {
        for kind in [ErrorKind::Unauthenticated, ErrorKind::PermissionDenied] {
            assert_eq!(Exception::from(Error::new(kind, "No")).status(), StatusCode::BAD_REQUEST);
        }
        assert_eq!(Exception::from(Error::new(ErrorKind::Busy, "No")).status(), StatusCode::CONFLICT);
    }
}
