//! The stores, by one suite.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod connections;
mod groups;
mod lists;
mod lives;
mod queue;
mod sample;
mod tokens;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use publish_core::{ErrorKind, Secret};
use publish_server::{PostgresConfig, ServerId, SqlStore, Store};
use redshift_emulator::PlainServer;

/// Everything that a store has to do.
async fn keeps_the_contract(store: Arc<dyn Store>) {
    connections::a_connection_comes_back_as_it_was_stored(store.as_ref()).await;
    connections::a_deleted_connection_has_lost_its_credentials(store.as_ref()).await;
    connections::a_connection_that_a_job_uses_is_not_deleted(store.as_ref()).await;
    groups::a_group_has_the_status_of_its_publishes(store.as_ref()).await;
    queue::one_unfinished_job_has_a_table(store.as_ref()).await;
    queue::a_job_is_given_to_one_server(&store).await;
    queue::a_job_without_a_sign_of_life_is_taken_over(store.as_ref()).await;
    queue::a_job_that_is_given_back_waits_its_time(store.as_ref()).await;
    queue::a_job_that_nobody_took_is_cancelled_at_once(store.as_ref()).await;
    queue::a_running_job_hears_that_it_is_cancelled(store.as_ref()).await;
    queue::a_job_that_is_over_never_changes(store.as_ref()).await;
    lives::a_log_is_read_on_from_where_one_was(store.as_ref()).await;
    lists::lists_are_sorted_filtered_and_cut(store.as_ref()).await;
    lists::only_what_is_complete_was_published(store.as_ref()).await;
    tokens::a_token_is_found_by_name_and_by_hash(store.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    keeps_the_contract(Arc::new(SqlStore::sqlite(&path).await.unwrap())).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "the owner alone reads it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_keeps_the_contract() {
    let server = PlainServer::start().await.unwrap();
    let config = PostgresConfig::new(Secret::new(server.url()));
    // Two servers that start at once make the tables once.
    let (one, two) = tokio::join!(SqlStore::postgres(&config), SqlStore::postgres(&config));
    keeps_the_contract(Arc::new(one.unwrap())).await;
    two.unwrap().check().await.unwrap();
    drop(server);
    let gone = SqlStore::postgres(&config.with_max_connections(1)).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Unavailable, "{gone}");
}

#[tokio::test]
async fn a_file_is_for_one_server_and_gives_the_jobs_of_the_one_before_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let (first, second) = (ServerId::generate(), ServerId::generate());
    let store = SqlStore::sqlite(&path).await.unwrap();
    store.begin_server(&first).await.unwrap();
    let job = sample::job(&store, "t").await;
    assert_eq!(
        store.claim(&first, queue::LEASE, 10).await.unwrap(),
        [store.job(job.id).await.unwrap().unwrap()]
    );

    let beside = SqlStore::sqlite(&path).await.unwrap();
    assert_eq!(beside.begin_server(&second).await.unwrap_err().kind(), ErrorKind::Busy);
    drop(store);
    beside.begin_server(&second).await.unwrap();
    let claimed = beside.claim(&second, queue::LEASE, 10).await.unwrap();
    assert_eq!(claimed[0].run, job.run, "the run is the same");
    assert_eq!(claimed[0].claim_count, 2);
}

#[tokio::test]
async fn what_is_no_store_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "these are notes and no database at all, as anybody can see").unwrap();
    let error = SqlStore::sqlite(&text).await.unwrap_err();
    assert!(error.message().contains("no database of this service"), "{error}");
    let error = SqlStore::sqlite(&folder.path().join("no/such/folder/s.sqlite")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    let secret = "postgresql://user:hunter2@[bad";
    let error = SqlStore::postgres(&PostgresConfig::new(Secret::new(secret))).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
