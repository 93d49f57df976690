//! Credentials at rest: sealed before they reach the store, opened only to build a target or a storage.

mod key;
mod key_file;
mod keyring;
mod sealer;

pub use key::SealingKey;
pub use key_file::read_or_create_key;
pub use keyring::Keyring;
pub use sealer::Sealer;

pub(crate) use key::random_bytes;
