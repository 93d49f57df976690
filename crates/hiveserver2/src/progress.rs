//! What a running statement tells of itself.

use crate::protocol::messages::ProgressTable;

/// News of a running statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// New lines of the operation's log, as the server wrote them.
    Log(Vec<String>),
    /// How far its tasks are. Only Tez tells.
    Progress(Progress),
}

/// How far a statement's tasks are.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Done, from 0 to 1. The server counts whole vertices.
    pub fraction: f64,
    /// Names of the columns of [`rows`](Self::rows), such as `VERTICES`, `STATUS`, `TOTAL`, `COMPLETED`.
    pub headers: Vec<String>,
    /// One row a vertex.
    pub rows: Vec<Vec<String>>,
    /// A line that sums it up, such as `VERTICES: 02/04`.
    pub summary: String,
}

impl Progress {
    /// Reads what came with a state. `None` when it says nothing.
    pub(crate) fn from_wire(table: ProgressTable) -> Option<Self> {
        if table.headers.is_empty() && table.rows.is_empty() {
            return None;
        }
        let fraction = if table.fraction.is_finite() { table.fraction.clamp(0.0, 1.0) } else { 0.0 };
        Some(Self {
            fraction,
            headers: table.headers,
            rows: table.rows,
            summary: table.summary.unwrap_or_default(),
        })
    }
}
