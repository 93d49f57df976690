//! Publishing: the publish call of v3 and v4, its plan, and cancelling.

use axum::Json;
use axum::extract::State;
use publish_core::Plan;

use super::super::address::{Id, Parameters};
use super::super::exception::Exception;
use super::super::json::JsonBody;
use super::super::shapes::{CancelAnswer, PublishAnswer, publish_call};
use super::super::{Api, Caller};
use crate::{Job, JobGroupId, JobId, PublishCall};

/// `PUT /v3/jobGroups/{id}/publish`.
pub(super) async fn publish_v3(
    State(api): State<Api>,
    Caller(caller): Caller,
    Id(group): Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Json<PublishAnswer>, Exception> {
    parameters.none()?;
    let job = submit(&api, &publish_call(body, JobGroupId(group), caller)?).await?;
    Ok(Json(PublishAnswer::v3(job.group, job.id, job.session_id)))
}

/// `PUT /v4/jobGroups/{id}/publish`.
pub(super) async fn publish_v4(
    State(api): State<Api>,
    Caller(caller): Caller,
    Id(group): Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Json<PublishAnswer>, Exception> {
    parameters.none()?;
    let job = submit(&api, &publish_call(body, JobGroupId(group), caller)?).await?;
    Ok(Json(PublishAnswer::v4(job.group, job.session_id)))
}

/// `POST /v4/jobGroups/{id}/publish/plan`.
pub(super) async fn plan(
    State(api): State<Api>,
    Caller(caller): Caller,
    Id(group): Id,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<Json<Plan>, Exception> {
    parameters.none()?;
    let call = publish_call(body, JobGroupId(group), caller)?;
    api.group(call.group).await?;
    Ok(Json(api.jobs.plan(&call).await?))
}

/// `POST /v4/jobGroups/{id}/cancel`.
pub(super) async fn cancel_group(
    State(api): State<Api>,
    Id(group): Id,
    parameters: Parameters,
) -> Result<Json<CancelAnswer>, Exception> {
    parameters.none()?;
    let group = api.group(JobGroupId(group)).await?.id;
    let job_ids = api.jobs.cancel(group, None).await?;
    Ok(Json(CancelAnswer { job_ids, job_group_id: group }))
}

/// `POST /v4/jobs/{id}/cancel`.
pub(super) async fn cancel_job(
    State(api): State<Api>,
    Id(job): Id,
    parameters: Parameters,
) -> Result<Json<CancelAnswer>, Exception> {
    parameters.none()?;
    let job = api.job(JobId(job)).await?;
    let job_ids = api.jobs.cancel(job.group, Some(job.id)).await?;
    Ok(Json(CancelAnswer { job_ids, job_group_id: job.group }))
}

async fn submit(api: &Api, call: &PublishCall) -> Result<Job, Exception> {
    // The address is 404, everything in the body 400.
    api.group(call.group).await?;
    let job = api.jobs.submit(call).await?;
    tracing::info!(
        job = %job.id,
        job_group = %job.group,
        session_id = %job.session_id,
        run = %job.run,
        connection = %call.connection,
        table = call.table,
        action = %call.action,
        "job started"
    );
    Ok(job)
}
