//! A target that is no server, so that what is measured is ours alone.
//!
//! It keeps nothing. Its commit does nothing, or reads all rows and counts them, or follows the engine's own step that
//! stages the results in another format: the three things that an engine does whatever the target is.

mod journal;
mod session;
mod target;

pub(crate) use target::{NullFactory, NullTarget, Work};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use std::sync::Arc;

    use publish_core::{Cancel, FileFormat, NoEvents, Report, RunOutcome};

    use super::*;
    use crate::scratch::scratch;
    use crate::{generate, host};

    async fn publish(work: &Work, results: &std::path::Path) -> Report {
        let engine = host::engine(None).unwrap();
        let settings = work.settings().as_object().cloned().unwrap();
        let target = engine.registry().build_target(&NullTarget::NAME, &settings).unwrap();
        let results = host::local(results).unwrap();
        let request = host::request(results, FileFormat::Avro, host::TABLE, "createAndLoad");
        engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default()).await.unwrap()
    }

    #[tokio::test]
    async fn a_target_that_is_no_server_reads_what_it_is_told_to() {
        let folder = scratch().unwrap();
        let (results, output) = (folder.path().join("results"), folder.path().join("output"));
        generate::mixed(&results, FileFormat::Avro, 30_000, 2).await.unwrap();
        let size = |folder: &std::path::Path| -> u64 {
            let files =
                std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
            files.sum()
        };

        let report = publish(&Work::Nothing, &results).await;
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(30_000)));
        assert!(report.bytes_read < size(&results) / 2, "{report:?}");

        let report = publish(&Work::Read, &results).await;
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(30_000)));
        assert!(report.bytes_read >= size(&results), "{report:?}");
        assert_eq!(report.bytes_written, 0);

        let folder = host::local(&output).unwrap();
        let report = publish(&Work::Stage { folder, format: FileFormat::Parquet }, &results).await;
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(30_000)));
        assert!(report.bytes_written > size(&results) / 4 && report.leftovers.is_empty(), "{report:?}");
    }
}
