//! The schemas of the document. Objects have no other fields than those named, in requests and in answers.

use serde_json::{Map, Value, json};

use super::operations::{reference, text};

/// Every schema by name.
pub(super) fn schemas() -> Value {
    let mut schemas = requests();
    schemas.extend(answers());
    Value::Object(schemas)
}

fn requests() -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut add = |name: &str, schema| schemas.insert(name.to_owned(), schema);
    add("Reference", object(&[("id", id())], &[]));
    add("ResultFormat", json!({"type": "string", "enum": ["avro", "pqt", "csv", "json", "parquet"]}));
    add(
        "PublishRequest",
        object(
            &[
                ("connection", described(reference("Reference"), "The connection that decides the target")),
                ("path", described(array(text()), "Path to the database or schema")),
                ("table", described(filled(), "Name of the table, before a timestamp is added")),
                (
                    "action",
                    described(
                        filled(),
                        "create, load, createAndLoad, truncateAndLoad or dropAndLoad, unless the host has more",
                    ),
                ),
                ("inputFormat", described(reference("ResultFormat"), "Which of the job group's results")),
            ],
            &[
                ("flowNodeId", nullable(id())),
                ("tableNaming", word(&["timestamp", "exact"])),
                ("columnNaming", word(&["exact", "clean"])),
                ("atomic", word(&["declared", "required"])),
                ("exactlyOnce", word(&["on", "off"])),
                ("rowProof", word(&["files", "target"])),
                (
                    "options",
                    nullable(
                        json!({"type": "object", "description": "What only the target or action understands"}),
                    ),
                ),
            ],
        ),
    );
    add(
        "NewJobGroup",
        object(
            &[("outputs", json!({"type": "array", "items": reference("NewOutput"), "minItems": 1}))],
            &[("name", nullable(text())), ("description", nullable(text()))],
        ),
    );
    let addresses = json!({"type": "array", "items": text(), "minItems": 1});
    let mut output = vec![("storageConnection", nullable_reference("Reference"))];
    output.push(("schema", nullable(array(reference("Column")))));
    output.push(("formatOptions", nullable_reference("FormatOptions")));
    let uri = json!({"oneOf": [text(), addresses], "description": "A file, a folder, a glob, or several"});
    add(
        "NewOutput",
        object(&[("flowNodeId", id()), ("format", reference("ResultFormat")), ("uri", uri)], &output),
    );
    add(
        "Column",
        object(
            &[("name", filled()), ("type", filled())],
            &[("nullable", json!({"type": "boolean", "nullable": true}))],
        ),
    );
    let char = || json!({"type": "string", "minLength": 1, "maxLength": 1, "nullable": true});
    add(
        "FormatOptions",
        object(
            &[],
            &[
                ("delimiter", char()),
                ("quote", char()),
                ("escape", char()),
                ("header", json!({"type": "boolean", "nullable": true})),
                ("nullText", nullable(text())),
                ("inferRecords", nullable(json!({"type": "integer", "format": "int64", "minimum": 0}))),
            ],
        ),
    );
    let credentials =
        json!({"type": "object", "additionalProperties": text(), "nullable": true, "writeOnly": true});
    add(
        "NewConnection",
        object(
            &[("vendor", filled()), ("name", json!({"type": "string", "minLength": 1, "maxLength": 255}))],
            &[
                ("host", nullable(text())),
                ("port", nullable(port())),
                ("params", nullable(json!({"type": "object"}))),
                ("credentialType", nullable(text())),
                ("credentials", credentials),
            ],
        ),
    );
    schemas
}

fn answers() -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut add = |name: &str, schema| schemas.insert(name.to_owned(), schema);
    add("ExceptionBody", object(&[("name", text()), ("message", text()), ("details", text())], &[]));
    add("ExceptionAnswer", object(&[("exception", reference("ExceptionBody"))], &[]));
    add(
        "Status",
        json!({"type": "string", "enum": ["Created", "InProgress", "Complete", "Failed", "Canceled"]}),
    );
    let answer = || vec![("jobgroupId", id()), ("reason", text()), ("sessionId", uuid())];
    add("PublishAnswer", object(&answer(), &[]));
    let ids = || array(id());
    add("PublishAnswerV3", object(&[&answer()[..], &[("jobIds", ids())]].concat(), &[]));
    add("CancelAnswer", object(&[("jobIds", ids()), ("jobgroupId", id())], &[]));
    add(
        "Plan",
        json!({"type": "object", "description": "The plan of the engine: results, prepare, commit, tidy, windows, notes"}),
    );
    add("Job", job());
    add("EmbeddedJobs", object(&[("data", nullable(array(reference("Job"))))], &[]));
    add("JobGroupV3", object(&[&job_group()[..], &[("createdBy", id()), ("updatedBy", id())]].concat(), &[]));
    let v4 = [
        ("ranfor", text()),
        ("runParameterReferenceDate", nullable(time())),
        ("workspace", nullable_reference("Reference")),
        ("creator", reference("Reference")),
        ("updater", reference("Reference")),
        ("outputs", array(reference("Output"))),
    ];
    add("JobGroup", object(&[&job_group()[..], &v4].concat(), &[]));
    add(
        "Output",
        object(
            &[
                ("flowNodeId", id()),
                ("format", reference("ResultFormat")),
                ("uri", array(text())),
                ("storageConnection", nullable_reference("Reference")),
                ("schema", nullable(array(reference("Column")))),
            ],
            &[("formatOptions", reference("FormatOptions"))],
        ),
    );
    add("Publication", publication());
    add("Connection", connection());
    add("JobEvent", job_event());
    for listed in ["Connection", "Job", "JobEvent", "JobGroup", "Publication"] {
        add(&format!("{listed}List"), object(&[("data", array(reference(listed)))], &[]));
    }
    schemas
}

fn job() -> Value {
    object(
        &[
            ("id", id()),
            ("status", reference("Status")),
            ("jobType", word(&["publish"])),
            ("sampleSize", percent()),
            ("percentComplete", percent()),
            ("lastHeartbeatAt", nullable(time())),
            ("createdAt", time()),
            ("updatedAt", time()),
            ("creator", reference("Reference")),
            ("jobGroup", reference("Reference")),
            ("errorMessage", nullable(text())),
            ("path", array(text())),
            ("table", described(text(), "The table under its final name, once that was made")),
            ("rowCount", nullable(count())),
            ("runId", text()),
            ("sessionId", uuid()),
        ],
        &[],
    )
}

/// What both versions of a job group have.
fn job_group() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id()),
        ("name", nullable(text())),
        ("description", nullable(text())),
        ("ranfrom", text()),
        ("status", reference("Status")),
        ("profilingEnabled", json!({"type": "boolean"})),
        ("createdAt", time()),
        ("updatedAt", time()),
        ("wrangledDataset", nullable_reference("Reference")),
        ("snapshot", nullable_reference("Reference")),
        ("wrangleScript", nullable_reference("Reference")),
        ("jobs", reference("EmbeddedJobs")),
    ]
}

fn publication() -> Value {
    object(
        &[
            ("id", id()),
            ("job", reference("Reference")),
            ("jobGroup", reference("Reference")),
            ("connection", reference("Reference")),
            ("path", array(text())),
            ("table", text()),
            ("action", text()),
            ("inputFormat", reference("ResultFormat")),
            ("flowNodeId", id()),
            ("rowCount", nullable(count())),
            ("creator", reference("Reference")),
            ("createdAt", time()),
            ("updatedAt", time()),
        ],
        &[],
    )
}

fn connection() -> Value {
    object(
        &[
            ("id", id()),
            ("vendor", text()),
            ("vendorName", text()),
            ("name", text()),
            ("host", nullable(text())),
            ("port", nullable(port())),
            ("params", json!({"type": "object"})),
            ("credentialType", nullable(text())),
            ("hasCredentials", json!({"type": "boolean"})),
            ("isDeleted", json!({"type": "boolean"})),
            ("createdAt", time()),
            ("updatedAt", time()),
            ("creator", reference("Reference")),
            ("updater", reference("Reference")),
        ],
        &[],
    )
}

fn job_event() -> Value {
    object(
        &[
            (
                "sequence",
                described(
                    nullable(count()),
                    "Its place in the log; null for what is not kept, such as progress",
                ),
            ),
            ("at", time()),
            ("event", described(json!({"type": "object"}), "What happened; its field `event` names it")),
        ],
        &[],
    )
}

/// An object of these fields and no others.
fn object(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let fields = required.iter().chain(optional);
    let properties: Map<String, Value> =
        fields.map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        object["required"] = required.iter().map(|(name, _)| *name).collect();
    }
    object
}

fn array(items: Value) -> Value {
    let mut array = json!({"type": "array"});
    array["items"] = items;
    array
}

fn nullable(mut schema: Value) -> Value {
    schema["nullable"] = true.into();
    schema
}

/// Beside `$ref` nothing else counts in OpenAPI 3.0.
fn nullable_reference(schema: &str) -> Value {
    json!({"allOf": [reference(schema)], "nullable": true})
}

fn described(schema: Value, description: &str) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"allOf": [schema], "description": description});
    }
    let mut schema = schema;
    schema["description"] = description.into();
    schema
}

fn word(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

fn filled() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn id() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX})
}

fn count() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0})
}

fn percent() -> Value {
    json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 100})
}

fn port() -> Value {
    json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 65535})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn uuid() -> Value {
    json!({"type": "string", "format": "uuid"})
}
