//! The switch that stops a run.

use tokio_util::sync::CancellationToken;

/// Stops a run. Cloning gives another handle to the same switch.
///
/// Cancelling is a wish: a run whose commit is on its way ends as the target says.
#[derive(Clone, Debug, Default)]
pub struct Cancel(CancellationToken);

impl Cancel {
    /// Asks the run to stop and put things back.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is asked.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}
