//! `publish check`.

use std::process::ExitCode;

use publish_core::{Check, Result};
use serde_json::json;

use super::Host;
use crate::args::ConnectionArgs;
use crate::exit;
use crate::output::{block, print, print_json};

/// Tries everything that a publish needs of a connection. Leaves nothing changed.
pub(super) async fn check(host: &Host, args: &ConnectionArgs) -> Result<ExitCode> {
    let target = host.connections.target(&args.connection, host.engine.registry())?;
    let checks = host.engine.check(&target).await;
    let code = checks.iter().find_map(|check| check.found.as_ref().err()).map_or(0, exit::of_error);
    if args.json {
        print_json(&json!({
            "connection": args.connection, "target": target.name(), "place": target.identity(),
            "checks": checks, "exitCode": code,
        }));
    } else {
        print(&format!("{}: {}\n", args.connection, target.identity()));
        checks.iter().for_each(tell);
    }
    Ok(ExitCode::from(code))
}

fn tell(check: &Check) {
    match &check.found {
        Ok(found) => print(&format!("ok      {}: {found}\n", check.what)),
        Err(error) => print(&block(&format!("FAILED  {}", check.what), error)),
    }
}
