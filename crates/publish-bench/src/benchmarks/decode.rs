//! Reading each format, beside others.

use publish_core::{FileFormat, Result};

use crate::args::CommonArgs;
use crate::contest::{Contest, Contestant};
use crate::job::{Job, PublishJob, own_program};
use crate::null_target::{NullTarget, Work};
use crate::peers::Peers;
use crate::report::Findings;
use crate::scratch::scratch;
use crate::{generate, host};

/// Files of a result set.
pub(super) const FILES: usize = 4;

/// Records of each text file from which types are inferred, as DuckDB does: others read all values once more.
pub(super) const INFER_RECORDS: u64 = 20_480;

/// Reads the same files by a publish to a target that counts rows, and by each peer.
pub(super) async fn measure(args: &CommonArgs, peers: Option<&Peers>, findings: &mut Findings) -> Result<()> {
    for format in FileFormat::ALL {
        let folder = scratch()?;
        generate::mixed(folder.path(), format, args.rows, FILES).await?;
        let job = null_job(&Work::Read, &host::local(folder.path())?, format);
        let mut contestants = vec![ours(&Job::Publish(job))?];
        contestants.extend(peers.iter().flat_map(|peers| peers.decode(format, folder.path())));
        let contest = Contest { benchmark: format!("decode {format}"), rows: args.rows as u64, contestants };
        contest.hold(args.samples, findings).await?;
    }
    findings.note(format!(
        "decode: {} rows of 12 columns in {FILES} files; types of CSV and JSON inferred from the first {INFER_RECORDS} \
         records of each file, by peers from as many as they take by default; seconds without the start of the process",
        args.rows
    ));
    Ok(())
}

/// A publish to the null target.
pub(super) fn null_job(work: &Work, results: &publish_core::Location, format: FileFormat) -> PublishJob {
    let mut job = PublishJob::new(&NullTarget::NAME, &work.settings(), results, format);
    job.infer_records = format.is_text().then_some(INFER_RECORDS);
    job
}

/// This program as a contestant.
pub(super) fn ours(job: &Job) -> Result<Contestant> {
    Ok(Contestant {
        name: "publish".to_owned(),
        program: own_program()?,
        arguments: vec!["once".to_owned()],
        input: job.input()?,
        output: None,
    })
}
