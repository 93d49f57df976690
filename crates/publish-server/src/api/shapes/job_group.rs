//! Job groups: registering finished results, and showing them in the shapes of v3 and v4.

use publish_core::{FileFormat, FormatOptions, Location};
use serde::Serialize;
use serde_json::Value;

use super::super::exception::Exception;
use super::super::fields::Fields;
use super::publish::FORMATS;
use super::{Data, JobShape, Moment, Reference};
use crate::{ConnectionId, Job, JobGroup, JobGroupId, JobStatus, NewJobGroup, Output, OutputColumn, TokenId};

/// Reads the body that registers results.
pub(crate) fn new_job_group(body: Value, created_by: TokenId) -> Result<NewJobGroup, Exception> {
    let group = Fields::read(body, |body| NewJobGroup {
        name: body.optional_text("name"),
        description: body.optional_text("description"),
        outputs: body.objects("outputs", output).into_iter().flatten().collect(),
        created_by,
    })?;
    for (at, output) in group.outputs.iter().enumerate() {
        let is_same =
            |other: &Output| (other.flow_node_id, other.format) == (output.flow_node_id, output.format);
        if group.outputs[..at].iter().any(is_same) {
            return Err(Exception::invalid(format!(
                "`outputs[{at}]` has the `flowNodeId` and the `format` of another output; name its files in one output"
            )));
        }
    }
    Ok(group)
}

fn output(output: &mut Fields<'_>) -> Option<Output> {
    let flow_node_id = output.id("flowNodeId");
    let format = output.word("format", &FORMATS);
    let locations = output.text_or_texts("uri").iter().filter_map(|uri| location(output, uri)).collect();
    let storage_connection = output.optional_object("storageConnection", |connection| connection.id("id"));
    let schema = output.optional_objects("schema", column);
    let options = output.optional_object("formatOptions", format_options);
    let is_text = format.is_none_or(FileFormat::is_text);
    if schema.is_some() && !is_text {
        output.mistake("schema", "is for csv and json; files of the other formats carry theirs");
    }
    Some(Output {
        flow_node_id,
        format: format?,
        locations,
        storage_connection: storage_connection.map(ConnectionId),
        options: options.unwrap_or_default(),
        schema,
    })
}

fn location(output: &mut Fields<'_>, uri: &str) -> Option<Location> {
    Location::parse(uri)
        .map_err(|error| output.mistake("uri", &format!("is no address of files: {}", error.message())))
        .ok()
}

fn column(column: &mut Fields<'_>) -> OutputColumn {
    OutputColumn {
        name: column.text("name"),
        r#type: column.text("type"),
        nullable: column.optional_truth("nullable").unwrap_or(true),
    }
}

fn format_options(fields: &mut Fields<'_>) -> FormatOptions {
    let mut options = FormatOptions::default();
    options.delimiter = fields.optional_char("delimiter");
    options.quote = fields.optional_char("quote").unwrap_or(options.quote);
    options.escape = fields.optional_char("escape");
    options.header = fields.optional_truth("header").unwrap_or(options.header);
    options.null_text = fields.optional_text("nullText").unwrap_or_default();
    options.infer_records = fields.optional_count("inferRecords");
    options
}

/// The name of a format in requests and answers.
pub(super) fn format_name(format: FileFormat) -> &'static str {
    FORMATS.iter().find(|(_, known)| *known == format).map_or(format.as_str(), |(name, _)| name)
}

/// What the shapes of both versions begin with. What only the contract's makers have is null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    id: JobGroupId,
    name: Option<String>,
    description: Option<String>,
    ranfrom: &'static str,
    status: JobStatus,
    profiling_enabled: bool,
    created_at: Moment,
    updated_at: Moment,
    wrangled_dataset: Option<Reference>,
    snapshot: Option<Reference>,
    wrangle_script: Option<Reference>,
    jobs: Data<Option<Vec<JobShape>>>,
}

impl Common {
    fn new(group: &JobGroup, jobs: Option<Vec<Job>>) -> Self {
        Self {
            id: group.id,
            name: group.name.clone(),
            description: group.description.clone(),
            ranfrom: "api",
            status: group.status,
            profiling_enabled: false,
            created_at: Moment(group.created_at),
            updated_at: Moment(group.updated_at),
            wrangled_dataset: group.outputs.first().map(|output| Reference { id: output.flow_node_id }),
            snapshot: None,
            wrangle_script: None,
            jobs: Data { data: jobs.map(|jobs| jobs.into_iter().map(JobShape::from).collect()) },
        }
    }
}

/// A job group as v3 shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobGroupV3 {
    #[serde(flatten)]
    common: Common,
    created_by: i64,
    updated_by: i64,
}

impl JobGroupV3 {
    pub(crate) fn new(group: &JobGroup, jobs: Option<Vec<Job>>) -> Self {
        Self {
            common: Common::new(group, jobs),
            created_by: group.created_by.0,
            updated_by: group.created_by.0,
        }
    }
}

/// A job group as v4 shows it, with its outputs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobGroupV4 {
    #[serde(flatten)]
    common: Common,
    ranfor: &'static str,
    run_parameter_reference_date: Option<Moment>,
    workspace: Option<Reference>,
    creator: Reference,
    updater: Reference,
    outputs: Vec<OutputShape>,
}

impl JobGroupV4 {
    pub(crate) fn new(group: &JobGroup, jobs: Option<Vec<Job>>) -> Self {
        let creator = Reference { id: group.created_by.0 };
        Self {
            common: Common::new(group, jobs),
            ranfor: "recipe",
            run_parameter_reference_date: None,
            workspace: None,
            creator,
            updater: creator,
            outputs: group.outputs.iter().map(OutputShape::new).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputShape {
    flow_node_id: i64,
    format: &'static str,
    uri: Vec<Location>,
    storage_connection: Option<Reference>,
    schema: Option<Vec<OutputColumn>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format_options: Option<FormatOptions>,
}

impl OutputShape {
    fn new(output: &Output) -> Self {
        Self {
            flow_node_id: output.flow_node_id,
            format: format_name(output.format),
            uri: output.locations.clone(),
            storage_connection: output.storage_connection.map(|connection| Reference { id: connection.0 }),
            schema: output.schema.clone(),
            format_options: output.format.is_text().then(|| output.options.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<NewJobGroup, Exception> {
        new_job_group(body, TokenId::NOBODY)
    }

    #[test]
    fn finished_results_are_registered_by_address() {
        let group = read(json!({
            "name": "nightly",
            "outputs": [
                {"flowNodeId": 10, "format": "avro", "uri": "hdfs://nn/jobs/7/part-*.avro", "storageConnection": {"id": 3}},
                {
                    "flowNodeId": 10, "format": "csv", "uri": ["s3://b/a.csv", "s3://b/b.csv"],
                    "schema": [{"name": "a", "type": "decimal(10,2)"}, {"name": "b", "type": "string", "nullable": false}],
                    "formatOptions": {"delimiter": ";", "header": false, "nullText": "NA", "inferRecords": 10}
                },
            ]
        }))
        .unwrap();
        assert_eq!(group.outputs.len(), 2);
        assert_eq!(group.outputs[0].storage_connection, Some(ConnectionId(3)));
        let csv = &group.outputs[1];
        assert_eq!(
            (csv.options.delimiter, csv.options.header, csv.options.null_text.as_str()),
            (Some(';'), false, "NA")
        );
        let columns = csv.schema.as_ref().unwrap();
        assert_eq!((columns[0].nullable, columns[1].nullable), (true, false));
        assert_eq!(csv.locations.len(), 2);
    }

    #[test]
    fn a_wrong_output_is_named_by_its_place() {
        let good = json!({"flowNodeId": 10, "format": "avro", "uri": "mem:///a"});
        let with = |name: &str, value: Value| {
            let mut output = good.clone();
            output[name] = value;
            json!({"outputs": [good.clone(), output]})
        };
        for (body, named) in [
            (json!({}), "`outputs` is missing"),
            (json!({"outputs": []}), "`outputs` must not be empty"),
            (json!({"outputs": {}}), "`outputs` must be an array"),
            (json!({"outputs": [1]}), "`outputs[0]` must be an object"),
            (json!({"outputs": [good.clone(), good.clone()]}), "`outputs[1]` has the `flowNodeId`"),
            (with("flowNodeId", json!("10")), "`outputs[1].flowNodeId`"),
            (with("format", json!("orc")), "`outputs[1].format` must be one of `avro`, `pqt`, `csv`, `json`"),
            (with("uri", json!("/etc/passwd")), "`outputs[1].uri`"),
            (with("uri", json!("file:///a/../b")), "`outputs[1].uri`"),
            (with("uri", json!([])), "`outputs[1].uri` must not be empty"),
            (with("uri", json!([1])), "`outputs[1].uri`"),
            (with("storageConnection", json!(3)), "`outputs[1].storageConnection`"),
            (with("storageConnection", json!({})), "`outputs[1].storageConnection.id`"),
            (with("schema", json!([{"name": "a", "type": "int"}])), "`outputs[1].schema` is for csv"),
            (with("schema", json!([{"name": "a"}])), "`outputs[1].schema[0].type`"),
            (with("formatOptions", json!({"delimiter": "ab"})), "`outputs[1].formatOptions.delimiter`"),
            (with("path", json!("x")), "`outputs[1].path` is not known"),
        ] {
            let exception = read(body.clone()).unwrap_err();
            assert!(exception.details().contains(named), "{body}: {exception:?}");
        }
    }
}
