//! What the calls of the document are made of.

use serde_json::{Map, Value, json};

use super::super::address::List;

/// A call.
#[derive(Debug)]
pub(super) struct Operation(Value);

impl Operation {
    /// A call by its name and what it does. Every call may answer that credentials are missing or don't allow it, or that
    /// the server made a mistake.
    pub(super) fn new(id: &str, tag: &str, summary: &str) -> Self {
        let call =
            json!({"operationId": id, "tags": [tag], "summary": summary, "responses": {}, "parameters": []});
        Self(call)
            .or_exception(401, "No credentials, or unknown ones")
            .or_exception(403, "The credentials do not allow this")
            .or_exception(429, "Too many requests; the header Retry-After says when to come back")
            .or_exception(500, "The server made a mistake; its log tells more under the request id")
            .or_exception(503, "Something that is needed can't be reached now, or the server is busy")
            .or_exception(504, "There was no answer in time")
    }

    /// Adds what is longer than a line.
    pub(super) fn described(mut self, text: &str) -> Self {
        self.0["description"] = text.into();
        self
    }

    /// The id in the address.
    pub(super) fn of_id(self, what: &str) -> Self {
        let schema = json!({"type": "integer", "format": "int64"});
        self.with_parameter(json!({
            "name": "id", "in": "path", "required": true, "description": format!("Id of the {what}"), "schema": schema
        }))
        .or_exception(400, "The id is no integer, or a parameter is wrong")
        .or_exception(404, &format!("There is no such {what}"))
    }

    /// The parameters of a list.
    pub(super) fn list(self, list: &List) -> Self {
        let fields: Vec<&str> = list.fields.iter().map(|(name, _)| *name).collect();
        let number = |minimum: u64, maximum: u64| json!({"type": "integer", "format": "int64", "minimum": minimum, "maximum": maximum});
        let boolean = || json!({"type": "boolean", "default": false});
        let mut limit = number(1, List::MAX_LIMIT);
        limit["default"] = crate::Page::DEFAULT_LIMIT.into();
        let keys: Vec<String> =
            fields.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect();
        let listed = self
            .with_query("limit", "How many at most", limit)
            .with_query("offset", "How many to pass over", number(0, i64::MAX.unsigned_abs()))
            .with_query("noLimit", "Whether all are given, whatever the limit", boolean())
            .with_words("sort", "Fields to sort by, comma-separated; - before one sorts it down", &keys)
            .with_query(
                "filter",
                "Only those with this text in one of `filterFields`, whatever its case",
                text(),
            )
            .with_words(
                "filterFields",
                "Fields that are looked at for `filter`, comma-separated; the name",
                &fields,
            )
            .with_query("includeDeleted", "Whether deleted ones are given, too", boolean());
        let listed = if list.embed.is_empty() { listed } else { listed.embed(list.embed) };
        listed.or_exception(400, "A parameter is wrong")
    }

    /// The parameter that puts more into the answer.
    pub(super) fn embed(self, words: &[&str]) -> Self {
        self.with_words("embed", "What is put into the answer, comma-separated", words)
    }

    /// A parameter after the question mark.
    pub(super) fn with_query(self, name: &str, description: &str, schema: Value) -> Self {
        let mut parameter = json!({"name": name, "in": "query", "description": description});
        parameter["schema"] = schema;
        self.with_parameter(parameter)
    }

    fn with_words<S: AsRef<str>>(self, name: &str, description: &str, words: &[S]) -> Self {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let items = json!({"type": "string", "enum": words});
        self.with_parameter(json!({
            "name": name, "in": "query", "description": description, "style": "form", "explode": false,
            "schema": {"type": "array", "items": items, "minItems": 1}
        }))
    }

    fn with_parameter(mut self, parameter: Value) -> Self {
        if let Some(parameters) = self.0["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// The body that it takes.
    pub(super) fn takes(mut self, schema: &str, example: &Value) -> Self {
        let content = json!({"application/json": {"schema": reference(schema), "example": example}});
        self.0["requestBody"] = json!({"required": true, "content": content});
        self.or_exception(400, "The request is wrong; `details` names every mistake")
            .or_exception(408, "The body did not arrive in time")
            .or_exception(413, "The body is too large")
            .or_exception(415, "The body is no JSON")
    }

    /// The answer if all is well.
    pub(super) fn answers(self, status: u16, description: &str, schema: Value) -> Self {
        let mut content = json!({"application/json": {}});
        content["application/json"]["schema"] = schema;
        self.with_response(status, description, Some(content))
    }

    /// The answer if all is well, without a body.
    pub(super) fn answers_nothing(self, status: u16, description: &str) -> Self {
        self.with_response(status, description, None)
    }

    /// The answer is a stream of events.
    pub(super) fn streams(self, description: &str) -> Self {
        self.with_response(200, description, Some(json!({"text/event-stream": {"schema": text()}})))
    }

    /// One way in which it fails.
    pub(super) fn or_exception(self, status: u16, description: &str) -> Self {
        let content = json!({"application/json": {"schema": reference("ExceptionAnswer")}});
        self.with_response(status, description, Some(content))
    }

    fn with_response(mut self, status: u16, description: &str, content: Option<Value>) -> Self {
        let mut response = json!({
            "description": description,
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
        });
        if let Some(content) = content {
            response["content"] = content;
        }
        self.0["responses"][status.to_string()] = response;
        self
    }
}

/// The calls of the document, by address and method.
pub(super) fn by_address(calls: Vec<(&str, &str, Operation)>) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, Operation(call)) in calls {
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = call;
    }
    Value::Object(paths)
}

/// A schema of the document.
pub(super) fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}
