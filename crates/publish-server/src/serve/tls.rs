//! TLS by rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use publish_core::{Error, ErrorKind, Result};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The files of a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those that lead to a known authority, in one PEM file.
    pub certificate: PathBuf,
    /// The private key, a PEM file.
    pub key: PathBuf,
}

impl TlsFiles {
    /// Reads the files and makes what accepts connections: TLS 1.2 and 1.3, HTTP/1.1.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the file.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor> {
        let certificates = self.certificates()?;
        // The error of a key is left out: it could quote the file.
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| unusable(&self.key, "it can't be read or holds no private key"))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| unusable(&self.certificate, error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The certificates; the server's own is the first of at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let certificates = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| unusable(&self.certificate, error))?;
        if certificates.is_empty() {
            return Err(unusable(&self.certificate, "it holds no certificate"));
        }
        Ok(certificates)
    }
}

fn unusable(file: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "The server's certificate or its key can't be used; give PEM files that belong together",
    )
    .with_context("file", file.display())
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(certificate: &str, key: &str) -> (tempfile::TempDir, TlsFiles) {
        let folder = tempfile::tempdir().unwrap();
        let files =
            TlsFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        (folder, files)
    }

    fn refused(files: &TlsFiles) -> Error {
        files.acceptor().err().expect("files that can't be used")
    }

    #[test]
    fn a_certificate_and_its_key_make_an_acceptor() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (_folder, right) = files(&made.cert.pem(), &made.signing_key.serialize_pem());
        assert!(right.acceptor().is_ok());
        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (_folder, mixed) = files(&made.cert.pem(), &other.signing_key.serialize_pem());
        assert_eq!(refused(&mixed).kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn a_wrong_file_is_named_and_not_quoted() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (_folder, no_key) = files(&made.cert.pem(), "hunter2");
        let error = format!("{:?}", refused(&no_key));
        assert!(error.contains("key.pem") && !error.contains("hunter2"), "{error}");
        let (_folder, no_certificate) = files("", &made.signing_key.serialize_pem());
        assert!(refused(&no_certificate).to_string().contains("cert.pem"));
        let missing = TlsFiles { certificate: "no such file".into(), key: "no such file".into() };
        assert_eq!(refused(&missing).kind(), ErrorKind::InvalidRequest);
    }
}
