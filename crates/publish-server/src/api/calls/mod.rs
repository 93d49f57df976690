//! The calls and their addresses.

mod connections;
mod events;
mod job_groups;
mod jobs;
mod publish;

use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Json, Router};

use super::{Api, document};

/// A router of every call.
pub(crate) fn router(api: Api) -> Router {
    let router = Router::new();
    calls().into_iter().fold(router, |router, call| router.route(call.path, call.handler)).with_state(api)
}

/// One call: its method and address are in the OpenAPI document, too.
struct Call {
    #[cfg_attr(not(test), allow(dead_code, reason = "the test against the document reads it"))]
    method: &'static str,
    path: &'static str,
    handler: MethodRouter<Api>,
}

fn calls() -> Vec<Call> {
    let call = |method, path, handler| Call { method, path, handler };
    vec![
        call("put", "/v3/jobGroups/{id}/publish", put(publish::publish_v3)),
        call("put", "/v4/jobGroups/{id}/publish", put(publish::publish_v4)),
        call("post", "/v4/jobGroups/{id}/publish/plan", post(publish::plan)),
        call("get", "/v3/jobGroups/{id}", get(job_groups::get_v3)),
        call("get", "/v4/jobGroups/{id}", get(job_groups::get_v4)),
        call("get", "/v4/jobGroups", get(job_groups::list)),
        call("post", "/v4/jobGroups", post(job_groups::create)),
        call("get", "/v4/jobGroups/{id}/status", get(job_groups::status)),
        call("get", "/v4/jobGroups/{id}/jobs", get(job_groups::jobs)),
        call("get", "/v4/jobGroups/{id}/publications", get(job_groups::publications)),
        call("post", "/v4/jobGroups/{id}/cancel", post(publish::cancel_group)),
        call("get", "/v4/jobs/{id}", get(jobs::get)),
        call("get", "/v4/jobs/{id}/status", get(jobs::status)),
        call("get", "/v4/jobs/{id}/log", get(jobs::log)),
        call("get", "/v4/jobs/{id}/events", get(events::events)),
        call("post", "/v4/jobs/{id}/cancel", post(publish::cancel_job)),
        call("get", "/v4/connections", get(connections::list)),
        call("post", "/v4/connections", post(connections::create)),
        call("get", "/v4/connections/{id}", get(connections::get)),
        call("delete", "/v4/connections/{id}", delete(connections::delete)),
        call("get", "/openapi.json", get(|| async { Json(document()) })),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_has_every_call_and_no_other() {
        let routed: BTreeSet<(String, String)> =
            calls().iter().map(|call| (call.path.to_owned(), call.method.to_owned())).collect();
        let document = document();
        let paths = document["paths"].as_object().unwrap().iter();
        let described: BTreeSet<(String, String)> = paths
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
            })
            .collect();
        assert_eq!(routed, described);
    }
}
