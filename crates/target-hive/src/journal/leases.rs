//! Signs of life.

use publish_core::{Error, ErrorKind, Result, RunId};
use serde_json::json;

use super::names::{FileKind, FileName};
use super::runs::{HiveJournal, new_id, unknown};

impl HiveJournal {
    /// Writes a new sign of life and removes the older ones, in this order.
    pub(super) async fn renew_lease(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let files = self.files_of(run).await?;
        let begun = files.iter().filter(|(name, _)| name.kind == FileKind::Begun);
        let latest = begun.map(|(name, _)| name.attempt).max().ok_or_else(|| unknown(run))?;
        if latest != attempt {
            let message =
                "Another attempt of the run began meanwhile; its lease is not this engine's to renew";
            return Err(Error::new(ErrorKind::StalePlan, message)
                .with_context("run", run)
                .with_context("attempt", latest));
        }
        let id = new_id();
        let at = FileName::new(run, attempt, FileKind::Lease { id: id.clone() }).location(&self.root)?;
        self.store.put(&at, &json!({"by": id})).await?;
        for (name, file) in files {
            if name.attempt == attempt && matches!(name.kind, FileKind::Lease { .. }) {
                self.store.delete(&file.location).await?;
            }
        }
        Ok(())
    }
}
