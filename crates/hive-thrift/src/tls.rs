//! Which certificates are trusted.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error as RustlsError,
    RootCertStore, SignatureScheme, WantsVerifier,
};

use crate::error::{Error, ErrorKind, Result};

/// How the server's certificate is checked, and which one the client shows.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    trust: &'static str,
    has_client_certificate: bool,
}

impl Tls {
    /// Trusts the certificate authorities that the operating system trusts. Reads its files at once, and blocks for it.
    ///
    /// # Errors
    ///
    /// InvalidConfig when the system has no usable certificate.
    pub fn with_system_roots() -> Result<Self> {
        let mut roots = RootCertStore::empty();
        // A broken certificate among the system's does not make the good ones useless.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(invalid("The system trusts no certificate authority; give a CA file"));
        }
        with_roots(roots, "system")
    }

    /// Trusts only the certificate authorities of a PEM text.
    ///
    /// # Errors
    ///
    /// InvalidConfig when the text holds no certificate, or one that cannot be used.
    pub fn with_ca_pem(pem: &[u8]) -> Result<Self> {
        let unusable = |source| invalid("The certificate authority's PEM cannot be used").with_source(source);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| invalid("The PEM text is broken").with_source(error))?;
            roots.add(certificate).map_err(unusable)?;
        }
        if roots.is_empty() {
            return Err(invalid("The PEM text holds no certificate"));
        }
        with_roots(roots, "ca")
    }

    /// Trusts only the certificate authorities of a PEM file. Reads the file at once, and blocks for it.
    ///
    /// # Errors
    ///
    /// InvalidConfig when the file cannot be read or holds no usable certificate.
    pub fn with_ca_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let pem = std::fs::read(path)
            .map_err(|error| invalid("The certificate authority's file cannot be read").with_source(error));
        pem.and_then(|pem| Self::with_ca_pem(&pem))
            .map_err(|error| error.with_context("file", path.display()))
    }

    /// Trusts exactly the one certificate with this SHA-256 fingerprint, whatever its name, issuer and dates.
    ///
    /// For servers with a self-signed certificate, as `keytool` makes them: these are no certificate authority's, so a
    /// CA file cannot vouch for them. The fingerprint is 64 hexadecimal digits, colons between them are allowed.
    ///
    /// # Errors
    ///
    /// InvalidConfig when it is not a fingerprint.
    pub fn with_pinned_certificate(fingerprint: &str) -> Result<Self> {
        let fingerprint = parse_fingerprint(fingerprint).ok_or_else(|| {
            invalid("A pinned certificate is given by its SHA-256 fingerprint, 64 hexadecimal digits")
        })?;
        let verifier = PinnedCertificate { fingerprint, provider: Arc::new(ring::default_provider()) };
        let config = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(Self::new(config.with_no_client_auth(), "pinned"))
    }

    /// Shows the server a certificate of the client's own, for servers and gateways that ask for one (mutual TLS).
    ///
    /// `chain` is the certificate with those that vouch for it behind it, `key` its private key, both as PEM.
    ///
    /// # Errors
    ///
    /// InvalidConfig when there is no certificate or no key in the texts, or they do not belong together.
    pub fn with_client_pem(self, chain: &[u8], key: &[u8]) -> Result<Self> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| invalid("The PEM of the client's certificate is broken").with_source(error))?;
        if chain.is_empty() {
            return Err(invalid("The PEM of the client's certificate holds no certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
            invalid("The PEM of the client's key holds no private key").with_source(error)
        })?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
            invalid("The client's certificate and its key do not belong together").with_source(error)
        })?;
        let mut config = ClientConfig::clone(&self.config);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        Ok(Self { config: Arc::new(config), has_client_certificate: true, ..self })
    }

    /// The same with the texts of two files. Reads them at once, and blocks for it.
    ///
    /// # Errors
    ///
    /// InvalidConfig when a file cannot be read or used.
    pub fn with_client_files(self, chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| {
                let error = invalid("A file of the client's certificate cannot be read").with_source(error);
                error.with_context("file", path.display())
            })
        };
        let (chain, key) = (chain.as_ref(), key.as_ref());
        self.with_client_pem(&read(chain)?, &read(key)?)
            .map_err(|error| error.with_context("certificate", chain.display()))
    }

    fn new(config: ClientConfig, trust: &'static str) -> Self {
        Self { config: Arc::new(config), trust, has_client_certificate: false }
    }

    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("trust", &self.trust)
            .field("has_client_certificate", &self.has_client_certificate)
            .finish_non_exhaustive()
    }
}

/// Accepts one certificate. The handshake's signature is still checked, so the server must own its key.
#[derive(Debug)]
struct PinnedCertificate {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        if Sha256::digest(end_entity)[..] == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(RustlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    // The provider is named, not taken from the process, so another crate's choice cannot change or break ours.
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("TLS is not available").with_source(error))
}

fn with_roots(roots: RootCertStore, trust: &'static str) -> Result<Tls> {
    let config = builder()?.with_root_certificates(roots).with_no_client_auth();
    Ok(Tls::new(config, trust))
}

fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    if digits.len() != 64 {
        return None;
    }
    let mut fingerprint = [0; 32];
    for (byte, pair) in fingerprint.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(fingerprint)
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let colons = format!("AB{}", ":01".repeat(31));
        let plain = format!("ab{}", "01".repeat(31));
        assert_eq!(parse_fingerprint(&colons), parse_fingerprint(&plain));
        assert_eq!(parse_fingerprint(&plain).map(|bytes| bytes[..2].to_vec()), Some(vec![0xab, 1]));
    }

    #[test]
    fn what_is_no_fingerprint_or_no_certificate_is_refused() {
        for text in ["", "ab", &"zz".repeat(32), &"ab".repeat(33)] {
            let error = Tls::with_pinned_certificate(text).map(|_| ()).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        }
        assert_eq!(
            Tls::with_ca_pem(b"no PEM").map(|_| ()).expect_err("empty").kind(),
            ErrorKind::InvalidConfig
        );
        let error = Tls::with_ca_file("/no/such/file").map(|_| ()).expect_err("missing");
        assert!(error.to_string().contains("/no/such/file"), "{error}");
    }
}
