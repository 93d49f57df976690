//! Job groups: registering results, and looking at them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::address::{Id, List, Parameters};
use super::super::exception::Exception;
use super::super::json::JsonBody;
use super::super::shapes::{Data, JobGroupV3, JobGroupV4, JobShape, PublicationShape, new_job_group};
use super::super::{Api, Caller};
use crate::{Job, JobFilter, JobGroup, JobGroupId, JobStatus};

/// `POST /v4/jobGroups`.
pub(super) async fn create(
    State(api): State<Api>,
    Caller(caller): Caller,
    parameters: Parameters,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<JobGroupV4>), Exception> {
    parameters.none()?;
    let group = new_job_group(body, caller)?;
    api.check_outputs(&group.outputs).await?;
    let group = api.store.create_job_group(&group).await?;
    Ok((StatusCode::CREATED, Json(JobGroupV4::new(&group, None))))
}

/// `GET /v3/jobGroups/{id}`.
pub(super) async fn get_v3(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<JobGroupV3>, Exception> {
    let (group, jobs) = get(&api, id, parameters).await?;
    Ok(Json(JobGroupV3::new(&group, jobs)))
}

/// `GET /v4/jobGroups/{id}`.
pub(super) async fn get_v4(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<JobGroupV4>, Exception> {
    let (group, jobs) = get(&api, id, parameters).await?;
    Ok(Json(JobGroupV4::new(&group, jobs)))
}

/// `GET /v4/jobGroups`.
pub(super) async fn list(
    State(api): State<Api>,
    parameters: Parameters,
) -> Result<Json<Data<Vec<JobGroupV4>>>, Exception> {
    let (page, embed) = parameters.list(&List::JOB_GROUPS)?;
    let groups = api.store.job_groups(&page).await?;
    let mut jobs = if embed.jobs { Some(jobs_by_group(&api, &groups).await?) } else { None };
    let shape = |group: &JobGroup| {
        let jobs = jobs.as_mut().map(|jobs| jobs.remove(&group.id).unwrap_or_default());
        JobGroupV4::new(group, jobs)
    };
    Ok(Json(Data { data: groups.iter().map(shape).collect() }))
}

/// `GET /v4/jobGroups/{id}/status`.
pub(super) async fn status(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<JobStatus>, Exception> {
    parameters.none()?;
    Ok(Json(api.group(JobGroupId(id)).await?.status))
}

/// `GET /v4/jobGroups/{id}/jobs`.
pub(super) async fn jobs(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<Data<Vec<JobShape>>>, Exception> {
    let (page, _) = parameters.list(&List::JOBS)?;
    let group = api.group(JobGroupId(id)).await?.id;
    let jobs = api.store.jobs(&JobFilter { group: Some(group) }, &page).await?;
    Ok(Json(Data { data: jobs.into_iter().map(JobShape::from).collect() }))
}

/// `GET /v4/jobGroups/{id}/publications`.
pub(super) async fn publications(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<Data<Vec<PublicationShape>>>, Exception> {
    let (page, _) = parameters.list(&List::PUBLICATIONS)?;
    let group = api.group(JobGroupId(id)).await?.id;
    let publications = api.store.publications(group, &page).await?;
    Ok(Json(Data { data: publications.into_iter().map(PublicationShape::from).collect() }))
}

async fn get(api: &Api, id: i64, parameters: Parameters) -> Result<(JobGroup, Option<Vec<Job>>), Exception> {
    let embed = parameters.embed_only(List::JOB_GROUPS.embed)?;
    let group = api.group(JobGroupId(id)).await?;
    let jobs = if embed.jobs { Some(api.store.jobs_of_groups(&[group.id]).await?) } else { None };
    Ok((group, jobs))
}

async fn jobs_by_group(api: &Api, groups: &[JobGroup]) -> Result<HashMap<JobGroupId, Vec<Job>>, Exception> {
    let ids: Vec<JobGroupId> = groups.iter().map(|group| group.id).collect();
    let mut by_group: HashMap<JobGroupId, Vec<Job>> = HashMap::new();
    for job in api.store.jobs_of_groups(&ids).await? {
        by_group.entry(job.group).or_default().push(job);
    }
    Ok(by_group)
}
