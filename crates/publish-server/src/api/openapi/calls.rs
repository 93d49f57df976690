//! The calls of the document.

use serde_json::{Value, json};

use super::super::address::List;
use super::operations::{Operation, by_address, reference};

/// Every address with its methods.
pub(super) fn paths() -> Value {
    let mut calls = publish_calls();
    calls.extend(job_group_calls());
    calls.extend(job_calls());
    calls.extend(connection_calls());
    let document = Operation::new("getOpenApi", "jobGroups", "This document").answers(
        200,
        "The document",
        json!({"type": "object"}),
    );
    calls.push(("get", "/openapi.json", document));
    by_address(calls)
}

/// The request of the contract's own page.
fn example() -> Value {
    json!({
        "connection": {"id": 1}, "path": ["default"], "table": "test_table3", "action": "create",
        "inputFormat": "avro", "flowNodeId": 10
    })
}

fn publish_calls() -> Vec<(&'static str, &'static str, Operation)> {
    let publish = |id: &str, schema: &str| {
        Operation::new(id, "publish", "Publish results to a table")
            .described(
                "What can be checked is checked before the answer, in two seconds: the request, that the files are there \
                 and readable, and that they fit the table. A job does the rest; poll it, or the job group.",
            )
            .of_id("job group")
            .takes("PublishRequest", &example())
            .answers(200, "The job started", reference(schema))
            .or_exception(409, "Another job publishes to the table; `details` name it")
    };
    let plan = Operation::new("planPublish", "publish", "Say what a publish would do, and do nothing")
        .of_id("job group")
        .takes("PublishRequest", &example())
        .answers(200, "The steps, their statements, and what readers may see meanwhile", reference("Plan"))
        .or_exception(504, "It took too long to look at the results");
    vec![
        ("put", "/v3/jobGroups/{id}/publish", publish("publishV3", "PublishAnswerV3")),
        ("put", "/v4/jobGroups/{id}/publish", publish("publish", "PublishAnswer")),
        ("post", "/v4/jobGroups/{id}/publish/plan", plan),
    ]
}

fn job_group_calls() -> Vec<(&'static str, &'static str, Operation)> {
    let get = |id: &str, schema: &str| {
        Operation::new(id, "jobGroups", "Get a job group")
            .of_id("job group")
            .embed(List::JOB_GROUPS.embed)
            .answers(200, "The job group, with its jobs if they are embedded", reference(schema))
    };
    let create = Operation::new("createJobGroup", "jobGroups", "Register finished results")
        .takes(
            "NewJobGroup",
            &json!({"outputs": [{
                "flowNodeId": 10, "format": "avro", "uri": "hdfs://namenode/jobs/7/part-*.avro",
                "storageConnection": {"id": 3}
            }]}),
        )
        .answers(201, "The job group", reference("JobGroup"));
    let list = Operation::new("listJobGroups", "jobGroups", "List job groups, newest first")
        .list(&List::JOB_GROUPS)
        .answers(200, "The job groups", reference("JobGroupList"));
    let status = Operation::new("getJobGroupStatus", "jobGroups", "Get the status of a job group")
        .of_id("job group")
        .answers(
            200,
            "The status, a JSON text: InProgress while a publish runs, else how the latest one ended",
            reference("Status"),
        );
    let jobs = Operation::new("listJobGroupJobs", "jobs", "List the jobs of a job group")
        .of_id("job group")
        .list(&List::JOBS)
        .answers(200, "The jobs", reference("JobList"));
    let publications =
        Operation::new("listJobGroupPublications", "jobGroups", "List what was published of a job group")
            .of_id("job group")
            .list(&List::PUBLICATIONS)
            .answers(200, "The publications", reference("PublicationList"));
    let cancel = Operation::new("cancelJobGroup", "publish", "Cancel the unfinished jobs of a job group")
        .of_id("job group")
        .answers(200, "The jobs that are asked to stop; none if all are over", reference("CancelAnswer"));
    vec![
        ("get", "/v3/jobGroups/{id}", get("getJobGroupV3", "JobGroupV3")),
        ("get", "/v4/jobGroups/{id}", get("getJobGroup", "JobGroup")),
        ("get", "/v4/jobGroups", list),
        ("post", "/v4/jobGroups", create),
        ("get", "/v4/jobGroups/{id}/status", status),
        ("get", "/v4/jobGroups/{id}/jobs", jobs),
        ("get", "/v4/jobGroups/{id}/publications", publications),
        ("post", "/v4/jobGroups/{id}/cancel", cancel),
    ]
}

fn job_calls() -> Vec<(&'static str, &'static str, Operation)> {
    let get = Operation::new("getJob", "jobs", "Get a job").of_id("job").embed(List::JOBS.embed).answers(
        200,
        "The job",
        reference("Job"),
    );
    let status = Operation::new("getJobStatus", "jobs", "Get the status of a job").of_id("job").answers(
        200,
        "The status, a JSON text",
        reference("Status"),
    );
    let cancel = Operation::new("cancelJob", "publish", "Cancel a job").of_id("job").answers(
        200,
        "The job, if it is asked to stop",
        reference("CancelAnswer"),
    );
    let number = |minimum: u64, maximum: u64| json!({"type": "integer", "format": "int64", "minimum": minimum, "maximum": maximum});
    let log = Operation::new("getJobLog", "jobs", "Get the log of a job")
        .of_id("job")
        .with_query("after", "Only entries after this sequence number", number(0, i64::MAX.unsigned_abs()))
        .with_query("limit", "How many at most, 1000 unless said", number(1, List::MAX_LIMIT))
        .answers(200, "The entries, oldest first", reference("JobEventList"));
    let events = Operation::new("streamJobEvents", "jobs", "Follow a job, as server-sent events")
        .described(
            "The log so far, then what happens, until the job is over. Entries of the log have their sequence number as id: a \
             client that comes back with the header Last-Event-ID misses none. Percents are told besides, without an id.",
        )
        .of_id("job")
        .streams("The events; `data` is the schema JobEvent");
    vec![
        ("get", "/v4/jobs/{id}", get),
        ("get", "/v4/jobs/{id}/status", status),
        ("get", "/v4/jobs/{id}/log", log),
        ("get", "/v4/jobs/{id}/events", events),
        ("post", "/v4/jobs/{id}/cancel", cancel),
    ]
}

fn connection_calls() -> Vec<(&'static str, &'static str, Operation)> {
    let create = Operation::new("createConnection", "connections", "Make a connection")
        .described("The settings are checked; nothing is connected to. Credentials never come back.")
        .takes(
            "NewConnection",
            &json!({
                "vendor": "hive", "name": "warehouse", "host": "hive.example.com", "port": 10000,
                "params": {"staging": "hdfs://namenode/tmp/publish"}, "credentialType": "basic",
                "credentials": {"username": "etl", "password": "secret"}
            }),
        )
        .answers(201, "The connection", reference("Connection"));
    let list = Operation::new("listConnections", "connections", "List connections, newest first")
        .list(&List::CONNECTIONS)
        .answers(200, "The connections", reference("ConnectionList"));
    let get = Operation::new("getConnection", "connections", "Get a connection").of_id("connection").answers(
        200,
        "The connection, without its credentials",
        reference("Connection"),
    );
    let delete = Operation::new("deleteConnection", "connections", "Delete a connection and its credentials")
        .of_id("connection")
        .answers_nothing(204, "It is deleted")
        .or_exception(409, "An unfinished job uses it; `details` name the job");
    vec![
        ("get", "/v4/connections", list),
        ("post", "/v4/connections", create),
        ("get", "/v4/connections/{id}", get),
        ("delete", "/v4/connections/{id}", delete),
    ]
}
