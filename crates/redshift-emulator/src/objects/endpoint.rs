//! An S3 endpoint, asked over HTTP with signed links.

use std::io::Read;
use std::time::Duration;

use rusty_s3::actions::{ListObjectsV2, S3Action};
use rusty_s3::{Bucket, Credentials as Keys, UrlStyle};
use ureq::Agent;

use crate::objects::{Access, Credentials, Object, ObjectEntry, ObjectError, ObjectErrorKind, ObjectStore};

const LINK_LIFE: Duration = Duration::from_secs(900);
/// The longest page of a list and the longest error text that are read.
const TEXT_LIMIT: u64 = 16 << 20;

/// Reads buckets of an S3 endpoint in the path style (`http://host:port/bucket/key`).
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

    fn get(&self, url: &str) -> Result<ureq::http::Response<ureq::Body>, ObjectError> {
        let response =
            self.agent.get(url).call().map_err(|error| other(&format!("The endpoint fails: {error}")))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response))
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
            let text = read_text(self.get(action.sign(LINK_LIFE).as_str())?)?;
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
        let response = self.get(bucket.get_object(keys.as_ref(), key).sign(LINK_LIFE).as_str())?;
        let body = response.into_body();
        let size = body.content_length();
        Ok(Object::new(size, body.into_reader()))
    }
}

fn read_text(response: ureq::http::Response<ureq::Body>) -> Result<String, ObjectError> {
    let mut text = String::new();
    let mut reader = response.into_body().into_reader().take(TEXT_LIMIT);
    reader.read_to_string(&mut text).map_err(|error| other(&format!("The endpoint fails: {error}")))?;
    Ok(text)
}

fn refusal(response: ureq::http::Response<ureq::Body>) -> ObjectError {
    let status = response.status().as_u16();
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
