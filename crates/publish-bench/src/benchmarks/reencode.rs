//! Writing results in another format, beside others.

use publish_core::{FileFormat, Result};

use super::decode::{FILES, null_job, ours};
use crate::args::CommonArgs;
use crate::contest::Contest;
use crate::job::Job;
use crate::null_target::Work;
use crate::peers::Peers;
use crate::report::Findings;
use crate::scratch::scratch;
use crate::{generate, host};

/// From what to what.
const WAYS: [(FileFormat, FileFormat); 5] = [
    (FileFormat::Avro, FileFormat::Parquet),
    (FileFormat::Csv, FileFormat::Parquet),
    (FileFormat::Json, FileFormat::Parquet),
    (FileFormat::Parquet, FileFormat::Avro),
    (FileFormat::Parquet, FileFormat::Csv),
];

/// Writes the same files by the engine's own step that stages results, and by each peer.
pub(super) async fn measure(args: &CommonArgs, peers: Option<&Peers>, findings: &mut Findings) -> Result<()> {
    for way @ (from, to) in WAYS {
        let folder = scratch()?;
        let (results, output) = (folder.path().join("results"), folder.path().join("output"));
        generate::mixed(&results, from, args.rows, FILES).await?;
        let work = Work::Stage { folder: host::local(&output.join("publish"))?, format: to };
        let mut contestants = vec![ours(&Job::Publish(null_job(&work, &host::local(&results)?, from)))?];
        contestants.extend(peers.iter().flat_map(|peers| peers.reencode(way, &results, &output)));
        let contest =
            Contest { benchmark: format!("reencode {from} to {to}"), rows: args.rows as u64, contestants };
        contest.hold(args.samples, findings).await?;
    }
    findings.note(
        "reencode: ours plans, keeps a journal, makes each file durable (fsync), counts its rows and removes it; peers \
         write. All write snappy, and plain text",
    );
    Ok(())
}
