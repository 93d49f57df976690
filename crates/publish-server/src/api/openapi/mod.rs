//! The OpenAPI document: every call, what it takes and what it answers.
//!
//! It is kept by hand, next to the shapes; a test holds it against the routes, and the whole-system tests hold the running
//! server against it.

mod calls;
mod operations;
mod schemas;

use serde_json::{Value, json};

/// The document, in OpenAPI 3.0.3, which generators of clients read best.
pub fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Publish service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Publishes the results of finished jobs (Avro, Parquet, CSV, JSON) to tables of a warehouse. A \
                            publish is a job: the answer says that it started, the job says how it ends.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": "/", "description": "This server"}],
        "security": [{"basic": []}, {"bearer": []}],
        "tags": [
            {"name": "publish", "description": "Publishing results"},
            {"name": "jobGroups", "description": "Finished results"},
            {"name": "jobs", "description": "Publishes, to be polled"},
            {"name": "connections", "description": "Targets and storages"},
        ],
        "paths": calls::paths(),
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "headers": {
                "RequestId": {
                    "description": "Names the request, also in the server's log. A caller may send one of his own.",
                    "required": true,
                    "schema": {"type": "string"},
                },
            },
            "schemas": schemas::schemas(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` below a value.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    found.push(reference.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
        }
    }

    #[test]
    fn every_call_has_a_name_of_its_own() {
        let document = document();
        let mut names = std::collections::BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, call) in methods.as_object().unwrap() {
                let name = call["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}"));
                assert!(names.insert(name.to_owned()), "{name} is there twice");
                assert!(call["summary"].is_string(), "{method} {path} has no summary");
            }
        }
    }
}
