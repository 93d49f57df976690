//! A client that says at once what went wrong.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::fmt::Debug;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use s3_test_server::{ACCESS_KEY, S3TestServer, SECRET_KEY};

/// A client with the keys that every server knows.
pub(crate) fn client(server: &S3TestServer) -> Client {
    client_of(server, ACCESS_KEY, SECRET_KEY, None, "us-east-1")
}

/// A client with these keys, which never tries again.
pub(crate) fn client_of(
    server: &S3TestServer,
    access_key: &str,
    secret: &str,
    token: Option<&str>,
    region: &str,
) -> Client {
    config(server, access_key, secret, token, region, TlsContext::default())
}

/// A client that trusts one certificate.
pub(crate) fn client_by_tls(server: &S3TestServer, certificate: &str) -> Client {
    let trust = TrustStore::empty().with_pem_certificate(certificate);
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap();
    config(server, ACCESS_KEY, SECRET_KEY, None, "us-east-1", tls)
}

fn config(
    server: &S3TestServer,
    access_key: &str,
    secret: &str,
    token: Option<&str>,
    region: &str,
    tls: TlsContext,
) -> Client {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .credentials_provider(Credentials::new(access_key, secret, token.map(str::to_owned), None, "test"))
        .region(Region::new(region.to_owned()))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// The code of a refusal.
pub(crate) fn code<E: ProvideErrorMetadata + Debug, R: Debug>(error: &SdkError<E, R>) -> String {
    error.code().unwrap_or_else(|| panic!("no code in {error:?}")).to_owned()
}
