//! What an error of S3 means for the caller.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use publish_core::{Error, ErrorKind, Location, Retry};

/// An answer as it came.
pub(super) type Raw = HttpResponse;

/// What a request does. It tells which right is missing when it is denied, and whether a lost answer leaves doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Head,
    Get,
    List,
    /// Everything that writes a file, to the last step of an upload.
    Put,
    Delete,
    ListUploads,
    AbortUpload,
}

impl Call {
    /// The right that it needs, as a policy names it.
    fn permission(self) -> &'static str {
        match self {
            Self::Head | Self::Get => "s3:GetObject",
            Self::List => "s3:ListBucket",
            Self::Put => "s3:PutObject",
            Self::Delete => "s3:DeleteObject",
            Self::ListUploads => "s3:ListBucketMultipartUploads",
            Self::AbortUpload => "s3:AbortMultipartUpload",
        }
    }
}

/// A request that failed: S3's code for it, where it gave one, and what it means.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) status: u16,
    pub(super) error: Error,
}

impl Refusal {
    /// Whether a condition of the request did not hold, such as that no such file is there.
    pub(super) fn is_condition(&self) -> bool {
        self.status == 412 || self.code == "PreconditionFailed"
    }

    /// Whether two writers of one name were in each other's way.
    pub(super) fn is_conflict(&self) -> bool {
        self.code == "ConditionalRequestConflict"
    }

    /// What it means to a caller.
    pub(super) fn into_error(self) -> Error {
        self.error
    }

    /// Whether the request may have been carried out although it failed.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.status >= 500 || self.error.retry() == Retry::InDoubt
    }
}

/// A failure before anything was sent.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { code: String::new(), status: 400, error }
    }
}

/// Maps the error of a request about `at`. No other place looks at an error of S3 to tell what it means to a caller.
pub(super) fn refusal<E>(error: &SdkError<E, Raw>, at: &Location, call: Call) -> Refusal
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
    let code = error.code().unwrap_or_default().to_owned();
    let (kind, retry, message) = match error {
        SdkError::ServiceError(_) => meaning(&code, status, call),
        other => unanswered(other, call),
    };
    let mut mapped = Error::new(kind, message).with_retry(retry).with_context("location", at);
    if kind == ErrorKind::PermissionDenied {
        mapped = mapped.with_context("permission", call.permission());
    }
    if let Some(raw) = error.raw_response() {
        if let Some(region) = bucket_region(raw) {
            mapped = mapped.with_context("bucket_region", region);
        }
        if let Some(id) = raw.headers().get("x-amz-request-id") {
            mapped = mapped.with_context("request_id", id);
        }
    }
    Refusal { error: mapped.with_source(told(error, &code, status)), code, status }
}

/// The refusal that S3 put into the answer to another request, such as one to delete many files.
pub(super) fn refusal_of_code(code: &str, text: &str, at: &Location, call: Call) -> Error {
    let (kind, retry, message) = meaning(code, 0, call);
    let mut mapped = Error::new(kind, message).with_retry(retry).with_context("location", at);
    if kind == ErrorKind::PermissionDenied {
        mapped = mapped.with_context("permission", call.permission());
    }
    mapped.with_source(format!("{code}: {text}"))
}

/// The region that an answer says the bucket is in.
pub(super) fn bucket_region(raw: &Raw) -> Option<String> {
    if let Some(region) = raw.headers().get("x-amz-bucket-region") {
        return Some(region.to_owned());
    }
    let body = std::str::from_utf8(raw.body().bytes()?).ok()?;
    let (region, _) = body.split_once("<Region>")?.1.split_once("</Region>")?;
    Some(region.to_owned())
}

/// What S3 said, or what became of the connection. The client's own text of an answer has all of it, also what was
/// signed.
fn told<E: ProvideErrorMetadata + std::error::Error + 'static>(
    error: &SdkError<E, Raw>,
    code: &str,
    status: u16,
) -> String {
    match (code, error.message()) {
        ("", _) if status != 0 => format!("HTTP status {status}"),
        ("", _) => {
            let mut texts = vec![error.to_string()];
            let mut next = std::error::Error::source(error);
            while let Some(cause) = next {
                texts.push(cause.to_string());
                next = cause.source();
            }
            texts.dedup();
            texts.join(": ")
        }
        (code, Some(text)) => format!("{code}: {text}"),
        (code, None) => code.to_owned(),
    }
}

type Meaning = (ErrorKind, Retry, &'static str);

/// What it means that there is no answer.
fn unanswered<E: std::error::Error + 'static>(error: &SdkError<E, Raw>, call: Call) -> Meaning {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(keys) = cause.downcast_ref::<CredentialsError>() {
            return without_keys(keys);
        }
        next = cause.source();
    }
    // Reading, listing and deleting twice does no more than once.
    let retry = if call == Call::Put { Retry::InDoubt } else { Retry::Safe };
    match error {
        SdkError::ConstructionFailure(_) => (
            ErrorKind::InvalidRequest,
            Retry::Never,
            "The request can't be made; check the address, the endpoint and the region",
        ),
        SdkError::TimeoutError(_) => (ErrorKind::TimedOut, retry, "S3 took too long; publish again"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (ErrorKind::TimedOut, retry, "S3 took too long; check the endpoint, or publish again")
        }
        _ => (
            ErrorKind::Unavailable,
            retry,
            "S3 can't be reached or the connection broke; check endpoint and region, or publish again",
        ),
    }
}

fn without_keys(error: &CredentialsError) -> Meaning {
    match error {
        CredentialsError::ProviderTimedOut(_) => (
            ErrorKind::TimedOut,
            Retry::Safe,
            "What gives the keys for S3 took too long; check the role or the profile, or publish again",
        ),
        _ => (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "There are no keys for S3; give access_key_id and secret_access_key, a profile, or the machine a role",
        ),
    }
}

/// What a code means; without one, as in the answer to a look that has no body, what the status means.
fn meaning(code: &str, status: u16, call: Call) -> Meaning {
    let never = |kind, message| (kind, Retry::Never, message);
    match code {
        "NoSuchBucket" => never(ErrorKind::NotFound, "There is no such bucket; correct the address"),
        "NoSuchKey" | "NotFound" => never(ErrorKind::NotFound, "There is no such file; correct the address"),
        "InvalidAccessKeyId" => never(
            ErrorKind::Unauthenticated,
            "S3 does not know this access key; correct access_key_id, or the endpoint it belongs to",
        ),
        "SignatureDoesNotMatch" => never(
            ErrorKind::Unauthenticated,
            "The secret is not that of the access key; correct secret_access_key",
        ),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => never(
            ErrorKind::Unauthenticated,
            "The temporary keys have expired; get new ones and publish again",
        ),
        "InvalidToken" | "InvalidClientTokenId" => never(
            ErrorKind::Unauthenticated,
            "The session token is not that of the keys; give the token that came with them",
        ),
        "RequestTimeTooSkewed" | "RequestExpired" => never(
            ErrorKind::Unauthenticated,
            "The clock of this machine is wrong by more than S3 allows; set it right",
        ),
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect" => never(
            ErrorKind::InvalidRequest,
            "The bucket is in another region, or not at this endpoint; set the region that S3 names",
        ),
        "InvalidBucketName" | "KeyTooLongError" | "InvalidURI" | "InvalidArgument" => {
            never(ErrorKind::InvalidRequest, "S3 allows no such name; correct the address")
        }
        "InvalidObjectState" => never(
            ErrorKind::Unsupported,
            "The file is archived; restore it to a class that can be read, then publish again",
        ),
        "NotImplemented" | "MethodNotAllowed" => never(
            ErrorKind::Unsupported,
            "This service does not know the request; it must support conditional writes and multipart uploads",
        ),
        "InvalidRange" => never(
            ErrorKind::BadData,
            "The file ends before the bytes that were asked for; it may have been cut off",
        ),
        "EntityTooLarge" => {
            never(ErrorKind::Unsupported, "The file grows larger than S3 allows; write smaller files")
        }
        "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch" => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "The bytes were damaged on their way to S3, which did not take them; publish again",
        ),
        "SlowDown"
        | "ServiceUnavailable"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "ConditionalRequestConflict"
        | "OperationAborted" => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "S3 is throttling; publish again later, or with fewer files at once",
        ),
        "RequestTimeout" => (ErrorKind::TimedOut, Retry::Safe, "S3 waited too long for bytes; publish again"),
        "PreconditionFailed" => condition_meaning(call),
        _ if code.starts_with("KMS.") => never(
            ErrorKind::PermissionDenied,
            "The key that encrypts the bucket can't be used; give these keys the right to it",
        ),
        _ if code.contains("AccessDenied") || code == "AllAccessDisabled" || code == "AccountProblem" => {
            denied()
        }
        _ => status_meaning(status, call),
    }
}

fn status_meaning(status: u16, call: Call) -> Meaning {
    let never = |kind, message| (kind, Retry::Never, message);
    match status {
        401 => never(ErrorKind::Unauthenticated, "S3 refused the keys; correct them"),
        403 => denied(),
        404 => never(ErrorKind::NotFound, "There is no such file or bucket; correct the address"),
        412 => condition_meaning(call),
        500.. => (
            ErrorKind::Unavailable,
            if call == Call::Put { Retry::InDoubt } else { Retry::Safe },
            "S3 has trouble of its own now; publish again",
        ),
        _ => never(ErrorKind::Unexpected, "S3 refused the request; its own words are the cause"),
    }
}

fn condition_meaning(call: Call) -> Meaning {
    if call == Call::Put {
        return (ErrorKind::AlreadyExists, Retry::Never, "A file is already there; choose another name");
    }
    (
        ErrorKind::BadData,
        Retry::Never,
        "The file was replaced while it was read; publish again when nobody writes to it",
    )
}

fn denied() -> Meaning {
    (
        ErrorKind::PermissionDenied,
        Retry::Never,
        "These keys may not do this; give them the permission, and s3:ListBucket so that a missing file is told as one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_can_mend_is_told_apart() {
        for (code, kind) in [
            ("NoSuchBucket", ErrorKind::NotFound),
            ("AccessDenied", ErrorKind::PermissionDenied),
            ("KMS.DisabledException", ErrorKind::PermissionDenied),
            ("ExpiredToken", ErrorKind::Unauthenticated),
            ("RequestTimeTooSkewed", ErrorKind::Unauthenticated),
            ("PermanentRedirect", ErrorKind::InvalidRequest),
            ("InvalidObjectState", ErrorKind::Unsupported),
        ] {
            let (seen, retry, _) = meaning(code, 0, Call::Get);
            assert_eq!((seen, retry), (kind, Retry::Never), "{code}");
        }
    }

    #[test]
    fn what_passes_by_itself_may_be_tried_again() {
        for code in ["SlowDown", "ServiceUnavailable", "RequestTimeout", "BadDigest"] {
            assert_eq!(meaning(code, 503, Call::Put).1, Retry::Safe, "{code}");
        }
        assert_eq!(meaning("InternalError", 500, Call::Get).1, Retry::Safe);
        assert_eq!(meaning("InternalError", 500, Call::Put).1, Retry::InDoubt);
    }

    #[test]
    fn a_status_speaks_where_there_is_no_code() {
        assert_eq!(meaning("", 404, Call::Head).0, ErrorKind::NotFound);
        assert_eq!(meaning("", 403, Call::Head).0, ErrorKind::PermissionDenied);
        assert_eq!(meaning("", 412, Call::Put).0, ErrorKind::AlreadyExists);
        assert_eq!(meaning("", 412, Call::Get).0, ErrorKind::BadData);
    }

    #[test]
    fn a_write_that_was_never_sent_is_not_in_doubt() {
        use aws_sdk_s3::operation::put_object::PutObjectError;

        let at = Location::parse("s3://b/k").unwrap();
        let keyless =
            SdkError::<PutObjectError, Raw>::construction_failure(CredentialsError::not_loaded("none"));
        let refused = refusal(&keyless, &at, Call::Put);
        assert_eq!((refused.error.kind(), refused.is_in_doubt()), (ErrorKind::Unauthenticated, false));
        let lost = SdkError::<PutObjectError, Raw>::timeout_error("no answer");
        assert!(refusal(&lost, &at, Call::Put).is_in_doubt());
    }

    #[test]
    fn a_denied_call_names_the_right() {
        let at = Location::parse("s3://b/k").unwrap();
        let error = refusal_of_code("AccessDenied", "no", &at, Call::Delete);
        assert!(error.context().contains(&("permission", "s3:DeleteObject".to_owned())));
    }
}
