//! Connections.

use publish_core::ErrorKind;
use publish_server::{JobStatus, Page, Store};

use crate::queue::end;
use crate::sample;

pub(crate) async fn a_connection_comes_back_as_it_was_stored(store: &dyn Store) {
    let stored = sample::connection(store, "name with 'quotes' and ü").await;
    let read = store.connection(stored.id).await.unwrap().unwrap();
    assert_eq!(read, stored);
    assert_eq!(read.credentials.as_deref(), Some(&[0_u8, 255, 1][..]));
    assert_eq!((read.port, read.created_by.0), (Some(65_535), 7));
    assert_eq!(read.created_at.timestamp_subsec_nanos() % 1_000_000, 0, "milliseconds");
}

pub(crate) async fn a_deleted_connection_has_lost_its_credentials(store: &dyn Store) {
    let id = sample::connection(store, "to be deleted").await.id;
    assert!(store.delete_connection(id).await.unwrap());
    assert!(!store.delete_connection(id).await.unwrap(), "only once");
    let read = store.connection(id).await.unwrap().unwrap();
    assert!(read.deleted_at.is_some() && read.credentials.is_none(), "{read:?}");
    let listed = |page: Page| async move { store.connections(&page).await.unwrap() };
    assert!(listed(Page::all()).await.iter().all(|connection| connection.id != id));
    let all = Page { include_deleted: true, ..Page::all() };
    assert!(listed(all).await.iter().any(|connection| connection.id == id));
}

pub(crate) async fn a_connection_that_a_job_uses_is_not_deleted(store: &dyn Store) {
    let job = sample::job(store, "uses a connection").await;
    let error = store.delete_connection(job.request.connection).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&format!("job: {}", job.id)), "{error}");
    end(store, job.id, JobStatus::Complete).await;
    assert!(store.delete_connection(job.request.connection).await.unwrap());
}
