//! The target suite.

use async_trait::async_trait;
use publish_core::{Error, ErrorKind, Result};
use publish_testkit::target::{TargetFixture, TargetPlace, check_all};
use target_hive::NewTableKind;

use crate::place::Place;

#[derive(Debug)]
struct HiveFixture(NewTableKind);

#[async_trait]
impl TargetFixture for HiveFixture {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        let place = Place::with(|config| config.table_kind = self.0).await;
        let place = place.ok_or_else(|| Error::new(ErrorKind::Unsupported, "There is no Hive here"))?;
        Ok(Box::new(place))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_on_external_tables() {
    if hive_stack::HiveStack::get().is_some() {
        Box::pin(check_all(&HiveFixture(NewTableKind::External))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_on_insert_only_tables() {
    if hive_stack::HiveStack::get().is_some() {
        Box::pin(check_all(&HiveFixture(NewTableKind::InsertOnly))).await.unwrap();
    }
}
