//! The benchmarks, a file for each.

mod decode;
mod growth;
#[cfg(feature = "services")]
mod hdfs;
#[cfg(feature = "services")]
mod hive;
mod local;
mod overhead;
mod plan;
#[cfg(feature = "services")]
mod redshift;
mod reencode;
#[cfg(feature = "services")]
mod s3;
#[cfg(feature = "services")]
mod server;

#[cfg(feature = "services")]
use hive_stack::HiveStack;
use publish_core::Result;

use crate::args::{Args, Command, CommonArgs};
use crate::generate;
use crate::job::Job;
use crate::peers::Peers;
use crate::report::Findings;

/// Measures what was asked for and tells it.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let common = &args.common;
    match &args.command {
        Command::Once => return Job::do_from_input().await,
        Command::Generate(generate) => return generate::generate(generate, common.rows).await,
        _ => {}
    }
    common.check_comparison()?;
    let mut findings = Findings::default();
    let measured = measure(args, &mut findings).await;
    // What was measured before something failed is told, too.
    let told = findings.tell(common);
    measured.and(told)
}

async fn measure(args: &Args, findings: &mut Findings) -> Result<()> {
    let common = &args.common;
    match &args.command {
        Command::All => all(common, findings).await,
        Command::Overhead => overhead::measure(common, findings).await,
        Command::Decode => {
            let peers = Peers::find(common, findings).await?;
            decode::measure(common, peers.as_ref(), findings).await
        }
        Command::Reencode => {
            let peers = Peers::find(common, findings).await?;
            reencode::measure(common, peers.as_ref(), findings).await
        }
        Command::Growth => growth::measure(common, findings).await,
        #[cfg(feature = "services")]
        Command::Hdfs(hdfs) => match hive_stack(findings).await? {
            Some(stack) => hdfs::measure(stack, hdfs.mib, common, findings).await,
            None => Ok(()),
        },
        #[cfg(feature = "services")]
        Command::Hive => match hive_stack(findings).await? {
            Some(stack) => hive::measure(stack, common, findings).await,
            None => Ok(()),
        },
        #[cfg(feature = "services")]
        Command::Redshift => redshift::measure(common, findings).await,
        #[cfg(feature = "services")]
        Command::S3(s3) => s3::measure(s3, common.samples, findings).await,
        #[cfg(feature = "services")]
        Command::Server(server) => server::measure(server, findings).await,
        Command::Plan(plan) => plan::measure(plan, common.samples, findings).await,
        Command::Local(local) => local::measure(local, common, findings).await,
        Command::Generate(_) | Command::Once => Ok(()),
    }
}

async fn all(common: &CommonArgs, findings: &mut Findings) -> Result<()> {
    overhead::measure(common, findings).await?;
    let peers = Peers::find(common, findings).await?;
    decode::measure(common, peers.as_ref(), findings).await?;
    reencode::measure(common, peers.as_ref(), findings).await?;
    growth::measure(common, findings).await?;
    servers(common, findings).await
}

#[cfg(feature = "services")]
async fn servers(common: &CommonArgs, findings: &mut Findings) -> Result<()> {
    if let Some(stack) = hive_stack(findings).await? {
        hdfs::measure(stack, crate::args::HdfsArgs::MIB, common, findings).await?;
        hive::measure(stack, common, findings).await?;
    }
    redshift::measure(common, findings).await
}

#[cfg(not(feature = "services"))]
#[allow(clippy::unused_async, reason = "with the feature it waits for servers")]
async fn servers(_: &CommonArgs, findings: &mut Findings) -> Result<()> {
    findings.note("LEFT OUT: hdfs, hive and redshift; this program was built without the feature `services`");
    Ok(())
}

/// The stack, with what Hadoop's own shell needs: another checkout may have started it.
#[cfg(feature = "services")]
async fn hive_stack(findings: &mut Findings) -> Result<Option<&'static HiveStack>> {
    let Some(stack) = HiveStack::get() else {
        findings.note("LEFT OUT: Hive and HDFS, by HIVE_TESTS=skip");
        return Ok(None);
    };
    crate::process::run(&mut stack.command("build", &[]), "").await?;
    Ok(Some(stack))
}
