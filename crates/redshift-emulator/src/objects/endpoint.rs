//! An S3 endpoint, asked over HTTP with signed links.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use rusty_s3::actions::{ListObjectsV2, S3Action};
use rusty_s3::{Bucket, Credentials as Keys, UrlStyle};
use ureq::Agent;

use crate::objects::ranged::RangedBody;
use crate::objects::{Access, Credentials, Object, ObjectEntry, ObjectError, ObjectErrorKind, ObjectStore};

const LINK_LIFE: Duration = Duration::from_secs(900);
/// The longest page of a list and the longest error text that are read.
const TEXT_LIMIT: u64 = 16 << 20;
/// A request is tried this often; the pauses grow to twice the one before.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// What S3 says of a bucket in another region.
const ELSEWHERE: &str = "The bucket you are attempting to access must be addressed using the specified endpoint. Please \
                         send all future requests to this endpoint.";

/// Reads buckets of an S3 endpoint in the path style (`http://host:port/bucket/key`).
///
/// Objects are read in parts by ranges, one part ahead; a request that S3 is too busy for or that breaks off is tried
/// again, as the service does (it goes on for longer).
///
/// Keys of the COPY sign the requests, so an endpoint that checks keys refuses wrong ones. A COPY with a role uses the
/// keys given by [`Self::with_role_credentials`], as there is no IAM here.
#[derive(Clone, Debug)]
pub struct EndpointStore {
    endpoint: String,
    region: String,
    role: Option<Credentials>,
    agent: Agent,
}

impl EndpointStore {
    /// A store at a URL, in the region `us-east-1`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .build();
        Self {
            endpoint: endpoint.into(),
            region: "us-east-1".to_owned(),
            role: None,
            agent: Agent::new_with_config(config),
        }
    }

    /// Sets the region of the cluster, which COPY's REGION overrides.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Sets the keys that stand for every IAM role.
    #[must_use]
    pub fn with_role_credentials(mut self, credentials: Credentials) -> Self {
        self.role = Some(credentials);
        self
    }

    fn bucket(&self, access: &Access, bucket: &str) -> Result<Bucket, ObjectError> {
        let url = self.endpoint.parse().map_err(|_| other("The endpoint is not a URL"))?;
        let region = access.region.clone().unwrap_or_else(|| self.region.clone());
        Bucket::new(url, UrlStyle::Path, bucket.to_owned(), region)
            .map_err(|_| other("The bucket's name is not possible"))
    }

    fn keys(&self, access: &Access) -> Option<Keys> {
        let keys = access.credentials.as_ref().or(self.role.as_ref())?;
        Some(match &keys.token {
            Some(token) => Keys::new_with_token(&keys.key_id, &keys.secret, token),
            None => Keys::new(&keys.key_id, &keys.secret),
        })
    }

    /// Asks again, after a while, where S3 says that it is busy or the connection breaks.
    fn retry<Answer>(&self, mut ask: impl FnMut() -> Result<Answer, Attempt>) -> Result<Answer, ObjectError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(Attempt::Final(error)) => return Err(error),
                Err(Attempt::Again(error)) => {
                    tracing::debug!(error = %error, "the endpoint is asked again");
                    std::thread::sleep(pause);
                    pause *= 2;
                }
            }
        }
        ask().map_err(|attempt| match attempt {
            Attempt::Final(error) | Attempt::Again(error) => error,
        })
    }

    /// Gets a link, or a part of what it leads to.
    fn get(&self, url: &str, range: Option<(u64, u64)>) -> Result<Response, Attempt> {
        let mut request = self.agent.get(url);
        if let Some((start, length)) = range {
            request = request.header("Range", format!("bytes={start}-{}", start + length - 1));
        }
        answered(request.call())
    }

    fn get_text(&self, url: &str) -> Result<String, Attempt> {
        read_text(self.get(url, None)?)
    }

    fn get_part(&self, url: &str, start: u64, length: u64) -> Result<Bytes, Attempt> {
        let mut part = Vec::with_capacity(length as usize);
        let response = self.get(url, Some((start, length)))?;
        let mut reader = response.into_body().into_reader().take(length);
        reader.read_to_end(&mut part).map_err(|error| broken(&error))?;
        if part.len() as u64 != length {
            return Err(Attempt::Again(other("The endpoint breaks off in the middle of an object")));
        }
        Ok(part.into())
    }

    fn size(&self, bucket: &Bucket, keys: Option<&Keys>, key: &str) -> Result<u64, ObjectError> {
        let url = bucket.head_object(keys, key).sign(LINK_LIFE);
        let response = self.retry(|| answered(self.agent.head(url.as_str()).call()))?;
        let length = response.headers().get("content-length").and_then(|value| value.to_str().ok());
        length
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| other("The size of an object isn't known"))
    }
}

impl ObjectStore for EndpointStore {
    fn list(&self, access: &Access, bucket: &str, prefix: &str) -> Result<Vec<ObjectEntry>, ObjectError> {
        let bucket = self.bucket(access, bucket)?;
        let keys = self.keys(access);
        let mut entries = Vec::new();
        let mut token = None;
        loop {
            let mut action = ListObjectsV2::new(&bucket, keys.as_ref());
            action.with_prefix(prefix.to_owned());
            if let Some(token) = token.take() {
                action.with_continuation_token(token);
            }
            let url = action.sign(LINK_LIFE);
            let text = self.retry(|| self.get_text(url.as_str()))?;
            let page = ListObjectsV2::parse_response(&text)
                .map_err(|_| other("The endpoint's list of objects can't be read"))?;
            entries.extend(
                page.contents
                    .into_iter()
                    .map(|object| ObjectEntry::new(object.key, object.size.unwrap_or_default())),
            );
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(entries);
            }
        }
    }

    fn open(&self, access: &Access, bucket: &str, key: &str) -> Result<Object, ObjectError> {
        let bucket = self.bucket(access, bucket)?;
        let keys = self.keys(access);
        let size = self.size(&bucket, keys.as_ref(), key)?;
        let (store, key) = (self.clone(), key.to_owned());
        let body = RangedBody::new(size, move |start, length| {
            // Signed for each part: a long load outlives a link.
            let url = bucket.get_object(keys.as_ref(), &key).sign(LINK_LIFE);
            store.retry(|| store.get_part(url.as_str(), start, length)).map_err(io::Error::other)
        });
        Ok(Object::new(Some(size), body))
    }

    fn read_range(
        &self,
        access: &Access,
        bucket: &str,
        key: &str,
        start: u64,
        length: u64,
    ) -> Result<Bytes, ObjectError> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let bucket = self.bucket(access, bucket)?;
        let url = bucket.get_object(self.keys(access).as_ref(), key).sign(LINK_LIFE);
        self.retry(|| self.get_part(url.as_str(), start, length))
    }

    fn put(&self, access: &Access, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectError> {
        let bucket = self.bucket(access, bucket)?;
        let url = bucket.put_object(self.keys(access).as_ref(), key).sign(LINK_LIFE);
        self.retry(|| answered(self.agent.put(url.as_str()).send(&body[..]))).map(drop)
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// Why a request has no answer.
#[derive(Debug)]
enum Attempt {
    /// Asking again may help.
    Again(ObjectError),
    Final(ObjectError),
}

fn answered(result: Result<Response, ureq::Error>) -> Result<Response, Attempt> {
    let response = result.map_err(|error| broken(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let may_pass = status.is_server_error() || status.as_u16() == 429;
    let error = refusal(response);
    Err(if may_pass { Attempt::Again(error) } else { Attempt::Final(error) })
}

fn broken(error: &dyn std::error::Error) -> Attempt {
    Attempt::Again(other(&format!("The endpoint fails: {error}")))
}

fn read_text(response: Response) -> Result<String, Attempt> {
    let mut text = String::new();
    let mut reader = response.into_body().into_reader().take(TEXT_LIMIT);
    reader.read_to_string(&mut text).map_err(|error| broken(&error))?;
    Ok(text)
}

fn refusal(response: Response) -> ObjectError {
    let status = response.status().as_u16();
    // An answer to a request that was signed for another region names the bucket's own.
    if matches!(status, 301 | 307 | 400) && response.headers().contains_key("x-amz-bucket-region") {
        return ObjectError::new(ObjectErrorKind::Other, "PermanentRedirect", ELSEWHERE).with_status(301);
    }
    let text = read_text(response).unwrap_or_default();
    let kind = match status {
        404 => ObjectErrorKind::NotFound,
        401 | 403 => ObjectErrorKind::Denied,
        _ => ObjectErrorKind::Other,
    };
    let code = element(&text, "Code").unwrap_or(match kind {
        ObjectErrorKind::NotFound => "NoSuchKey",
        ObjectErrorKind::Denied => "AccessDenied",
        ObjectErrorKind::Other => "InternalError",
    });
    ObjectError::new(kind, code, element(&text, "Message").unwrap_or("The request is refused"))
        .with_status(status)
}

/// The text of the first element with a name; enough for S3's flat error bodies.
fn element<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    let rest = text.split_once(&format!("<{name}>"))?.1;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn other(message: &str) -> ObjectError {
    ObjectError::new(ObjectErrorKind::Other, "InternalError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_refusal_is_read() {
        let body = "<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
        assert_eq!(element(body, "Code"), Some("SlowDown"));
        assert_eq!(element(body, "Message"), Some("Reduce your rate"));
        assert_eq!(element("", "Code"), None);
    }
}
