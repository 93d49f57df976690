//! Logs.

use chrono::{DateTime, Utc};
use publish_server::{JobEvent, Store};
use serde_json::json;

use crate::sample;

pub(crate) async fn a_log_is_read_on_from_where_one_was(store: &dyn Store) {
    let job = sample::job(store, "with a log").await.id;
    let at = DateTime::parse_from_rfc3339("2026-11-25T10:51:12.123Z").unwrap().to_utc();
    let event = |number: u64| JobEvent { sequence: None, at, event: json!({"event": "x", "number": number}) };
    store.append_events(job, &[]).await.unwrap();
    store.append_events(job, &[event(1), event(2)]).await.unwrap();
    store.append_events(job, &[event(3)]).await.unwrap();
    let other = sample::job(store, "with a log of its own").await.id;
    store.append_events(other, &[event(9)]).await.unwrap();

    let numbered = |number: u64| JobEvent { sequence: Some(number), ..event(number) };
    assert_eq!(store.events(job, 0, 100).await.unwrap(), [numbered(1), numbered(2), numbered(3)]);
    assert_eq!(store.events(job, 1, 1).await.unwrap(), [numbered(2)]);
    assert!(store.events(job, 3, 100).await.unwrap().is_empty());
    assert!(store.job(job).await.unwrap().unwrap().created_at <= Utc::now());
}
