//! Calls that can't hang a run.

use std::future::Future;
use std::sync::Arc;

use crate::{Error, ErrorKind, Result, Retry, RunContext, Target, TargetSession};

use super::EngineSettings;

/// Awaits `call` until the run's deadline. A call that overruns it is dropped, and counts as a lost answer.
pub(super) async fn within<T>(context: &RunContext, call: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout_at(context.deadline(), call).await {
        Ok(result) => result,
        Err(_) => {
            Err(Error::new(ErrorKind::TimedOut, "The call took longer than the run may; give it more time")
                .with_retry(Retry::InDoubt))
        }
    }
}

/// Awaits `call` until the run's deadline, or until it was cancelled and had its time to stop by itself.
pub(super) async fn stoppable<T>(
    context: &RunContext,
    settings: &EngineSettings,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    context.check_cancelled()?;
    let overrun = async {
        context.cancelled().await;
        tokio::time::sleep(settings.cancel_grace).await;
    };
    tokio::select! {
        biased;
        result = within(context, call) => result,
        () = overrun => Err(RunContext::cancelled_error()),
    }
}

/// A session that is opened when it is needed, and again after it broke.
#[derive(Debug)]
pub(super) struct Connection<'a> {
    target: &'a Arc<dyn Target>,
    session: Option<Box<dyn TargetSession>>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(target: &'a Arc<dyn Target>) -> Self {
        Self { target, session: None }
    }

    /// The open session, or a new one.
    pub(super) async fn session(&mut self, context: &RunContext) -> Result<&mut Box<dyn TargetSession>> {
        let session = match self.session.take() {
            Some(session) => session,
            None => within(context, self.target.connect(context)).await?,
        };
        Ok(self.session.insert(session))
    }

    /// Gives up the session: after an error nobody knows in what state it is.
    pub(super) fn drop_session(&mut self) {
        self.session = None;
    }

    /// Closes the session. What it says is of no use any more: everything that matters was answered before.
    pub(super) async fn close(mut self, context: &RunContext) {
        if let Some(session) = self.session.take()
            && let Err(error) = within(context, session.close()).await
        {
            tracing::debug!(error = %error, "closing a session failed");
        }
    }
}

/// Repeats `$call` while its error says that this is safe, with waits in between, under the run's deadline and switch.
/// `$on_retry` hears the number of the coming try and the error.
macro_rules! repeat {
    ($context:expr, $settings:expr, $call:expr, $on_retry:expr) => {{
        let mut attempt = 1_u32;
        loop {
            let error: $crate::Error = match $call.await {
                Ok(value) => break Ok(value),
                Err(error) => error,
            };
            if error.retry() != $crate::Retry::Safe {
                break Err(error);
            }
            if attempt >= $settings.max_attempts {
                break Err(error.with_retry($crate::Retry::Exhausted));
            }
            attempt += 1;
            let delay = $settings.delay_before(attempt);
            if delay >= $context.remaining() {
                break Err(error.with_retry($crate::Retry::Exhausted));
            }
            $on_retry(attempt, &error);
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = $context.cancelled() => break Err($crate::RunContext::cancelled_error()),
            }
        }
    }};
}
pub(super) use repeat;
