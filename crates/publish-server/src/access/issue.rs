//! Making tokens and users: what the store gets is a hash, never the secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use publish_core::{Error, ErrorKind, Result, Secret};
use sha2::{Digest, Sha256};

use super::password::hash_password;
use crate::secrets::random_bytes;
use crate::{NewToken, Scope, TokenKind};

/// How every token begins, so that scanners for leaked secrets can find one.
const TOKEN_PREFIX: &str = "pub_";

/// Bytes that a password may have.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1024;

/// Makes a bearer token. The second value is the token itself, which nobody can tell again.
///
/// ```
/// use publish_server::{Scope, new_token, token_hash};
///
/// let (stored, token) = new_token("nightly", Scope::Publish)?;
/// assert_eq!(stored.hash, token_hash(token.expose()));
/// assert!(!stored.hash.contains(token.expose()));
/// # Ok::<(), publish_core::Error>(())
/// ```
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the name is not legal.
pub fn new_token(name: &str, scope: Scope) -> Result<(NewToken, Secret)> {
    check_name(name)?;
    let token = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()?));
    let hash = token_hash(&token);
    Ok((NewToken { name: name.to_owned(), kind: TokenKind::Bearer, hash, scope }, Secret::new(token)))
}

/// Makes a user with a password. Hashing takes tens of milliseconds of a core.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the name is not legal or the password has not 8 to 1024 bytes.
pub fn new_user(name: &str, password: &Secret, scope: Scope) -> Result<NewToken> {
    check_name(name)?;
    if !PASSWORD_BYTES.contains(&password.expose().len()) {
        return Err(Error::new(ErrorKind::InvalidRequest, "Choose a password of 8 to 1024 bytes"));
    }
    let hash = hash_password(password)?;
    Ok(NewToken { name: name.to_owned(), kind: TokenKind::Password, hash, scope })
}

/// The hash by which the store finds a bearer token: SHA-256, since 256 random bits can't be guessed.
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// A colon would end the user's name in Basic credentials.
fn check_name(name: &str) -> Result<()> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(is_legal) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "A name has 1 to 64 letters, digits, _, -, . or @; choose another",
    )
    .with_context("name", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_random_and_kept_as_a_hash() {
        let (stored, token) = new_token("ci", Scope::Read).unwrap();
        let (_, other) = new_token("ci", Scope::Read).unwrap();
        assert!(token.expose().starts_with(TOKEN_PREFIX) && token.expose().len() == 47);
        assert_ne!(token, other);
        assert!(!format!("{stored:?}").contains(token.expose()));
    }

    #[test]
    fn a_name_that_could_be_read_in_two_ways_is_refused() {
        for wrong in ["", "a:b", "a b", "ä", &"x".repeat(65)] {
            assert!(new_token(wrong, Scope::Read).is_err(), "{wrong}");
        }
        let error = new_user("u", &Secret::new("short"), Scope::Read).unwrap_err();
        assert!(!error.to_string().contains("short"), "{error}");
    }
}
