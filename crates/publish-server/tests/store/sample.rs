//! Things to store.

use chrono::Utc;
use publish_core::{ActionName, FileFormat, FormatOptions, Location, RequestOptions, RunId};
use publish_server::{
    Connection, Job, JobGroupId, JobRequest, NewConnection, NewJob, NewJobGroup, Output, Store, TokenId,
};
use serde_json::json;

/// A connection under a fresh id.
pub(crate) async fn connection(store: &dyn Store, name: &str) -> Connection {
    let new = NewConnection {
        vendor: "sqlite".to_owned(),
        name: name.to_owned(),
        host: Some("host.example.com".to_owned()),
        port: Some(65_535),
        params: json!({"file": "a.sqlite", "nested": {"ü": [1, null]}}).as_object().unwrap().clone(),
        credential_type: Some("basic".to_owned()),
        credentials: Default::default(),
        created_by: TokenId(7),
    };
    let id = store.reserve_connection().await.unwrap();
    let sealed = Some(vec![0, 255, 1]);
    store.insert_connection(&Connection::new(id, &new, sealed, Utc::now())).await.unwrap()
}

/// A job group with one output.
pub(crate) async fn group(store: &dyn Store, name: &str) -> JobGroupId {
    let group = NewJobGroup {
        name: Some(name.to_owned()),
        description: None,
        outputs: vec![output()],
        created_by: TokenId(7),
    };
    store.create_job_group(&group).await.unwrap().id
}

pub(crate) fn output() -> Output {
    Output {
        flow_node_id: 10,
        format: FileFormat::Csv,
        locations: vec![Location::parse("file:///data/part-*.csv").unwrap()],
        storage_connection: None,
        options: FormatOptions::default(),
        schema: None,
    }
}

/// A job that is about to be stored, of a group and a connection of its own.
pub(crate) async fn new_job(store: &dyn Store, lock_key: &str) -> NewJob {
    let connection = connection(store, lock_key).await.id;
    let request = JobRequest {
        connection,
        path: vec!["main".to_owned()],
        table: lock_key.to_owned(),
        action: ActionName::from("load".to_owned()),
        output: output(),
        options: RequestOptions::default(),
    };
    NewJob {
        group: group(store, lock_key).await,
        request,
        run: RunId::generate(),
        lock_key: lock_key.to_owned(),
        session_id: uuid::Uuid::new_v4(),
        created_by: TokenId(7),
    }
}

/// A stored job.
pub(crate) async fn job(store: &dyn Store, lock_key: &str) -> Job {
    let job = new_job(store, lock_key).await;
    store.create_job(&job).await.unwrap()
}
