//! Files that Hive moves into a transactional table.

use publish_core::Result;

use super::act::Act;
use super::note::Note;
use crate::session::HiveSession;

/// Sends `LOAD DATA`. It is one transaction: an error of the server means that no reader will see its files.
pub(super) async fn load(session: &mut HiveSession, act: &Act<'_>) -> Result<()> {
    act.send(session, &Note::Sending).await
}
