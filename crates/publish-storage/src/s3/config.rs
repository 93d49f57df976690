//! How S3 is reached.

use std::path::PathBuf;
use std::time::Duration;

use publish_core::{Error, ErrorKind, Result, Secret};

/// Smallest part that S3 takes, but for the last of an object.
const MIN_PART_SIZE: usize = 5 * 1024 * 1024;

/// How S3 is reached. What is not set comes from where Amazon's own clients take it: the environment, the files of
/// `~/.aws`, the role of the container or the machine.
///
/// ```
/// use publish_core::Secret;
/// use publish_storage::{S3Config, S3Storage};
///
/// let config = S3Config::default()
///     .with_keys("AKIDEXAMPLE", Secret::new("example"))
///     .with_region("eu-central-1")
///     .with_endpoint("https://s3.example.com");
/// let storage = S3Storage::new(config)?;
/// # Ok::<(), publish_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct S3Config {
    /// The access key. Default: the chain of Amazon's clients (`AWS_ACCESS_KEY_ID`, profile, web identity, container,
    /// machine).
    pub access_key_id: Option<String>,
    /// The secret of the access key.
    pub secret_access_key: Option<Secret>,
    /// The token of temporary keys.
    pub session_token: Option<Secret>,
    /// The profile of `~/.aws/config` and `~/.aws/credentials`. Default: `AWS_PROFILE`, or `default`.
    pub profile: Option<String>,
    /// The region. Default: `AWS_REGION`, that of the profile, or `us-east-1`. A bucket of another region is found
    /// anyway, at the price of one request.
    pub region: Option<String>,
    /// The address of a service that speaks S3's protocol, such as `http://127.0.0.1:9000`. Default: Amazon's.
    pub endpoint: Option<String>,
    /// Whether the bucket is in the path of addresses instead of the host's name. Default: only with an endpoint.
    pub path_style: Option<bool>,
    /// A role to take on with the keys found, as its ARN.
    pub role_arn: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// The address of the security token service that gives the role's keys. Default: Amazon's in the region.
    pub sts_endpoint: Option<String>,
    /// Certificates to trust beside the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Bytes of a part of a large file. A file has up to 10,000 parts. Amazon takes parts of 5 MiB and more, another
    /// service may take smaller ones. Default: 16 MiB.
    pub part_size: usize,
    /// Parts of one file that are sent at once. One file holds up to one part more in memory. Default: 4.
    pub lanes: usize,
    /// How often a request is made before its failure is told. Default: 8.
    pub max_attempts: u32,
    /// The longest wait before a second attempt; it doubles with each further one. Default: half a second.
    pub first_wait: Duration,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            profile: None,
            region: None,
            endpoint: None,
            path_style: None,
            role_arn: None,
            external_id: None,
            sts_endpoint: None,
            ca_file: None,
            part_size: 16 * 1024 * 1024,
            lanes: 4,
            max_attempts: 8,
            first_wait: Duration::from_millis(500),
        }
    }
}

impl S3Config {
    /// Signs with these keys.
    #[must_use]
    pub fn with_keys(mut self, access_key_id: impl Into<String>, secret_access_key: Secret) -> Self {
        self.access_key_id = Some(access_key_id.into());
        self.secret_access_key = Some(secret_access_key);
        self
    }

    /// Sends the token of temporary keys.
    #[must_use]
    pub fn with_session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Takes keys and region from this profile.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// Signs for this region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Asks this service.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Puts the bucket into the path, or into the host's name.
    #[must_use]
    pub fn with_path_style(mut self, path_style: bool) -> Self {
        self.path_style = Some(path_style);
        self
    }

    /// Takes on this role.
    #[must_use]
    pub fn with_role(mut self, arn: impl Into<String>) -> Self {
        self.role_arn = Some(arn.into());
        self
    }

    /// Trusts the certificates of this PEM file, too.
    #[must_use]
    pub fn with_ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// Sends large files in parts of this size.
    #[must_use]
    pub fn with_part_size(mut self, bytes: usize) -> Self {
        self.part_size = bytes;
        self
    }

    /// Makes a request so often before its failure is told.
    #[must_use]
    pub fn with_max_attempts(mut self, count: u32) -> Self {
        self.max_attempts = count;
        self
    }

    /// Waits up to this long before a second attempt.
    #[must_use]
    pub fn with_first_wait(mut self, time: Duration) -> Self {
        self.first_wait = time;
        self
    }

    /// Checks what can be checked without asking S3.
    pub(super) fn checked(self) -> Result<Self> {
        let invalid = |message| Err(Error::new(ErrorKind::InvalidRequest, message));
        if self.access_key_id.is_some() != self.secret_access_key.is_some() {
            return invalid(
                "An access key and its secret go together; give access_key_id and secret_access_key",
            );
        }
        if self.session_token.is_some() && self.access_key_id.is_none() {
            return invalid("A session token belongs to keys; give access_key_id and secret_access_key too");
        }
        if self.profile.is_some() && self.access_key_id.is_some() {
            return invalid("Keys come from the settings or from a profile; leave one of them out");
        }
        if self.external_id.is_some() && self.role_arn.is_none() {
            return invalid("An external id belongs to a role; give role_arn too");
        }
        if self.role_arn.as_deref().is_some_and(|arn| !arn.starts_with("arn:") || !arn.contains(":role/")) {
            return invalid("A role is given as its ARN, such as arn:aws:iam::123456789012:role/loader");
        }
        for endpoint in [&self.endpoint, &self.sts_endpoint].into_iter().flatten() {
            let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
            if host.is_none_or(str::is_empty) {
                return invalid(
                    "An endpoint starts with https:// or http://, such as https://s3.example.com",
                )
                .map_err(|error: Error| error.with_context("endpoint", endpoint));
            }
        }
        if self.region.as_deref() == Some("") {
            return invalid("The region has no name; give one, such as eu-central-1, or leave it out");
        }
        if self.part_size < MIN_PART_SIZE && self.endpoint.is_none() || self.part_size == 0 {
            return invalid("Parts are too small for S3; set a part size of 5 MiB or more");
        }
        if self.lanes == 0 || self.max_attempts == 0 {
            return invalid("One lane and one attempt is the least; set larger numbers");
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: S3Config) -> String {
        let error = config.checked().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        error.message().to_owned()
    }

    #[test]
    fn keys_go_together() {
        let whole = S3Config::default().with_keys("AK", Secret::new("canary"));
        let half = S3Config { secret_access_key: None, ..whole.clone() };
        assert!(refused(half).starts_with("An access key and its secret go together"));
        let token = S3Config::default().with_session_token(Secret::new("canary"));
        assert!(refused(token).starts_with("A session token belongs to keys"));
        assert!(refused(whole.clone().with_profile("p")).starts_with("Keys come from the settings"));
        assert!(whole.checked().is_ok());
    }

    #[test]
    fn addresses_are_checked() {
        for endpoint in ["s3.example.com", "https://", "ftp://x"] {
            assert!(refused(S3Config::default().with_endpoint(endpoint)).starts_with("An endpoint"));
        }
        assert!(refused(S3Config::default().with_role("loader")).starts_with("A role is given as its ARN"));
        assert!(refused(S3Config::default().with_region("")).starts_with("The region has no name"));
        assert!(refused(S3Config::default().with_part_size(1)).starts_with("Parts are too small"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = S3Config::default()
            .with_keys("AK", Secret::new("canary-secret"))
            .with_session_token(Secret::new("canary-token"));
        assert!(!format!("{config:?}").contains("canary"));
    }
}
