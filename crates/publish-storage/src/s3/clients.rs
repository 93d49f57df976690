//! Clients of S3: one for all buckets, and one for each bucket of another region.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, SharedHttpClient};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use publish_core::{Error, ErrorKind, Location, Result};
use tokio::sync::OnceCell;

use super::config::S3Config;
use super::error::{Call, Raw, Refusal, bucket_region, refusal};
use super::place::Place;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long an answer may take to begin once the request was sent.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// Clients of S3.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) config: S3Config,
    first: OnceCell<Client>,
    /// Buckets that turned out to be in another region.
    elsewhere: Mutex<HashMap<String, Client>>,
}

impl Clients {
    pub(super) fn new(config: S3Config) -> Self {
        Self { config, first: OnceCell::new(), elsewhere: Mutex::default() }
    }

    /// Makes a request, and makes it again where the bucket really is if it is in another region.
    pub(super) async fn call<T, E, F>(
        &self,
        place: &Place,
        call: Call,
        send: impl Fn(Client) -> F + Send + Sync,
    ) -> Result<T, Refusal>
    where
        T: Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, Raw>>> + Send,
    {
        let client = self.at(place).await?;
        let error = match Box::pin(send(client.clone())).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(region) = self.other_region(&client, place, &error).await else {
            return Err(refusal(&error, &place.location, call));
        };
        let client = self.move_to(&client, place, region);
        Box::pin(send(client)).await.map_err(|error| refusal(&error, &place.location, call))
    }

    /// The client for a bucket.
    pub(super) async fn at(&self, place: &Place) -> Result<Client> {
        let elsewhere =
            self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).get(&place.bucket).cloned();
        match elsewhere {
            Some(client) => Ok(client),
            None => {
                self.first.get_or_try_init(|| Box::pin(connect(&self.config, &place.location))).await.cloned()
            }
        }
    }

    /// The region that the bucket is in, if the request failed because it was signed for another one.
    async fn other_region<E: ProvideErrorMetadata>(
        &self,
        client: &Client,
        place: &Place,
        error: &SdkError<E, Raw>,
    ) -> Option<Region> {
        let raw = error.raw_response()?;
        if !matches!(raw.status().as_u16(), 301 | 307 | 400) {
            return None;
        }
        let told = match bucket_region(raw) {
            Some(region) => Some(region),
            // An answer without a body may have left it out.
            None if raw.status().as_u16() == 301 => {
                let answer = Box::pin(client.head_bucket().bucket(&place.bucket).send()).await;
                answer.err().and_then(|error| bucket_region(error.raw_response()?))
            }
            None => None,
        };
        told.filter(|told| client.config().region().map(Region::as_ref) != Some(told)).map(Region::new)
    }

    fn move_to(&self, client: &Client, place: &Place, region: Region) -> Client {
        let client = Client::from_conf(client.config().to_builder().region(region).build());
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.insert(place.bucket.clone(), client.clone());
        client
    }
}

/// Makes the client that the settings describe. Nothing is connected yet.
async fn connect(config: &S3Config, at: &Location) -> Result<Client> {
    let base = base(config, at).await?;
    // The client's own allowance is for all requests together, and parts that are sent side by side use it up when the
    // service throttles. Each has its attempts, and waits longer before each further one.
    let each_its_own = RetryPartition::custom("publish").token_bucket(TokenBucket::unlimited()).build();
    let mut own = aws_sdk_s3::config::Builder::from(&base).retry_partition(each_its_own);
    if let Some(endpoint) = &config.endpoint {
        own = own.endpoint_url(endpoint);
    }
    // Names of buckets are no names of hosts where no domain is set up for them.
    let has_endpoint = config.endpoint.is_some() || base.endpoint_url().is_some();
    own = own.force_path_style(config.path_style.unwrap_or(has_endpoint));
    if let Some(role) = &config.role_arn {
        let mut sts = base.to_builder();
        sts.set_endpoint_url(config.sts_endpoint.clone());
        let mut role = AssumeRoleProvider::builder(role).session_name("publish").configure(&sts.build());
        if let Some(id) = &config.external_id {
            role = role.external_id(id);
        }
        own = own.credentials_provider(match base.credentials_provider() {
            Some(keys) => role.build_from_provider(keys).await,
            None => role.build().await,
        });
    }
    Ok(Client::from_conf(own.build()))
}

/// What all services of Amazon have in common: keys, region, how often and how long is tried.
async fn base(config: &S3Config, at: &Location) -> Result<SdkConfig> {
    let mut profile_region = ProfileFileRegionProvider::builder();
    if let Some(profile) = &config.profile {
        profile_region = profile_region.profile_name(profile);
    }
    // The machine's own service is not asked: off Amazon's machines that takes seconds.
    let region = RegionProviderChain::first_try(config.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile_region.build())
        .or_else(Region::new("us-east-1"));
    let retries = RetryConfig::standard()
        .with_max_attempts(config.max_attempts)
        .with_initial_backoff(config.first_wait);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(http_client(config, at)?)
        .retry_config(retries)
        .timeout_config(
            TimeoutConfig::builder().connect_timeout(CONNECT_TIME).read_timeout(ANSWER_TIME).build(),
        );
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let (Some(id), Some(secret)) = (&config.access_key_id, &config.secret_access_key) {
        let token = config.session_token.as_ref().map(|token| token.expose().to_owned());
        loader = loader.credentials_provider(Credentials::new(id, secret.expose(), token, None, "settings"));
    }
    Ok(Box::pin(loader.load()).await)
}

fn http_client(config: &S3Config, at: &Location) -> Result<SharedHttpClient> {
    let mut trusted = TrustStore::default();
    if let Some(file) = &config.ca_file {
        let unusable = |error: std::io::Error| {
            Error::new(ErrorKind::InvalidRequest, "The file of certificates can't be read; correct ca_file")
                .with_context("location", at)
                .with_context("ca_file", file.display())
                .with_source(error)
        };
        let pem = std::fs::read(file).map_err(unusable)?;
        if !pem.windows(11).any(|part| part == b"-----BEGIN ") {
            return Err(unusable(std::io::Error::other("it holds no certificate in PEM form")));
        }
        trusted = trusted.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder().with_trust_store(trusted).build().map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The certificates to trust can't be used; correct ca_file")
            .with_context("location", at)
            .with_source(error.to_string())
    })?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
}
