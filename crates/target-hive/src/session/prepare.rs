//! Steps before the commit that Hive itself carries out.

use publish_core::{LoadSource, Prepared, Result, RunContext, StageTable};

use super::{HiveSession, Stop};
use crate::commit::no_insert_only;
use crate::table::{HiveTable, TableKind};

impl HiveSession {
    /// Makes a table beside the real one and loads it: what an earlier try left is dropped by its first statement.
    pub(super) async fn fill_beside(
        &mut self,
        work: &StageTable,
        statements: &[String],
        run: &RunContext,
    ) -> Result<Prepared> {
        for (index, statement) in statements.iter().enumerate() {
            let ran = self.server.run(statement, None, Stop::OnCancel, run).await;
            ran.map_err(|error| error.with_context("beside", &work.table))?;
            // The second makes the table, and an insert-only one is loaded by a third: what it became decides.
            if index == 1
                && statements.len() > 2
                && let Some(description) = self.describe(&work.table, run).await?
                && let kind = HiveTable::of(&description)?.kind
                && kind != TableKind::InsertOnly
            {
                return Err(no_insert_only(&kind));
            }
        }
        // The files were counted while they were staged, and LOAD DATA moves them as they are.
        let rows = match work.load {
            LoadSource::Staged(step) => run.prepared(step).and_then(|staged| staged.row_count),
            _ => None,
        };
        Ok(rows.map_or_else(Prepared::default, Prepared::rows))
    }
}
