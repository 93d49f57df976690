//! `publish run`.

use std::process::ExitCode;
use std::sync::Arc;

use publish_core::{Cancel, EventSink, NoEvents, Result, RunOutcome};

use super::show::show_table;
use super::{Host, current_dir};
use crate::args::RunArgs;
use crate::exit;
use crate::output::reported;
use crate::progress::TerminalProgress;
use crate::request::request;

/// Publishes. Ctrl-C cancels the run; a second one ends the program, and the journal knows.
pub(super) async fn run(host: &Host, args: &RunArgs) -> Result<ExitCode> {
    let asked = &args.request;
    let request = request(asked, &current_dir()?)?;
    let target = host.connections.target(&asked.connection, host.engine.registry())?;
    let events: Arc<dyn EventSink> = if args.quiet || asked.json {
        Arc::new(NoEvents)
    } else {
        Arc::new(TerminalProgress::new(args.verbose))
    };
    let cancel = Cancel::default();
    let publish = host.engine.publish(&target, &request, events, &cancel);
    let report = tokio::select! {
        report = publish => report?,
        never = cancel_on_interrupt(&cancel) => match never {},
    };
    let code = reported(&report, asked.json);
    if args.show && !asked.json && report.outcome == RunOutcome::Published {
        show_table(host, &asked.connection, &report.table.name, 10, false).await?;
    }
    Ok(code)
}

async fn cancel_on_interrupt(cancel: &Cancel) -> std::convert::Infallible {
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("cancelling; once more ends the program at once");
        cancel.cancel();
    }
    if cancel.is_cancelled() && tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(exit::INTERRUPTED);
    }
    std::future::pending().await
}
