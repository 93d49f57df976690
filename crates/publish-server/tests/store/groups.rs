//! Job groups.

use publish_server::{JobFilter, JobStatus, Page, Store};

use crate::queue::end;
use crate::sample;

pub(crate) async fn a_group_has_the_status_of_its_publishes(store: &dyn Store) {
    let new = sample::new_job(store, "status of a group").await;
    let status = || async { store.job_group(new.group).await.unwrap().unwrap().status };
    assert_eq!(status().await, JobStatus::Complete, "results are finished before they are published");
    for last in [JobStatus::Failed, JobStatus::Complete, JobStatus::Canceled] {
        let mut again = new.clone();
        again.run = publish_core::RunId::generate();
        let job = store.create_job(&again).await.unwrap();
        assert_eq!((job.status, status().await), (JobStatus::InProgress, JobStatus::InProgress));
        end(store, job.id, last).await;
        assert_eq!(status().await, last);
    }
    let group = store.job_group(new.group).await.unwrap().unwrap();
    assert_eq!(group.outputs, [sample::output()]);
    assert!(group.updated_at >= group.created_at);
    let filter = JobFilter { group: Some(new.group) };
    assert_eq!(store.jobs(&filter, &Page::all()).await.unwrap().len(), 3);
    let of_groups = store.jobs_of_groups(&[new.group]).await.unwrap();
    assert!(of_groups.is_sorted_by_key(|job| job.id) && of_groups.len() == 3);
}
