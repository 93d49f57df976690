//! A look at a target that publishes nothing.

use std::sync::Arc;

use crate::{Check, Phase, Result, RunContext, RunId, Target, TargetSession};

use super::Engine;
use super::call::within;

/// See [`Engine::check`].
pub(super) async fn check(engine: &Engine, target: &Arc<dyn Target>) -> Vec<Check> {
    let context = RunContext::new(RunId::generate(), engine.settings.undo_time)
        .with_storages(engine.registry.storages().clone());
    let mut session = match within(&context, target.connect(&context)).await {
        Ok(session) => session,
        Err(error) => return vec![Check::new("connection", Err(error))],
    };
    let mut checks = match within(&context, async { Ok(session.check(&context).await) }).await {
        Ok(checks) => checks,
        Err(error) => return vec![Check::new("connection", Err(error))],
    };
    checks.push(Check::new("journal", journal(session.as_mut(), &context).await));
    // Everything that matters was answered before.
    if let Err(error) = within(&context, session.close()).await {
        tracing::debug!(error = %error, "closing a session failed");
    }
    checks
}

async fn journal(session: &mut dyn TargetSession, context: &RunContext) -> Result<String> {
    let entries = within(context, session.journal().list()).await?;
    let count = |phase: Phase| entries.iter().filter(|entry| entry.phase == phase).count();
    let unfinished = count(Phase::Prepared) + count(Phase::Abandoned);
    let advice = if unfinished > 0 { "; sweep finishes those of dead engines" } else { "" };
    Ok(format!(
        "{} run(s), {} published, {unfinished} unfinished{advice}",
        entries.len(),
        count(Phase::Published)
    ))
}
