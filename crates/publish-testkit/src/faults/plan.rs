//! Which calls go wrong, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use publish_core::{Commit, Committed, Error, ErrorKind, Result, Retry, RunContext, TargetSession};

use super::Call;

/// How a call goes wrong.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// It fails, and nothing is done.
    Fail(ErrorKind, Retry),
    /// It is done, and its answer is lost: [`Unavailable`](ErrorKind::Unavailable), in doubt.
    LoseAnswer,
    /// It is lost on its way: nothing is done, and the caller can't tell.
    LoseRequest,
    /// Nothing is done, and it never answers.
    Hang,
    /// It is done, and it never answers.
    HangAfter,
    /// It never answers, and is done when [`Faults::deliver`] says so, however long its caller has been gone. Commits
    /// only; another call hangs.
    Late,
    /// It begins after a while.
    Delay(Duration),
    /// Something else happens right before it.
    After(Arc<dyn Fn() + Send + Sync>),
    /// It can't tell: an outcome is `Unknown`. Another call fails as [`LoseRequest`](Self::LoseRequest).
    CannotTell,
    /// It panics, as a target with a fault of its own would.
    Panic,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail(kind, retry) => return write!(f, "Fail({kind:?}, {retry:?})"),
            Self::Delay(time) => return write!(f, "Delay({time:?})"),
            Self::LoseAnswer => "LoseAnswer",
            Self::LoseRequest => "LoseRequest",
            Self::Hang => "Hang",
            Self::HangAfter => "HangAfter",
            Self::Late => "Late",
            Self::After(_) => "After",
            Self::CannotTell => "CannotTell",
            Self::Panic => "Panic",
        })
    }
}

/// The faults of a target, and the calls it had. Clones share them.
///
/// ```
/// use publish_core::{ErrorKind, Retry};
/// use publish_testkit::faults::{Call, Fault, Faults};
///
/// let faults = Faults::default();
/// faults.strike(Call::Prepare, 1, Fault::Fail(ErrorKind::Unavailable, Retry::Safe));
/// faults.strike_all(Call::JournalRenew, Fault::LoseRequest);
/// assert!(faults.calls().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    once: BTreeMap<(Call, usize), Fault>,
    always: BTreeMap<Call, Fault>,
    calls: Vec<Call>,
    late: Vec<LateCommit>,
}

#[derive(Debug)]
pub(super) struct LateCommit {
    pub(super) session: Box<dyn TargetSession>,
    pub(super) commit: Commit,
    pub(super) run: RunContext,
}

impl Faults {
    /// Lets the `nth` call of this sort from now on, from 1, go wrong.
    pub fn strike(&self, call: Call, nth: usize, fault: Fault) {
        let mut state = self.state();
        let had = state.calls.iter().filter(|&&had| had == call).count();
        state.once.insert((call, had + nth), fault);
    }

    /// Lets every call of this sort go wrong, until [`heal`](Self::heal).
    pub fn strike_all(&self, call: Call, fault: Fault) {
        self.state().always.insert(call, fault);
    }

    /// Lets every call go well from now on.
    pub fn heal(&self) {
        let mut state = self.state();
        state.once.clear();
        state.always.clear();
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How many calls of this sort there were.
    pub fn count(&self, call: Call) -> usize {
        self.state().calls.iter().filter(|&&had| had == call).count()
    }

    /// Lets the commits arrive that were [`Late`](Fault::Late), in order, and tells what each came to.
    pub async fn deliver(&self) -> Vec<Result<Committed>> {
        let late = std::mem::take(&mut self.state().late);
        let mut answers = Vec::new();
        for mut late in late {
            answers.push(late.session.commit(&late.commit, &late.run).await);
        }
        answers
    }

    pub(super) fn keep_late(&self, commit: LateCommit) {
        self.state().late.push(commit);
    }

    /// Hears a call, and tells what is to go wrong with it.
    pub(super) fn hear(&self, call: Call) -> Option<Fault> {
        let mut state = self.state();
        state.calls.push(call);
        let number = state.calls.iter().filter(|&&had| had == call).count();
        state.once.remove(&(call, number)).or_else(|| state.always.get(&call).cloned())
    }

    /// Hears a call and carries it out, or lets it go wrong.
    pub(super) async fn carry_out<T>(&self, call: Call, work: impl Future<Output = Result<T>>) -> Result<T> {
        let fault = self.hear(call);
        Self::suffer(call, fault, work).await
    }

    /// Carries a call out with its fault.
    pub(super) async fn suffer<T>(
        call: Call,
        fault: Option<Fault>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match fault {
            None => work.await,
            Some(Fault::Fail(kind, retry)) => Err(Error::new(kind, "The call was made to fail")
                .with_retry(retry)
                .with_context("call", call)),
            Some(Fault::LoseAnswer) => {
                work.await?;
                Err(lost(call))
            }
            Some(Fault::LoseRequest | Fault::CannotTell) => Err(lost(call)),
            Some(Fault::Hang | Fault::Late) => std::future::pending().await,
            Some(Fault::HangAfter) => {
                work.await?;
                std::future::pending().await
            }
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(time).await;
                work.await
            }
            Some(Fault::After(act)) => {
                act();
                work.await
            }
            Some(Fault::Panic) => std::panic::resume_unwind(Box::new("the call was made to panic")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn lost(call: Call) -> Error {
    Error::new(ErrorKind::Unavailable, "The connection was lost before the call was answered")
        .with_retry(Retry::InDoubt)
        .with_context("call", call)
}
