//! Who may do what: tokens and users, scopes, rates, and the storage locations that results may be read from.

mod authenticate;
mod files;
mod issue;
mod layer;
mod locations;
mod password;
mod rate;
mod scope;

pub use authenticate::{Authenticator, Principal};
pub use files::AllowedFiles;
pub use issue::{new_token, new_user, token_hash};
pub use layer::{Access, require_access};
pub use locations::AllowedLocations;
pub use rate::RateLimits;
pub use scope::needed_scope;

#[cfg(test)]
mod tests;
