//! What keeps secrets unreadable in the store.

use std::fmt;

use publish_core::Result;

/// Makes secrets unreadable, and readable again.
///
/// # Contract
/// - [`open`](Self::open) gives back what [`seal`](Self::seal) took, for the same `bound_to` alone: a sealed text that is
///   moved to another connection does not open.
/// - Sealing one text twice gives two different ones.
/// - What was sealed under an older key still opens while the host has that key.
pub trait Sealer: fmt::Debug + Send + Sync + 'static {
    /// Seals `plain` for what `bound_to` names.
    ///
    /// # Errors
    /// [`Unexpected`](publish_core::ErrorKind::Unexpected) if the machine gives no random bytes.
    fn seal(&self, plain: &[u8], bound_to: &[u8]) -> Result<Vec<u8>>;

    /// Opens what was sealed for what `bound_to` names.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) if its key is not there, or the text was changed or moved.
    fn open(&self, sealed: &[u8], bound_to: &[u8]) -> Result<Vec<u8>>;
}
