//! Hashes of passwords, by Argon2id with the parameters that its crate has as defaults: 19 MiB, two passes.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use publish_core::{Error, ErrorKind, Result, Secret};

/// The hash of a password with a salt of its own, in the PHC string format.
///
/// Takes tens of milliseconds of a core by intent.
pub(super) fn hash_password(password: &Secret) -> Result<String> {
    let hash: PasswordHash = Argon2::default().hash_password(password.expose().as_bytes()).map_err(|_| {
        Error::new(ErrorKind::InvalidRequest, "The password can't be hashed; choose one of 8 to 1024 bytes")
    })?;
    Ok(hash.to_string())
}

/// Whether this is the password that was hashed. As slow as hashing.
pub(super) fn is_password(password: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_hash_alone() {
        let hash = hash_password(&Secret::new("correct horse")).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(is_password(b"correct horse", &hash));
        for wrong in [&b"correct hors"[..], b"", b"correct horse "] {
            assert!(!is_password(wrong, &hash));
        }
        assert_ne!(hash, hash_password(&Secret::new("correct horse")).unwrap(), "the salt is new each time");
        assert!(!is_password(b"x", "no hash"));
    }
}
