//! The queue.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use publish_core::{ErrorKind, TableName};
use publish_server::{Beat, Job, JobEnd, JobId, JobStatus, Pulse, ServerId, Store};

use crate::sample;

/// Longer than any test.
pub(crate) const LEASE: Duration = Duration::from_secs(3600);

/// Claims until this job is among what was claimed; the other jobs are given back.
async fn claim(store: &dyn Store, job: JobId) -> (ServerId, Job) {
    let server = ServerId::generate();
    let claimed = store.claim(&server, LEASE, 1000).await.unwrap();
    let mut wanted = None;
    for other in claimed {
        if other.id == job {
            wanted = Some(other);
        } else {
            store.release(&server, other.id, Duration::ZERO).await.unwrap();
        }
    }
    (server, wanted.unwrap())
}

/// Runs a job to this end.
pub(crate) async fn end(store: &dyn Store, job: JobId, status: JobStatus) {
    let (server, _) = claim(store, job).await;
    assert!(store.finish(&server, job, &ended(status)).await.unwrap());
}

fn ended(status: JobStatus) -> JobEnd {
    JobEnd {
        status,
        error_message: (status == JobStatus::Failed).then(|| "it failed".to_owned()),
        table: Some(TableName::new("main", "made")),
        row_count: Some(3),
    }
}

pub(crate) async fn one_unfinished_job_has_a_table(store: &dyn Store) {
    let mut new = sample::new_job(store, "one table").await;
    let first = store.create_job(&new).await.unwrap();
    assert_eq!(first.request, new.request, "everything of the request is kept");
    assert_eq!((&first.run, first.session_id), (&new.run, new.session_id));
    new.run = publish_core::RunId::generate();
    let error = store.create_job(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&format!("job: {}", first.id)), "{error}");
    end(store, first.id, JobStatus::Failed).await;
    let second = store.create_job(&new).await.unwrap();
    end(store, second.id, JobStatus::Complete).await;
}

pub(crate) async fn a_job_is_given_to_one_server(store: &Arc<dyn Store>) {
    let mut created = BTreeSet::new();
    for number in 0..24 {
        created.insert(sample::job(store.as_ref(), &format!("shared {number}")).await.id);
    }
    let mut servers = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = Arc::clone(store);
        servers.spawn(async move {
            let (server, mut mine) = (ServerId::generate(), Vec::new());
            loop {
                let claimed = store.claim(&server, LEASE, 3).await.unwrap();
                assert!(claimed.len() <= 3);
                if claimed.is_empty() {
                    return (server, mine);
                }
                mine.extend(claimed.into_iter().map(|job| job.id));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(claimed) = servers.join_next().await {
        let (server, jobs) = claimed.unwrap();
        for job in &jobs {
            assert!(store.finish(&server, *job, &ended(JobStatus::Complete)).await.unwrap());
        }
        all.extend(jobs);
    }
    assert_eq!(all.len(), created.len(), "each once");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), created);
}

pub(crate) async fn a_job_without_a_sign_of_life_is_taken_over(store: &dyn Store) {
    let job = sample::job(store, "taken over").await.id;
    let (first, claimed) = claim(store, job).await;
    assert_eq!((claimed.owner.as_ref(), claimed.claim_count), (Some(&first), 1));
    assert!(store.claim(&ServerId::generate(), LEASE, 10).await.unwrap().is_empty(), "its lease lasts");

    let second = ServerId::generate();
    let taken = loop {
        // A lease of no time is over with the next millisecond.
        let mut taken = store.claim(&second, Duration::ZERO, 10).await.unwrap();
        if let Some(taken) = taken.pop() {
            break taken;
        }
    };
    assert_eq!((taken.id, taken.claim_count, &taken.run), (job, 2, &claimed.run));
    let beat = [Beat { job, percent: 50 }];
    assert!(store.heartbeat(&first, &beat).await.unwrap().is_empty(), "the first one hears that it lost it");
    assert!(!store.finish(&first, job, &ended(JobStatus::Failed)).await.unwrap());
    store.release(&first, job, Duration::ZERO).await.unwrap();
    assert_eq!(
        store.heartbeat(&second, &beat).await.unwrap(),
        [Pulse { job, cancel_requested: false }],
        "the second one has it still"
    );
    let back = [Beat { job, percent: 20 }];
    store.heartbeat(&second, &back).await.unwrap();
    assert_eq!(store.job(job).await.unwrap().unwrap().percent, 50, "it never goes back");
    assert!(store.finish(&second, job, &ended(JobStatus::Complete)).await.unwrap());
}

pub(crate) async fn a_job_that_is_given_back_waits_its_time(store: &dyn Store) {
    let job = sample::job(store, "given back").await.id;
    let (server, _) = claim(store, job).await;
    store.release(&server, job, LEASE).await.unwrap();
    assert!(store.claim(&server, LEASE, 10).await.unwrap().is_empty());
    let waiting = store.job(job).await.unwrap().unwrap();
    assert_eq!((waiting.status, waiting.owner), (JobStatus::InProgress, None));
    // It was taken once, so a server has to end it, and it is not over yet.
    assert_eq!(store.cancel(waiting.group, None).await.unwrap(), [job]);
    assert_eq!(store.job(job).await.unwrap().unwrap().status, JobStatus::InProgress);

    let job = sample::job(store, "given back at once").await.id;
    let (server, _) = claim(store, job).await;
    store.release(&server, job, Duration::ZERO).await.unwrap();
    end(store, job, JobStatus::Complete).await;
}

pub(crate) async fn a_job_that_nobody_took_is_cancelled_at_once(store: &dyn Store) {
    let job = sample::job(store, "cancelled at once").await;
    assert_eq!(store.cancel(job.group, None).await.unwrap(), [job.id]);
    let cancelled = store.job(job.id).await.unwrap().unwrap();
    assert_eq!(cancelled.status, JobStatus::Canceled);
    assert!(cancelled.finished_at.is_some() && cancelled.error_message.is_some());
    assert!(store.cancel(job.group, None).await.unwrap().is_empty(), "no effect on finished work");
}

pub(crate) async fn a_running_job_hears_that_it_is_cancelled(store: &dyn Store) {
    let job = sample::job(store, "cancelled while it runs").await;
    let (server, _) = claim(store, job.id).await;
    assert!(store.cancel(job.group, Some(JobId(job.id.0 + 1))).await.unwrap().is_empty(), "another job");
    assert_eq!(store.cancel(job.group, Some(job.id)).await.unwrap(), [job.id]);
    let pulses = store.heartbeat(&server, &[Beat { job: job.id, percent: 1 }]).await.unwrap();
    assert_eq!(pulses, [Pulse { job: job.id, cancel_requested: true }]);
    assert!(store.finish(&server, job.id, &ended(JobStatus::Canceled)).await.unwrap());
}

pub(crate) async fn a_job_that_is_over_never_changes(store: &dyn Store) {
    let job = sample::job(store, "over").await;
    let (server, _) = claim(store, job.id).await;
    assert!(store.finish(&server, job.id, &ended(JobStatus::Failed)).await.unwrap());
    let over = store.job(job.id).await.unwrap().unwrap();
    assert_eq!(over.error_message.as_deref(), Some("it failed"), "with the status, not after it");
    assert_eq!((over.row_count, over.owner.clone()), (Some(3), None));
    assert!(!store.finish(&server, job.id, &ended(JobStatus::Complete)).await.unwrap());
    store.release(&server, job.id, Duration::ZERO).await.unwrap();
    assert!(store.heartbeat(&server, &[Beat { job: job.id, percent: 99 }]).await.unwrap().is_empty());
    assert!(store.cancel(job.group, None).await.unwrap().is_empty());
    assert_eq!(store.job(job.id).await.unwrap().unwrap(), over);
}
