//! The digest by which a request is known again.

use sha2::{Digest, Sha256};

use crate::{PublishRequest, Target};

/// A digest of everything that a request asks of `target`. Its run id and its deadline are no part of it.
pub(super) fn digest(target: &dyn Target, request: &PublishRequest) -> String {
    let asked = PublishRequest { run_id: None, deadline: None, ..request.clone() };
    let mut hash = Sha256::new();
    hash.update(target.identity());
    hash.update([0]);
    hash.update(serde_json::to_vec(&asked).unwrap_or_default());
    if let Some(schema) = &request.source.options.schema {
        hash.update(format!("{schema:?}"));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
