//! The calls of a target that can go wrong.

use std::fmt;

/// A call of a target, its sessions or its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Call {
    /// `Target::connect`.
    Connect,
    /// `TargetSession::recover`.
    Recover,
    /// `TargetSession::inspect`.
    Inspect,
    /// `TargetSession::prepare`.
    Prepare,
    /// `TargetSession::undo`.
    Undo,
    /// `TargetSession::commit`.
    Commit,
    /// `TargetSession::outcome`.
    Outcome,
    /// `TargetSession::tidy`.
    Tidy,
    /// `TargetSession::close`.
    Close,
    /// `Journal::read`.
    JournalRead,
    /// `Journal::begin`.
    JournalBegin,
    /// `Journal::renew`.
    JournalRenew,
    /// `Journal::fence`.
    JournalFence,
    /// `Journal::close`.
    JournalClose,
    /// `Journal::list`.
    JournalList,
    /// `Journal::forget`.
    JournalForget,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Recover => "recover",
            Self::Inspect => "inspect",
            Self::Prepare => "prepare",
            Self::Undo => "undo",
            Self::Commit => "commit",
            Self::Outcome => "outcome",
            Self::Tidy => "tidy",
            Self::Close => "close",
            Self::JournalRead => "journal.read",
            Self::JournalBegin => "journal.begin",
            Self::JournalRenew => "journal.renew",
            Self::JournalFence => "journal.fence",
            Self::JournalClose => "journal.close",
            Self::JournalList => "journal.list",
            Self::JournalForget => "journal.forget",
        })
    }
}
