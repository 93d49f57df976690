//! A server that asks for the client's certificate.

use std::sync::Arc;

use hive_thrift::{ErrorKind, Host, Tls, connect};
use rcgen::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

type Made = CertifiedKey<rcgen::KeyPair>;

fn certificate(name: &str) -> Made {
    rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

/// A server that lets only `client` in and sends a byte back. Gives its host and its fingerprint.
async fn server(client: &Made) -> (Host, String) {
    let own = certificate("localhost");
    let mut roots = RootCertStore::empty();
    roots.add(client.cert.der().clone()).expect("a root");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(
            vec![own.cert.der().clone()],
            PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()).into(),
        )
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(&[7]).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let fingerprint = Sha256::digest(own.cert.der()).iter().map(|byte| format!("{byte:02x}")).collect();
    (Host::new("127.0.0.1", port), fingerprint)
}

/// The byte that a client gets, which is let in.
async fn byte(host: &Host, tls: &Tls) -> Option<u8> {
    // With TLS 1.3 the client hears of a refusal only when it reads.
    let mut stream = connect(host, Some(tls)).await.ok()?;
    stream.read_u8().await.ok()
}

#[tokio::test]
async fn a_client_that_shows_its_certificate_is_let_in_and_others_are_not() {
    let known = certificate("client");
    let (host, fingerprint) = server(&known).await;
    let plain = Tls::with_pinned_certificate(&fingerprint).expect("a fingerprint");
    assert_eq!(byte(&host, &plain).await, None);
    for (made, expected) in [(&known, Some(7)), (&certificate("client"), None)] {
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let tls = plain.clone().with_client_pem(chain.as_bytes(), key.as_bytes()).expect("a certificate");
        assert_eq!(byte(&host, &tls).await, expected);
    }
}

#[test]
fn a_certificate_with_another_ones_key_is_refused() {
    let (one, other) = (certificate("one"), certificate("other"));
    let tls = Tls::with_pinned_certificate(&"ab".repeat(32)).expect("a fingerprint");
    let texts = [
        (one.cert.pem(), other.signing_key.serialize_pem()),
        (String::new(), one.signing_key.serialize_pem()),
        (one.cert.pem(), String::new()),
    ];
    for (chain, key) in texts {
        let error = tls.clone().with_client_pem(chain.as_bytes(), key.as_bytes()).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    }
    let error = tls.with_client_files("/no/such/file", "/no/such/key").expect_err("missing");
    assert!(error.to_string().contains("/no/such/file"), "{error}");
}
