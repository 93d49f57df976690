//! No secret gets into a plan, an event, an error, a report or a debug text.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use publish_core::{Cancel, Event, EventSink, FileFormat, RunId};
use serde_json::json;

use crate::fixture::Fixture;

const CANARY: &str = "CANARY7f3a";

#[derive(Debug, Default)]
struct Heard(Mutex<String>);

impl EventSink for Heard {
    fn emit(&self, _: &RunId, event: &Event) {
        let mut heard = self.0.lock().unwrap();
        heard.push_str(&format!("{event:?}"));
        heard.push_str(&serde_json::to_string(event).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_sent_and_shown_nowhere() {
    let fixture = Fixture::new().await;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    fixture.write("in", FileFormat::Parquet, &[RecordBatch::try_from_iter([("id", ids)]).unwrap()]).await;
    let key = |name: &str| format!("{CANARY}{name}");
    let target = fixture.target_with(&json!({
        "iam_role": null, "access_key_id": key("id"), "secret_access_key": key("key"), "session_token": key("token"),
    }));
    let mut texts = vec![format!("{target:?}"), target.identity().to_owned()];
    for (action, table) in [("createAndLoad", "t"), ("dropAndLoad", "t"), ("load", "t"), ("load", "gone")] {
        let request = fixture.request(action, "in", table, json!({}));
        match Box::pin(fixture.engine.plan(&target, &request)).await {
            Ok(plan) => {
                texts.extend([plan.to_string(), format!("{plan:?}"), serde_json::to_string(&plan).unwrap()])
            }
            Err(error) => texts.push(format!("{error:?} {error}")),
        }
        let heard = Arc::new(Heard::default());
        let switch = Cancel::default();
        let run = fixture.engine.publish(&target, &request, Arc::<Heard>::clone(&heard), &switch);
        match Box::pin(run).await {
            Ok(report) => texts.push(format!("{report:?}{}", serde_json::to_string(&report).unwrap())),
            Err(error) => texts.push(format!("{error:?} {error}")),
        }
        texts.push(heard.0.lock().unwrap().clone());
    }
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["4"]);
    // A wrong password, told by the server.
    let wrong = fixture.target_with(&json!({"password": key("password")}));
    let error = Box::pin(fixture.engine.plan(&wrong, &fixture.request("load", "in", "t", json!({}))))
        .await
        .unwrap_err();
    texts.push(format!("{error:?} {error} {:?}", error.causes()));
    assert_eq!(error.kind(), publish_core::ErrorKind::Unauthenticated);
    // The journal too is read by others.
    texts.extend(fixture.rows("SELECT * FROM publish.publish_journal").await);
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
    }
}
