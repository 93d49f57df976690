//! Engines that die between any two calls of the storage.

use std::time::Duration;

use publish_core::{Journal, Phase, Result};
use serde_json::json;

use super::storage::{EngineStorage, LastCall, SharedFiles};
use super::{files, folder, journal, record, run, table};
use crate::journal::HiveJournal;

/// How far a run came, as its engine knows: each step was answered with success.
type Steps = usize;

async fn publish_run(journal: &mut HiveJournal, done: &mut Steps) -> Result<()> {
    journal.begin(&record(1)).await?;
    *done = 1;
    journal.renew(&run(), 1).await?;
    journal.start_commit(&run(), 1).await?;
    *done = 2;
    journal.note(&run(), 1, &json!(1)).await?;
    *done = 3;
    journal.renew(&run(), 1).await?;
    journal.note(&run(), 1, &json!(2)).await?;
    *done = 4;
    journal.publish(&run(), 1, Some(5)).await?;
    *done = 5;
    journal.close(&run(), 1, &[], &[]).await?;
    *done = 6;
    journal.list().await?;
    journal.forget(&run()).await?;
    *done = 7;
    Ok(())
}

async fn fail_twice(journal: &mut HiveJournal, done: &mut Steps) -> Result<()> {
    journal.begin(&record(1)).await?;
    *done = 1;
    journal.fence(&run(), 1).await?;
    *done = 2;
    journal.close(&run(), 1, &[folder()], &[]).await?;
    *done = 3;
    journal.close(&run(), 1, &[], &[]).await?;
    *done = 4;
    journal.begin(&record(2)).await?;
    *done = 5;
    journal.start_commit(&run(), 2).await?;
    *done = 6;
    journal.abandon(&run(), 2).await?;
    *done = 7;
    journal.close(&run(), 2, &[], &[]).await?;
    *done = 8;
    journal.forget(&run()).await?;
    *done = 9;
    Ok(())
}

/// Ends whatever a dead engine left, as the next engine does, and checks that nothing remains.
async fn finish(shared: &SharedFiles, storage: &EngineStorage) {
    let mut journal = journal(storage);
    let found = journal.entry(&run()).await.unwrap();
    let half_done = journal.half_done(&table()).await.unwrap();
    let is_committing = found.as_ref().is_some_and(|found| found.is_committing);
    assert_eq!(half_done.len(), usize::from(is_committing));
    if let Some(found) = found {
        let attempt = found.entry.record.attempt;
        match found.entry.phase {
            Phase::Prepared if is_committing => journal.publish(&run(), attempt, Some(5)).await.unwrap(),
            Phase::Prepared => {
                assert_eq!(journal.fence(&run(), attempt).await.unwrap().phase, Phase::Abandoned);
            }
            _ => {}
        }
        journal.close(&run(), attempt, &[], &[]).await.unwrap();
        let phase = journal.read(&run()).await.unwrap().unwrap().phase;
        assert!(matches!(phase, Phase::Published | Phase::RolledBack), "{phase}");
    }
    journal.forget(&run()).await.unwrap();
    assert!(journal.half_done(&table()).await.unwrap().is_empty());
    journal.begin(&record(1)).await.unwrap();
    assert_eq!(journal.fence(&run(), 1).await.unwrap().phase, Phase::Abandoned);
    journal.forget(&run()).await.unwrap();
    shared.pass_time(Duration::from_secs(2 * 3600));
    let mut later = self::journal(storage);
    assert_eq!(later.list().await.unwrap(), []);
    assert_eq!(files(storage).await, []);
}

#[tokio::test]
async fn a_run_that_dies_anywhere_on_its_way_is_read_and_finished() {
    for last in [LastCall::Lost, LastCall::Done] {
        for call in 1.. {
            let shared = SharedFiles::default();
            let mortal = shared.mortal_engine(call, last);
            let mut done = 0;
            let ended = publish_run(&mut journal(&mortal), &mut done).await;
            if !mortal.is_dead() {
                assert!(ended.is_ok(), "{ended:?}");
                assert!(call > 40, "the whole way has more calls than {call}");
                break;
            }
            let storage = shared.engine();
            let found = journal(&storage).entry(&run()).await.unwrap();
            let at = format!("call {call}, {last:?}, {done} steps, {found:?}");
            match found {
                None => assert!(done == 0 || done >= 6, "{at}"),
                Some(found) => match found.entry.phase {
                    Phase::Prepared if found.is_committing => {
                        assert!((1..=4).contains(&done), "{at}");
                        let notes = found.notes.len();
                        assert!(notes + 2 == done || notes + 1 == done, "{at}");
                    }
                    Phase::Prepared => assert!(done <= 1, "{at}"),
                    Phase::Published => {
                        assert!(done >= 4, "{at}");
                        assert_eq!(found.entry.rows_published, Some(5));
                        assert!(done < 6 || found.entry.is_closed, "{at}");
                    }
                    _ => panic!("{at}"),
                },
            }
            finish(&shared, &storage).await;
        }
    }
}

#[tokio::test]
async fn a_run_that_fails_and_dies_anywhere_is_read_and_finished() {
    for last in [LastCall::Lost, LastCall::Done] {
        for call in 1.. {
            let shared = SharedFiles::default();
            let mortal = shared.mortal_engine(call, last);
            let mut done = 0;
            let ended = fail_twice(&mut journal(&mortal), &mut done).await;
            if !mortal.is_dead() {
                assert!(ended.is_ok(), "{ended:?}");
                break;
            }
            let storage = shared.engine();
            let found = journal(&storage).entry(&run()).await.unwrap();
            let at = format!("call {call}, {last:?}, {done} steps, {found:?}");
            let Some(found) = found else {
                assert!(done == 0 || done >= 8, "{at}");
                finish(&shared, &storage).await;
                continue;
            };
            let (attempt, phase) = (found.entry.record.attempt, found.entry.phase);
            assert!(phase != Phase::Published, "{at}");
            assert!(attempt == if done >= 5 { 2 } else { 1 } || (attempt == 2 && done == 4), "{at}");
            match done {
                2 => assert_eq!(phase, Phase::Abandoned, "{at}"),
                7 => assert!(matches!(phase, Phase::Abandoned | Phase::RolledBack), "{at}"),
                _ => {}
            }
            finish(&shared, &storage).await;
        }
    }
}
