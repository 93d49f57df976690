//! Jobs from their acceptance to their end, published into SQLite.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod gate;
mod house;

use std::time::Duration;

use futures::StreamExt;
use publish_core::{ActionName, ErrorKind};
use publish_server::{JobFilter, JobStatus, Page};

use house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_is_in_progress_at_once_and_told_to_its_end() {
    let house = House::new().await;
    let server = house.server();
    let job = server.jobs.submit(&house.call("t", ActionName::new("create"))).await.unwrap();
    assert_eq!(job.status, JobStatus::InProgress, "before any server runs it");
    let events = server.jobs.events(job.id, 0).await.unwrap().unwrap();
    let runner = server.start().await;
    let events: Vec<_> = events.map(|event| event.unwrap()).collect().await;
    let names: Vec<&str> = events.iter().filter_map(|event| event.event["event"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"jobClaimed"), Some(&"jobFinished")), "{names:?}");
    assert!(names.contains(&"runPlanned") && names.contains(&"stepFinished"), "{names:?}");
    let numbers: Vec<u64> = events.iter().filter_map(|event| event.sequence).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "in order, none twice");

    let job = house.store.job(job.id).await.unwrap().unwrap();
    assert_eq!((job.status, job.percent, job.error_message.as_deref()), (JobStatus::Complete, 100, None));
    let table = job.table.unwrap().name;
    assert!(table.strip_prefix("t_").is_some_and(|stamp| stamp.len() == 17), "{table}");
    assert_eq!(house.rows(&table), 0, "create leaves it empty");
    let published = house.store.publications(job.group, &Page::default()).await.unwrap();
    assert_eq!((published.len(), &published[0].table.name), (1, &table));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_seen_to_be_wrong_is_refused_before_there_is_a_job() {
    let house = House::new().await;
    let server = house.server();
    let load = house.call("missing", ActionName::new("load"));
    assert_eq!(server.jobs.submit(&load).await.unwrap_err().kind(), ErrorKind::NotFound);
    let unknown = house.call("t", ActionName::new("upsert"));
    assert_eq!(server.jobs.submit(&unknown).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    let mut other = house.call("t", ActionName::new("create"));
    other.flow_node_id = Some(11);
    let error = server.jobs.submit(&other).await.unwrap_err();
    assert!(error.to_string().contains("known: 10"), "{error}");
    other.connection = publish_server::ConnectionId(99);
    assert!(server.jobs.submit(&other).await.unwrap_err().to_string().contains("connection: 99"));
    assert!(house.store.jobs(&JobFilter::default(), &Page::all()).await.unwrap().is_empty());
    assert!(!house.database().exists(), "nothing was touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_publish_to_a_table_names_the_first() {
    let house = House::new().await;
    let server = house.server();
    let call = house.call("t", ActionName::new("dropAndLoad"));
    let first = server.jobs.submit(&call).await.unwrap();
    let error = server.jobs.submit(&call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&format!("job: {}", first.id)), "{error}");
    server.jobs.submit(&house.call("other", ActionName::new("dropAndLoad"))).await.unwrap();
    let runner = server.start().await;
    house.ended(first.id).await;
    let again = server.jobs.submit(&call).await.unwrap();
    assert_eq!(house.ended(again.id).await.status, JobStatus::Complete);
    assert_eq!(house.rows("t"), House::ROWS);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelled_by_any_server_and_nothing_is_changed() {
    let house = House::new().await;
    let (runs, asks) = (house.server(), house.server());
    let runner = runs.start().await;
    house.gate.shut();
    let job = runs.jobs.submit(&house.call("t", ActionName::new("dropAndLoad"))).await.unwrap();
    house.gate.waited_for().await;
    // This server does not run it: the flag in the store is seen by the one that does.
    assert_eq!(asks.jobs.cancel(job.group, None).await.unwrap(), [job.id]);
    let job = house.ended(job.id).await;
    assert_eq!((job.status, job.table), (JobStatus::Canceled, None));
    assert!(!house.has_table("t"));
    assert_eq!(runs.jobs.counts().canceled, 1);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_to_end_is_handed_over_when_its_server_stops() {
    let house = House::new().await;
    let (first, second) = (house.server(), house.server());
    let runner = first.start().await;
    house.gate.shut();
    let job = first.jobs.submit(&house.call("t", ActionName::new("createAndLoad"))).await.unwrap();
    house.gate.waited_for().await;
    runner.stop().await;
    let waiting = house.store.job(job.id).await.unwrap().unwrap();
    assert_eq!((waiting.status, waiting.owner), (JobStatus::InProgress, None));

    house.gate.open();
    let runner = second.start().await;
    let ended = house.ended(job.id).await;
    assert_eq!((ended.status, &ended.run), (JobStatus::Complete, &job.run), "{ended:?}");
    assert_eq!(house.rows(&ended.table.unwrap().name), House::ROWS);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_server_that_died_is_finished_by_another_and_loaded_once() {
    let house = House::new().await;
    let (first, second) = (house.server(), house.server());
    let table = house.call("t", ActionName::new("dropAndLoad"));
    let runner = first.start().await;
    let made = first.jobs.submit(&table).await.unwrap();
    house.ended(made.id).await;

    house.gate.shut();
    let job = first.jobs.submit(&house.call("t", ActionName::new("load"))).await.unwrap();
    house.gate.waited_for().await;
    // Dropped as a killed process drops it: nothing is put back, nobody is told.
    drop(runner);
    house.gate.open();
    let runner = second.start().await;
    let ended = house.ended(job.id).await;
    assert_eq!(ended.status, JobStatus::Complete, "{ended:?}");
    assert!(ended.claim_count > 1);
    assert_eq!(house.rows("t"), 2 * House::ROWS);
    // What published before answers without loading, whoever asks for the same run.
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_engine_is_there_with_the_status() {
    let house = House::new().await;
    let server = house.server();
    let runner = server.start().await;
    let call = house.call("t", ActionName::new("dropAndLoad"));
    house.gate.shut();
    let job = server.jobs.submit(&call).await.unwrap();
    house.gate.waited_for().await;
    house.gate.fail();
    let ended = house.ended(job.id).await;
    assert_eq!(ended.status, JobStatus::Failed);
    let message = ended.error_message.unwrap();
    assert!(message.contains("The disk is gone"), "{message}");
    assert!(!house.has_table("t"));
    tokio::time::timeout(Duration::from_secs(30), runner.stop()).await.unwrap();
}
