//! `publish sweep`.

use std::process::ExitCode;
use std::time::Duration;

use publish_core::{Result, RunId, SweepOptions};

use super::Host;
use crate::args::SweepArgs;
use crate::exit;
use crate::output::{block, print, print_json};

/// Finishes what killed runs left.
pub(super) async fn sweep(host: &Host, args: &SweepArgs) -> Result<ExitCode> {
    let connection = &args.connection;
    let target = host.connections.target(&connection.connection, host.engine.registry())?;
    let horizon = Duration::from_secs(args.horizon_days.saturating_mul(24 * 3600));
    let report = host.engine.sweep(&target, &SweepOptions::default().with_horizon(horizon)).await?;
    if connection.json {
        print_json(&report);
    } else {
        let groups: [(&str, &[RunId]); 5] = [
            ("undone", &report.undone),
            ("finished", &report.finished),
            ("at work, left alone", &report.held),
            ("in doubt, left alone", &report.in_doubt),
            ("forgotten", &report.forgotten),
        ];
        let mut text = String::new();
        for (title, runs) in groups.into_iter().filter(|(_, runs)| !runs.is_empty()) {
            let runs: Vec<&str> = runs.iter().map(RunId::as_str).collect();
            text.push_str(&format!("{title}: {}\n", runs.join(", ")));
        }
        print(if text.is_empty() { "nothing to sweep\n" } else { &text });
        for failure in &report.failures {
            eprint!("{}", block("left behind", failure));
        }
    }
    let is_clean = report.failures.is_empty() && report.in_doubt.is_empty();
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::from(exit::LOOK) })
}
