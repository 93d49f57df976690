//! Lists.

use publish_server::{Filter, JobStatus, Page, Sort, SortField, Store};

use crate::queue::end;
use crate::sample;

pub(crate) async fn lists_are_sorted_filtered_and_cut(store: &dyn Store) {
    let mut ids = Vec::new();
    for name in ["LIST_b 50%", "list_a 5000", "List_C 50%"] {
        ids.push(sample::group(store, name).await);
    }
    let filtered = |text: &str| Some(Filter { text: text.to_owned(), fields: vec![SortField::Name] });
    let by_name = vec![Sort { field: SortField::Name, is_descending: true }];
    let names = |page: Page| async move {
        let groups = store.job_groups(&page).await.unwrap();
        groups.into_iter().filter_map(|group| group.name).map(|name| name.to_lowercase()).collect::<Vec<_>>()
    };
    let found = Page { filter: filtered("lisT_"), ..Page::all() };
    assert_eq!(names(found.clone()).await, ["list_c 50%", "list_a 5000", "list_b 50%"], "newest first");
    let percent = Page { filter: filtered("50%"), ..Page::all() };
    assert_eq!(names(percent).await.len(), 2, "a percent sign is a percent sign");
    let by_id = |is_descending| vec![Sort { field: SortField::Id, is_descending }];
    assert_eq!(names(Page { sort: by_id(false), ..found.clone() }).await[0], "list_b 50%");
    let second = Page { limit: Some(1), offset: 1, sort: by_id(false), ..found.clone() };
    assert_eq!(names(second).await, ["list_a 5000"]);
    assert!(names(Page { offset: 3, ..found.clone() }).await.is_empty());
    assert!(names(Page { limit: Some(0), ..found.clone() }).await.is_empty());
    assert_eq!(names(Page { sort: by_name, ..found.clone() }).await.len(), 3);
    let nowhere = Filter { text: "list_".to_owned(), fields: vec![SortField::Kind] };
    assert!(names(Page { filter: Some(nowhere), ..Page::all() }).await.is_empty(), "not in the description");
    let status = Filter { text: "complete".to_owned(), fields: vec![SortField::Status] };
    assert!(names(Page { filter: Some(status), ..Page::all() }).await.len() >= 3);
}

pub(crate) async fn only_what_is_complete_was_published(store: &dyn Store) {
    let new = sample::new_job(store, "published").await;
    for status in [JobStatus::Failed, JobStatus::Complete, JobStatus::Canceled] {
        let mut again = new.clone();
        again.run = publish_core::RunId::generate();
        let job = store.create_job(&again).await.unwrap();
        end(store, job.id, status).await;
    }
    let published = store.publications(new.group, &Page::default()).await.unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].table.name.as_str(), published[0].row_count), ("made", Some(3)));
    assert_eq!(published[0].flow_node_id, 10);
}
