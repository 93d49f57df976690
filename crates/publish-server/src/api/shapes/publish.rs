//! The publish call.

use publish_core::{
    ActionName, Atomicity, ColumnNaming, ExactlyOnce, FileFormat, RequestOptions, RowProof, TableNaming,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::super::exception::Exception;
use super::super::fields::Fields;
use crate::{ConnectionId, JobGroupId, JobId, PublishCall, TokenId};

/// The names of formats in requests.
pub(super) const FORMATS: [(&str, FileFormat); 5] = [
    ("avro", FileFormat::Avro),
    ("pqt", FileFormat::Parquet),
    ("csv", FileFormat::Csv),
    ("json", FileFormat::Json),
    ("parquet", FileFormat::Parquet),
];

/// Reads the body of a publish call.
pub(crate) fn publish_call(
    body: Value,
    group: JobGroupId,
    created_by: TokenId,
) -> Result<PublishCall, Exception> {
    Fields::read(body, |body| PublishCall {
        group,
        connection: ConnectionId(
            body.object("connection", |connection| connection.id("id")).unwrap_or_default(),
        ),
        path: body.texts("path"),
        table: body.text("table"),
        action: ActionName::from(body.text("action")),
        input_format: body.word("inputFormat", &FORMATS).unwrap_or(FileFormat::Avro),
        flow_node_id: body.optional_id("flowNodeId"),
        options: options(body),
        created_by,
    })
}

fn options(body: &mut Fields<'_>) -> RequestOptions {
    let mut options = RequestOptions::default();
    let naming = [("timestamp", TableNaming::Timestamp), ("exact", TableNaming::Exact)];
    options.table_naming = body.optional_word("tableNaming", &naming).unwrap_or_default();
    let naming = [("exact", ColumnNaming::Exact), ("clean", ColumnNaming::Clean)];
    options.column_naming = body.optional_word("columnNaming", &naming).unwrap_or_default();
    let atomic = [("declared", Atomicity::Declared), ("required", Atomicity::Required)];
    options.atomic = body.optional_word("atomic", &atomic).unwrap_or_default();
    let once = [("on", ExactlyOnce::On), ("off", ExactlyOnce::Off)];
    options.exactly_once = body.optional_word("exactlyOnce", &once).unwrap_or_default();
    let proof = [("files", RowProof::Files), ("target", RowProof::Target)];
    options.row_proof = body.optional_word("rowProof", &proof).unwrap_or_default();
    options.extra = body.optional_map("options").unwrap_or_default();
    options
}

/// The answer to a publish call: it says that the job started, and nothing of how it ends.
#[derive(Debug, Serialize)]
pub(crate) struct PublishAnswer {
    /// Spelled as the contract does.
    #[serde(rename = "jobgroupId")]
    job_group_id: JobGroupId,
    /// Only v3 tells.
    #[serde(rename = "jobIds", skip_serializing_if = "Option::is_none")]
    job_ids: Option<[JobId; 1]>,
    reason: &'static str,
    #[serde(rename = "sessionId")]
    session_id: Uuid,
}

impl PublishAnswer {
    pub(crate) fn v3(group: JobGroupId, job: JobId, session_id: Uuid) -> Self {
        Self { job_ids: Some([job]), ..Self::v4(group, session_id) }
    }

    pub(crate) fn v4(group: JobGroupId, session_id: Uuid) -> Self {
        Self { job_group_id: group, job_ids: None, reason: "JobStarted", session_id }
    }
}

/// The answer to a cancel call.
#[derive(Debug, Serialize)]
pub(crate) struct CancelAnswer {
    #[serde(rename = "jobIds")]
    pub(crate) job_ids: Vec<JobId>,
    #[serde(rename = "jobgroupId")]
    pub(crate) job_group_id: JobGroupId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page() -> Value {
        json!({
            "connection": {"id": 1}, "path": ["default"], "table": "test_table3", "action": "create",
            "inputFormat": "avro", "flowNodeId": 10
        })
    }

    fn read(body: Value) -> Result<PublishCall, Exception> {
        publish_call(body, JobGroupId(2), TokenId::NOBODY)
    }

    #[test]
    fn the_documented_request_is_read() {
        let call = read(page()).unwrap();
        assert_eq!(
            (call.group, call.connection, call.flow_node_id),
            (JobGroupId(2), ConnectionId(1), Some(10))
        );
        assert_eq!(
            (call.path, call.table.as_str(), call.action.as_str()),
            (vec!["default".to_owned()], "test_table3", "create")
        );
        assert_eq!(call.input_format, FileFormat::Avro);
        assert_eq!(call.options, RequestOptions::default());
    }

    #[test]
    fn the_documented_answer_is_written() {
        let session = "d9f13aa0-3b35-11e7-9bff-c764dff4fad8".parse().unwrap();
        assert_eq!(
            serde_json::to_string(&PublishAnswer::v3(JobGroupId(2), JobId(11), session)).unwrap(),
            r#"{"jobgroupId":2,"jobIds":[11],"reason":"JobStarted","sessionId":"d9f13aa0-3b35-11e7-9bff-c764dff4fad8"}"#
        );
        assert_eq!(
            serde_json::to_string(&PublishAnswer::v4(JobGroupId(2), session)).unwrap(),
            r#"{"jobgroupId":2,"reason":"JobStarted","sessionId":"d9f13aa0-3b35-11e7-9bff-c764dff4fad8"}"#
        );
    }

    #[test]
    fn only_the_flow_node_may_be_left_out() {
        for name in ["connection", "path", "table", "action", "inputFormat"] {
            let mut body = page();
            body.as_object_mut().unwrap().remove(name);
            let exception = read(body.clone()).unwrap_err();
            assert!(exception.details().starts_with(&format!("`{name}` is missing")), "{exception:?}");
            body[name] = Value::Null;
            assert!(read(body).is_err(), "{name}");
        }
        let mut body = page();
        body.as_object_mut().unwrap().remove("flowNodeId");
        assert_eq!(read(body).unwrap().flow_node_id, None);
    }

    #[test]
    fn a_value_of_another_type_is_refused_by_name() {
        for (name, wrong) in [
            ("connection", json!(1)),
            ("connection", json!({"id": "1"})),
            ("connection", json!({"id": 1, "name": "x"})),
            ("path", json!("default")),
            ("path", json!([1])),
            ("table", json!("")),
            ("table", json!(3)),
            ("action", json!(["create"])),
            ("inputFormat", json!("orc")),
            ("inputFormat", json!("AVRO")),
            ("flowNodeId", json!("10")),
            ("flowNodeId", json!(10.5)),
            ("flownodeid", json!(10)),
            ("tableNaming", json!("Exact")),
            ("columnNaming", json!(true)),
            ("options", json!([])),
        ] {
            let mut body = page();
            body[name] = wrong.clone();
            let exception = read(body).unwrap_err();
            assert!(exception.details().contains(name), "{name}: {wrong}: {exception:?}");
        }
    }

    #[test]
    fn settings_beyond_the_page_are_read() {
        let mut body = page();
        body["tableNaming"] = json!("exact");
        body["columnNaming"] = json!("clean");
        body["atomic"] = json!("required");
        body["inputFormat"] = json!("pqt");
        body["options"] = json!({"views": "rebind"});
        let call = read(body).unwrap();
        assert_eq!(call.options.table_naming, TableNaming::Exact);
        assert_eq!(call.options.column_naming, ColumnNaming::Clean);
        assert_eq!(call.options.atomic, Atomicity::Required);
        assert_eq!(call.options.extra["views"], "rebind");
        assert_eq!(call.input_format, FileFormat::Parquet);
    }
}
