//! What goes wrong, when and how often.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::Operation;
use crate::address::Asked;

/// Something that goes wrong. Once, unless told otherwise, and at the first request that it is about.
///
/// ```
/// use std::time::Duration;
/// use s3_test_server::{Fault, Operation};
///
/// // Each third request is throttled.
/// let throttled = Fault::slow_down().every(3);
/// // The upload is done, and nobody hears of it.
/// let lost = Fault::lost_answer().on(Operation::CompleteMultipartUpload);
/// // The second read breaks off after a megabyte.
/// let cut = Fault::cut_body(1_000_000).on(Operation::GetObject).nth(2);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    operation: Option<Operation>,
    prefix: String,
    when: When,
    seen: u64,
}

/// What is done to a request.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Answer { status: u16, code: String },
    LostAnswer,
    Reset { work_first: bool },
    CutBody { after: u64 },
    SlowBody { pause: Duration },
    Delay(Duration),
}

#[derive(Clone, Copy, Debug)]
enum When {
    First(u64),
    Nth(u64),
    Every(u64),
}

impl Fault {
    /// The request is answered so, and not carried out.
    pub fn answer(status: u16, code: impl Into<String>) -> Self {
        Self::of(Kind::Answer { status, code: code.into() })
    }

    /// Throttling: 503 `SlowDown`.
    pub fn slow_down() -> Self {
        Self::answer(503, "SlowDown")
    }

    /// 500 `InternalError`, with nothing done.
    pub fn internal_error() -> Self {
        Self::answer(500, "InternalError")
    }

    /// 412 `PreconditionFailed`.
    pub fn precondition_failed() -> Self {
        Self::answer(412, "PreconditionFailed")
    }

    /// The request is carried out and answered with 500: the caller can't know.
    pub fn lost_answer() -> Self {
        Self::of(Kind::LostAnswer)
    }

    /// The connection is closed without an answer, and nothing is done.
    pub fn reset() -> Self {
        Self::of(Kind::Reset { work_first: false })
    }

    /// The request is carried out, and the connection is closed without an answer.
    pub fn reset_after_the_work() -> Self {
        Self::of(Kind::Reset { work_first: true })
    }

    /// The connection breaks once this many bytes of the answer's body went out.
    pub fn cut_body(after: u64) -> Self {
        Self::of(Kind::CutBody { after })
    }

    /// The answer's body comes in pieces of 64 KiB with pauses between them.
    pub fn slow_body(pause: Duration) -> Self {
        Self::of(Kind::SlowBody { pause })
    }

    /// The request waits before it is carried out.
    pub fn delay(time: Duration) -> Self {
        Self::of(Kind::Delay(time))
    }

    /// Only requests of this operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only requests about keys that start so; of listings those whose prefix starts so.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The first `count` requests.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.when = When::First(count);
        self
    }

    /// The `n`th request, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.when = When::Nth(n);
        self
    }

    /// Each `k`th request; 1 is every one.
    #[must_use]
    pub fn every(mut self, k: u64) -> Self {
        self.when = When::Every(k);
        self
    }

    fn of(kind: Kind) -> Self {
        Self { kind, operation: None, prefix: String::new(), when: When::First(1), seen: 0 }
    }

    /// Counts a request, and tells whether it is hit.
    fn strikes(&mut self, asked: &Asked) -> bool {
        if self.operation.is_some_and(|operation| operation != asked.operation)
            || !asked.key.starts_with(&self.prefix)
        {
            return false;
        }
        self.seen += 1;
        match self.when {
            When::First(count) => self.seen <= count,
            When::Nth(n) => self.seen == n,
            When::Every(k) => self.seen.is_multiple_of(k.max(1)),
        }
    }
}

/// The faults that were ordered.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is to be done to this request, in the order it was ordered.
    pub(crate) fn for_request(&self, asked: &Asked) -> Vec<Kind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.iter_mut().filter_map(|fault| fault.strikes(asked).then(|| fault.kind.clone())).collect()
    }
}
