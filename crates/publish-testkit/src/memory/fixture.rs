//! The target in memory, as the target suite judges it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use publish_core::{Artifact, Location, Registry, Result, Storage, TableName, Target};

use super::{Defect, MemoryTarget};
use crate::results::{BatchFormat, ShelfStorage};
use crate::target::{TargetFixture, TargetPlace};

/// Makes empty [`MemoryTarget`]s for the target suite, as they should be or with a defect.
#[derive(Clone, Debug, Default)]
pub struct MemoryFixture {
    defect: Option<Defect>,
    stages_files: bool,
    window: Option<Duration>,
}

impl MemoryFixture {
    /// Makes targets that break a rule.
    #[must_use]
    pub fn with_defect(mut self, defect: Defect) -> Self {
        self.defect = Some(defect);
        self
    }

    /// Makes targets that let the engine stage files.
    #[must_use]
    pub fn with_staged_files(mut self) -> Self {
        self.stages_files = true;
        self
    }

    /// Makes targets that replace tables with a window.
    #[must_use]
    pub fn with_window(mut self, length: Duration) -> Self {
        self.window = Some(length);
        self
    }
}

#[async_trait]
impl TargetFixture for MemoryFixture {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        let mut target = MemoryTarget::new("suite");
        if let Some(defect) = self.defect {
            target = target.with_defect(defect);
        }
        if self.stages_files {
            target = target.with_staged_files(Location::parse("stage:///staged")?, Arc::new(BatchFormat));
        }
        if let Some(length) = self.window {
            target = target.with_window(length);
        }
        Ok(Box::new(MemoryPlace { target, staged: ShelfStorage::under("stage") }))
    }
}

#[derive(Debug)]
struct MemoryPlace {
    target: MemoryTarget,
    staged: ShelfStorage,
}

#[async_trait]
impl TargetPlace for MemoryPlace {
    fn target(&self) -> Arc<dyn Target> {
        self.target.as_target()
    }

    fn equip(&self, registry: Registry) -> Registry {
        let staged: Arc<dyn Storage> = Arc::new(self.staged.clone());
        registry.with_storage(&staged)
    }

    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>> {
        Ok(self.target.rows(table))
    }

    async fn contents(&self) -> Result<Vec<String>> {
        let tables = self.target.table_names().into_iter().map(|table| Artifact::Table { table }.to_string());
        let files = self.staged.locations().into_iter().map(|at| at.to_string());
        Ok(tables.chain(files).collect())
    }

    async fn alter(&self, table: &TableName) -> Result<()> {
        self.target.alter(table);
        Ok(())
    }

    async fn end_leases(&self) -> Result<()> {
        self.target.end_leases();
        Ok(())
    }
}
