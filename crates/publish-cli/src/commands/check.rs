//! `publish check`.

use std::process::ExitCode;

use publish_core::{Phase, Result};
use serde_json::json;

use super::Host;
use crate::args::ConnectionArgs;
use crate::output::{print, print_json};

/// Connects and reads the journal. Changes nothing.
pub(super) async fn check(host: &Host, args: &ConnectionArgs) -> Result<ExitCode> {
    let target = host.connections.target(&args.connection, host.engine.registry())?;
    let entries = host.engine.journal(&target).await?;
    let count = |phase: Phase| entries.iter().filter(|entry| entry.phase == phase).count();
    let unfinished = count(Phase::Prepared) + count(Phase::Abandoned);
    if args.json {
        print_json(&json!({
            "connection": args.connection, "target": target.name(), "place": target.identity(),
            "runs": entries.len(), "published": count(Phase::Published), "unfinished": unfinished,
        }));
    } else {
        print(&format!(
            "{}: {} answers\n{} run(s) in its journal, {} published, {unfinished} unfinished{}\n",
            args.connection,
            target.identity(),
            entries.len(),
            count(Phase::Published),
            if unfinished > 0 { "; sweep finishes those of dead engines" } else { "" },
        ));
    }
    Ok(ExitCode::SUCCESS)
}
