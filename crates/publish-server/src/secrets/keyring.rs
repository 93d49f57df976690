//! Sealing and opening.

use chacha20poly1305::aead::{Aead, Payload};
use publish_core::{Error, ErrorKind, Result};

use super::Sealer;
use super::key::{ID_BYTES, SealingKey, hex, random_bytes};

/// First byte of every envelope, for a later form to be told from this one.
const FORM: u8 = 1;

/// Bytes of a nonce. With 24 random ones no count of messages comes near a repetition.
const NONCE_BYTES: usize = 24;

/// Bytes of an envelope before the sealed text.
const HEAD_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// Seals credentials by XChaCha20-Poly1305, and opens them again.
///
/// An envelope is: one byte for its form, 8 for the id of the key, 24 for the nonce, then the sealed text with its tag.
/// Form, key id and the associated data are authenticated: an envelope that is moved to another connection, or
/// changed by one bit, does not open.
///
/// The first key seals, all of them open. To change the key put the new one first and keep the old one behind it:
///
/// ```
/// use publish_server::{Keyring, Sealer, SealingKey};
///
/// let old = SealingKey::parse(&SealingKey::generate()?)?;
/// let sealed = Keyring::new(old.clone()).seal(b"hunter2", b"connection 1")?;
///
/// let new = SealingKey::parse(&SealingKey::generate()?)?;
/// let ring = Keyring::new(new).with_older(old);
/// assert_eq!(ring.open(&sealed, b"connection 1")?, b"hunter2");
/// assert!(ring.open(&sealed, b"connection 2").is_err());
/// assert!(!ring.is_current(&sealed));
/// # Ok::<(), publish_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keyring {
    current: SealingKey,
    older: Vec<SealingKey>,
}

impl Keyring {
    /// A ring with the key that seals.
    pub fn new(current: SealingKey) -> Self {
        Self { current, older: Vec::new() }
    }

    /// Adds a key that only opens.
    #[must_use]
    pub fn with_older(mut self, key: SealingKey) -> Self {
        self.older.push(key);
        self
    }

    /// Whether the key that seals today sealed this. Where not, open it and seal it anew, then drop the old key.
    pub fn is_current(&self, envelope: &[u8]) -> bool {
        split(envelope).is_some_and(|(id, _)| id == self.current.id)
    }
}

impl Sealer for Keyring {
    fn seal(&self, plain: &[u8], associated: &[u8]) -> Result<Vec<u8>> {
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let key = &self.current;
        let aad = bound(&key.id, associated);
        let sealed = key.cipher.encrypt(&nonce.into(), Payload { msg: plain, aad: &aad }).map_err(|_| {
            Error::new(ErrorKind::Unexpected, "The credentials can't be sealed; they are too long")
        })?;
        let mut envelope = Vec::with_capacity(HEAD_BYTES + sealed.len());
        envelope.push(FORM);
        envelope.extend_from_slice(&key.id);
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&sealed);
        Ok(envelope)
    }

    fn open(&self, envelope: &[u8], associated: &[u8]) -> Result<Vec<u8>> {
        let (id, rest) = split(envelope).ok_or_else(damaged)?;
        let key = std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id);
        let key = key.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "These credentials were sealed with a key that this server does not have; add it to the settings",
            )
            .with_context("key id", hex(&id))
        })?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged())?;
        let aad = bound(&id, associated);
        key.cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad: &aad }).map_err(|_| damaged())
    }
}

/// The key's id and what follows it, if this is an envelope.
fn split(envelope: &[u8]) -> Option<([u8; ID_BYTES], &[u8])> {
    let rest = envelope.strip_prefix(&[FORM])?;
    let (id, rest) = rest.split_at_checked(ID_BYTES)?;
    Some((id.try_into().ok()?, rest))
}

/// What is authenticated beside the text.
fn bound(id: &[u8; ID_BYTES], associated: &[u8]) -> Vec<u8> {
    [&[FORM], id.as_slice(), associated].concat()
}

fn damaged() -> Error {
    Error::new(
        ErrorKind::BadData,
        "The sealed credentials are damaged or belong to another connection; create the connection anew",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appears nowhere else, so that a find is a leak.
    const CANARY: &str = "canary-7c1d-0e55";

    fn key() -> SealingKey {
        SealingKey::parse(&SealingKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_and_does_not_show_its_text() {
        let ring = Keyring::new(key());
        let sealed = ring.seal(CANARY.as_bytes(), b"connection 1").unwrap();
        assert!(!sealed.windows(6).any(|bytes| CANARY.as_bytes().windows(6).any(|part| part == bytes)));
        assert_eq!(ring.open(&sealed, b"connection 1").unwrap(), CANARY.as_bytes());
        assert_ne!(
            sealed,
            ring.seal(CANARY.as_bytes(), b"connection 1").unwrap(),
            "the nonce is new each time"
        );
    }

    #[test]
    fn no_changed_bit_goes_unnoticed() {
        let ring = Keyring::new(key());
        let sealed = ring.seal(CANARY.as_bytes(), b"1").unwrap();
        for at in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let error = ring.open(&changed, b"1").unwrap_err();
            assert!(!format!("{error:?}").contains(CANARY));
        }
        for end in 0..sealed.len() {
            assert!(ring.open(&sealed[..end], b"1").is_err(), "{end}");
        }
        assert_eq!(ring.open(&sealed, b"2").unwrap_err().kind(), ErrorKind::BadData);
    }

    #[test]
    fn a_key_that_is_gone_is_named_by_its_id() {
        let gone = key();
        let sealed = Keyring::new(gone.clone()).seal(b"x", b"1").unwrap();
        let error = Keyring::new(key()).open(&sealed, b"1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(&gone.id()), "{error}");
    }

    #[test]
    fn after_a_change_of_keys_old_envelopes_open_and_new_ones_are_current() {
        let (old, new) = (key(), key());
        let before = Keyring::new(old.clone());
        let after = Keyring::new(new).with_older(old);
        let sealed = before.seal(b"x", b"1").unwrap();
        assert!(before.is_current(&sealed) && !after.is_current(&sealed));
        let again = after.seal(&after.open(&sealed, b"1").unwrap(), b"1").unwrap();
        assert!(after.is_current(&again));
        assert!(before.open(&again, b"1").is_err());
        assert!(!after.is_current(b"") && !after.is_current(b"no envelope"));
    }
}
