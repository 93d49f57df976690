//! Result files that are changed between the plan and the load.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use publish_core::{ErrorKind, Event, EventSink, Location, PublishRequest, RunId, RunOutcome, Storage};
use publish_testkit::faults::Call;
use publish_testkit::results::{ResultShelf, numbered_rows};

use crate::stage::Stage;

/// Does something once a plan was made, or once a step was finished.
struct Once {
    at: fn(&Event) -> bool,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl EventSink for Once {
    fn emit(&self, _: &RunId, event: &Event) {
        if (self.at)(event)
            && let Some(act) = self.act.lock().unwrap().take()
        {
            act();
        }
    }
}

async fn publish(
    stage: &Stage,
    request: &PublishRequest,
    at: fn(&Event) -> bool,
    act: impl FnOnce() + Send + 'static,
) -> publish_core::Report {
    let events = Arc::new(Once { at, act: Mutex::new(Some(Box::new(act))) });
    Box::pin(stage.engine.publish(&stage.target, request, events, &stage.cancel)).await.unwrap()
}

/// The file of the run, and the bytes of another one of the same size and as many rows.
async fn same_size_twin(stage: &Stage) -> (Location, bytes::Bytes) {
    let other = ResultShelf::new();
    other.put("r1", &[numbered_rows(7..=9)]).unwrap();
    let at = other.storage().locations().remove(0);
    let size = other.storage().head(&at).await.unwrap().size;
    assert_eq!(stage.shelf.storage().head(&at).await.unwrap().size, size);
    (at.clone(), other.storage().read(&at, 0..size).await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_file_replaced_by_one_of_the_same_size_after_the_plan_is_refused() {
    let stage = Stage::with_table();
    let request = stage.load();
    let (at, bytes) = same_size_twin(&stage).await;
    let (shelf, file) = (stage.shelf.clone(), at.clone());
    let planned = |event: &Event| matches!(event, Event::RunPlanned { .. });
    let report = publish(&stage, &request, planned, move || shelf.put_bytes(file, bytes)).await;
    assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
    let error = report.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    assert!(error.context().contains(&("file", at.to_string())), "{error}");
    // Refused before the target was handed anything, and not tried again: nothing would change.
    assert_eq!(
        (stage.faults.count(Call::Prepare), stage.faults.count(Call::Commit), report.attempts),
        (0, 0, 1)
    );
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_deleted_after_the_plan_is_named() {
    let stage = Stage::with_table();
    let request = stage.load();
    let (at, _) = same_size_twin(&stage).await;
    let (storage, file) = (stage.shelf.storage().clone(), at.clone());
    let planned = |event: &Event| matches!(event, Event::RunPlanned { .. });
    let report = publish(&stage, &request, planned, move || {
        storage.delete(&file).now_or_never().unwrap().unwrap();
    })
    .await;
    let error = report.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.context().contains(&("location", at.to_string())), "{error}");
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_file_changed_after_its_rows_were_staged_does_not_matter_any_more() {
    let stage = Stage::with_table();
    let request = stage.load();
    let (at, bytes) = same_size_twin(&stage).await;
    let shelf = stage.shelf.clone();
    let staged = |event: &Event| matches!(event, Event::StepFinished { .. });
    let report = publish(&stage, &request, staged, move || shelf.put_bytes(at, bytes)).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    stage.holds(1..=6);
    stage.is_tidy();
}
