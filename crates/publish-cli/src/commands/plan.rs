//! `publish plan`.

use std::process::ExitCode;

use publish_core::Result;

use super::{Host, current_dir};
use crate::args::RequestArgs;
use crate::output::{print, print_json};
use crate::request::request;

/// Prints what a run would do.
pub(super) async fn plan(host: &Host, args: &RequestArgs) -> Result<ExitCode> {
    let request = request(args, &current_dir()?)?;
    let target = host.connections.target(&args.connection, host.engine.registry())?;
    let plan = host.engine.plan(&target, &request).await?;
    if args.json {
        print_json(&plan);
    } else {
        print(&plan.to_string());
    }
    Ok(ExitCode::SUCCESS)
}
