//! Writing a file to HDFS and reading it, beside Hadoop's own shell.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use hive_stack::{HiveStack, fresh_name};
use publish_core::{Error, ErrorKind, Location, Result, Storage};

use crate::args::CommonArgs;
use crate::job::Job;
use crate::process::{Cost, run};
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;
use crate::services::{HDFS_USER, Transfer, hdfs};

const MIB: usize = 1024 * 1024;

/// Who writes and reads: ours, and Hadoop's.
const SUBJECTS: [&str; 2] = ["publish-storage", "Hadoop's FsShell"];

/// Writes one file and reads it, in turn, each time by a process of its own.
pub(super) async fn measure(
    stack: &HiveStack,
    mib: usize,
    args: &CommonArgs,
    findings: &mut Findings,
) -> Result<()> {
    let folder = scratch()?;
    let file = random_file(folder.path(), mib)?;
    let root = format!("{}/tmp/{}", stack.name_node(), fresh_name("publish_bench_hdfs"));
    let (mut starts, mut puts, mut gets) = (Vec::new(), [Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..=args.samples.max(1) {
        let at = [format!("{root}/{round}/publish"), format!("{root}/{round}/hadoop")];
        let (put, _) = Job::Transfer(Transfer::Put { from: file.clone(), to: at[0].clone() }).run().await?;
        let (their_put, _) = shell(stack, &["-put", &file.to_string_lossy(), &at[1]]).await?;
        let (get, measured) = Job::Transfer(Transfer::Get { from: at[0].clone() }).run().await?;
        let (their_get, _) = run(&mut cat(stack, &at[1]), "").await?;
        let (start, _) = shell(stack, &["-ls", "/"]).await?;
        check_sizes(&at, (mib * MIB) as u64, measured.bytes_read).await?;
        // The first is the warm-up: it fills the caches of both sides.
        if round > 0 {
            starts.push(start);
            puts[0].push(put);
            puts[1].push(their_put);
            gets[0].push(get);
            gets[1].push(their_get);
        }
        hdfs()?.delete_folder(&Location::parse(&format!("{root}/{round}"))?).await?;
    }
    hdfs()?.delete_folder(&Location::parse(&root)?).await?;
    tell(&format!("put {mib} MiB to HDFS"), mib, &puts, &starts, findings);
    tell(&format!("get {mib} MiB from HDFS"), mib, &gets, &starts, findings);
    findings.add(Figure::new(
        "start Hadoop's FsShell (-ls /)",
        SUBJECTS[1],
        "s",
        Better::Lower,
        starts.iter().map(|cost| cost.seconds).collect(),
    ));
    findings.note(
        "hdfs: whole processes, Java's start included; `less the start` takes the seconds of -ls / of the same round off \
         Hadoop's. Server and clients share this machine's cores; bytes are random, and one DataNode of the pipeline is \
         on the same disk",
    );
    Ok(())
}

fn tell(benchmark: &str, mib: usize, costs: &[Vec<Cost>; 2], starts: &[Cost], findings: &mut Findings) {
    for (subject, costs) in SUBJECTS.iter().zip(costs) {
        let of = |read: &dyn Fn(&Cost) -> f64| costs.iter().map(read).collect::<Vec<_>>();
        let speed = of(&|cost| mib as f64 / cost.seconds);
        findings.add(Figure::new(benchmark, *subject, "MiB/s", Better::Higher, speed));
        let used = of(&|cost| cost.cpu_seconds);
        findings.add(Figure::new(benchmark, *subject, "core seconds", Better::Lower, used));
        let peak = of(&|cost| cost.peak_bytes as f64 / MIB as f64);
        findings.add(Figure::new(benchmark, *subject, "MiB peak", Better::Lower, peak));
    }
    let rounds = || costs[0].iter().zip(&costs[1]).zip(starts);
    let whole = rounds().map(|((ours, theirs), _)| theirs.seconds / ours.seconds).collect();
    let less = rounds()
        .map(|((ours, theirs), start)| (theirs.seconds - start.seconds).max(0.0) / ours.seconds)
        .collect();
    let subject = "publish-storage / FsShell";
    findings.add(Figure::new(benchmark, subject, "x in MiB/s", Better::Higher, whole));
    let subject = "publish-storage / FsShell less the start";
    findings.add(Figure::new(benchmark, subject, "x in MiB/s", Better::Higher, less));
}

/// Runs Hadoop's own shell.
pub(super) async fn shell(stack: &HiveStack, arguments: &[&str]) -> Result<(Cost, String)> {
    run(stack.command("hdfs", arguments).env("HADOOP_USER_NAME", HDFS_USER), "").await
}

/// Hadoop's shell reads a file and throws its bytes away.
fn cat(stack: &HiveStack, at: &str) -> Command {
    let shell = stack.command("hdfs", &["-cat", at]);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$@\" > /dev/null", "cat"]).arg(shell.get_program()).args(shell.get_args());
    command.env("HADOOP_USER_NAME", HDFS_USER);
    command
}

async fn check_sizes(at: &[String; 2], expected: u64, read: u64) -> Result<()> {
    let storage = hdfs()?;
    let mut sizes = vec![read];
    for file in at {
        sizes.push(storage.head(&Location::parse(file)?).await?.size);
    }
    match sizes.iter().all(|size| *size == expected) {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Unexpected, "Other bytes arrived than were sent")
            .with_context("sizes", format!("{sizes:?}"))
            .with_context("expected", expected)),
    }
}

fn random_file(folder: &Path, mib: usize) -> Result<PathBuf> {
    let path = folder.join("random");
    let mut random = fastrand::Rng::with_seed(1);
    let mut block = vec![0; MIB];
    let written = std::fs::File::create(&path).and_then(|mut file| {
        for _ in 0..mib {
            random.fill(&mut block);
            file.write_all(&block)?;
        }
        Ok(())
    });
    written.map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The file to be sent can't be written").with_source(error)
    })?;
    Ok(path)
}
