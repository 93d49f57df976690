//! The lease of a run, kept while it lives.

use std::future::Future;
use std::sync::Arc;

use crate::{RunContext, Target};

use super::EngineSettings;
use super::call::Connection;

/// Runs `work`, and renews the run's lease beside it on a session of its own.
///
/// A renewal that fails is no reason to stop: whether an attempt may still commit is decided by the commit itself, not
/// by a clock.
pub(super) async fn holding_lease<T>(
    target: &Arc<dyn Target>,
    context: &RunContext,
    settings: &EngineSettings,
    work: impl Future<Output = T>,
) -> T {
    if !context.keeps_journal() {
        return work.await;
    }
    tokio::select! {
        biased;
        result = work => result,
        never = renew_forever(target, context, settings) => match never {},
    }
}

async fn renew_forever(
    target: &Arc<dyn Target>,
    context: &RunContext,
    settings: &EngineSettings,
) -> std::convert::Infallible {
    let mut connection = Connection::new(target);
    loop {
        tokio::time::sleep(settings.renew_every).await;
        let call = context.apart(settings.renew_every);
        let renewed = match connection.session(&call).await {
            Ok(session) => {
                let renewal = session.journal().renew(context.run(), context.attempt());
                super::call::within(&call, renewal).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = renewed {
            tracing::warn!(run = %context.run(), error = %error, "renewing the lease failed");
            connection.drop_session();
        }
    }
}
