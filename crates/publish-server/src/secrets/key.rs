//! One key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use publish_core::{Error, ErrorKind, Result, Secret};
use sha2::{Digest, Sha256};

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a key's id.
pub(super) const ID_BYTES: usize = 8;

/// A key for credentials at rest: 32 random bytes, written in base64.
///
/// Its id is the beginning of a digest of the key, so that an envelope can name the key that opens it and nobody has to
/// give names. `Debug` shows the id alone.
#[derive(Clone)]
pub struct SealingKey {
    pub(super) id: [u8; ID_BYTES],
    pub(super) cipher: XChaCha20Poly1305,
}

impl SealingKey {
    /// Makes the text of a new key from the system's random numbers.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if the system has none.
    pub fn generate() -> Result<Secret> {
        Ok(Secret::new(STANDARD.encode(random_bytes::<KEY_BYTES>()?)))
    }

    /// Takes the text of a key. White space around it is left out.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) unless it is base64 of 32 bytes.
    pub fn parse(text: &Secret) -> Result<Self> {
        let bytes = STANDARD.decode(text.expose().trim()).ok();
        let bytes: [u8; KEY_BYTES] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "A key for credentials is 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64",
            )
        })?;
        let digest = Sha256::new().chain_update(b"publish sealing key id").chain_update(bytes).finalize();
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&digest[..ID_BYTES]);
        Ok(Self { id, cipher: XChaCha20Poly1305::new(&bytes.into()) })
    }

    /// The id, in hexadecimal digits. It tells nothing of the key.
    pub fn id(&self) -> String {
        hex(&self.id)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes of the system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The system gives no random numbers; look at its log")
            .with_source(error)
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_base64_of_32_bytes_and_its_id_is_stable() {
        let text = Secret::new(STANDARD.encode([7; KEY_BYTES]));
        let key = SealingKey::parse(&text).unwrap();
        assert_eq!(key.id(), SealingKey::parse(&Secret::new(format!(" {}\n", text.expose()))).unwrap().id());
        assert_ne!(key.id(), SealingKey::parse(&SealingKey::generate().unwrap()).unwrap().id());
        assert!(!format!("{key:?}").contains(text.expose()));
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_without_being_shown() {
        for wrong in ["", "hunter2", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33])] {
            let error = SealingKey::parse(&Secret::new(wrong)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{wrong}");
            assert!(wrong.is_empty() || !format!("{error:?}").contains(wrong), "{error:?}");
        }
    }
}
