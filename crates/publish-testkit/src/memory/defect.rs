//! Broken rules, to see the suites fail.

/// A rule that a [`MemoryTarget`](super::MemoryTarget) breaks, so that the check of it can be seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// An append adds its rows twice, and counts them once.
    AppendsTwice,
    /// A new table appears first and gets its rows later, without a declared window.
    AppearsEmpty,
    /// A replaced table is emptied first, without a declared window.
    EmptiesFirst,
    /// The commit does not look at its requirements again.
    ChecksTooEarly,
    /// Of two commits the later one overwrites the rows of the other.
    LosesUpdates,
    /// The commit does not compare the rows staged with the rows expected.
    CountsNothing,
    /// The commit leaves the journal's entry as it is.
    ForgetsEvidence,
    /// A fenced attempt can commit.
    IgnoresFence,
    /// The outcome is told without fencing the attempt off.
    TellsWithoutFence,
    /// The journal lets an attempt begin that has begun already.
    BeginsTwice,
    /// The journal has no entry of any run when it is asked.
    ForgetsRuns,
    /// The journal's leases never end.
    HoldsForever,
    /// Undo answers, and removes nothing.
    UndoesNothing,
    /// Undo fails where there is nothing to undo.
    UndoNeedsSomething,
    /// Undo removes what other runs staged, too.
    UndoesEverything,
    /// No two plans are the same.
    PlansDiffer,
    /// Looking at a table makes it.
    InspectMakesTables,
    /// Of many misfits the first one is named.
    NamesOneMisfit,
    /// A step that is repeated adds to what its earlier try staged.
    StagesTwice,
    /// A table that is to be made without rows gets one.
    FillsEmptyTables,
    /// The journal lets a run be tried once.
    RefusesSecondAttempts,
}
