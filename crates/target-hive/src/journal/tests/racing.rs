//! Engines that work on one run at once.

use publish_core::{ErrorKind, Journal, Phase};

use super::storage::SharedFiles;
use super::{journal, record, run};

const ROUNDS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_begin_one_wins() {
    for _ in 0..ROUNDS {
        let files = SharedFiles::default();
        let tasks = (0..3).map(|_| {
            let mut journal = journal(&files.engine());
            tokio::spawn(async move { journal.begin(&record(1)).await })
        });
        let mut won = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Busy),
            }
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_and_a_take_over_have_one_winner() {
    let mut committed = 0;
    for round in 0..ROUNDS {
        let files = SharedFiles::default();
        let mut owner = journal(&files.engine());
        owner.begin(&record(1)).await.unwrap();
        let commit = tokio::spawn(async move {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            owner.start_commit(&run(), 1).await?;
            owner.publish(&run(), 1, Some(5)).await
        });
        let mut taker = journal(&files.engine());
        let take_over = tokio::spawn(async move {
            for _ in 0..round % 5 {
                tokio::task::yield_now().await;
            }
            let phase = taker.fence(&run(), 1).await?.phase;
            if phase == Phase::Abandoned {
                taker.begin(&record(2)).await?;
                taker.start_commit(&run(), 2).await?;
                taker.publish(&run(), 2, Some(6)).await?;
            }
            Ok::<_, publish_core::Error>(phase)
        });
        let (commit, take_over) = (commit.await.unwrap(), take_over.await.unwrap().unwrap());
        let entry = journal(&files.engine()).read(&run()).await.unwrap().unwrap();
        assert_eq!(entry.phase, Phase::Published);
        match commit {
            Ok(()) => {
                committed += 1;
                assert!(matches!(take_over, Phase::Prepared | Phase::Published), "{take_over}");
                assert_eq!((entry.record.attempt, entry.rows_published), (1, Some(5)));
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StalePlan);
                assert_eq!(take_over, Phase::Abandoned);
                assert_eq!((entry.record.attempt, entry.rows_published), (2, Some(6)));
            }
        }
    }
    assert!(committed > 0 && committed < ROUNDS, "one side always came first: {committed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_close_an_entry_leave_one_of_their_answers() {
    for _ in 0..ROUNDS / 3 {
        let files = SharedFiles::default();
        let mut owner = journal(&files.engine());
        owner.begin(&record(1)).await.unwrap();
        owner.fence(&run(), 1).await.unwrap();
        let tasks = (0..3).map(|_| {
            let mut journal = journal(&files.engine());
            tokio::spawn(async move { journal.close(&run(), 1, &[], &[]).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap().unwrap();
        }
        assert_eq!(owner.read(&run()).await.unwrap().unwrap().phase, Phase::RolledBack);
    }
}
