//! What a host hands in to have its target judged.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{Registry, Result, TableName, Target};

/// Makes empty places for a target to publish to.
#[async_trait]
pub trait TargetFixture: fmt::Debug + Send + Sync {
    /// Makes a place where there is no table and no run.
    ///
    /// # Errors
    /// That the place can't be made: the check fails.
    async fn empty(&self) -> Result<Box<dyn TargetPlace>>;
}

/// One place, as its target and as everybody else sees it.
#[async_trait]
pub trait TargetPlace: fmt::Debug + Send + Sync {
    /// The target.
    fn target(&self) -> Arc<dyn Target>;

    /// Adds to the registry what the target's plans need: storages and formats of staged files. Nothing unless
    /// overridden. Avro files and `mem://` are taken by the suite's own results.
    fn equip(&self, registry: Registry) -> Registry {
        registry
    }

    /// The path that requests give. None unless overridden.
    fn path(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads the whole table as a reader who knows nothing of the target, or `None` if there is no such table.
    ///
    /// Each row is one text: the values joined by `|`, whole numbers as digits, nulls as `null`, texts in quotes as
    /// Rust's `{:?}` writes them, see [`row_texts`](crate::results::row_texts). In any order.
    ///
    /// # Errors
    /// That the place can't be read: the check fails.
    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>>;

    /// Names everything in the place but the journal: tables, staged tables, staged files. In any order.
    ///
    /// # Errors
    /// That the place can't be read: the check fails.
    async fn contents(&self) -> Result<Vec<String>>;

    /// Changes a table's columns and keeps its rows, as another writer would: it adds the column `added`.
    ///
    /// # Errors
    /// That it can't be done: the check fails.
    async fn alter(&self, table: &TableName) -> Result<()>;

    /// Lets the leases of dead runs run out, whatever that takes.
    ///
    /// # Errors
    /// That it can't be done: the check fails.
    async fn end_leases(&self) -> Result<()>;
}
