//! Cancels a statement from outside.

use std::fmt;

use hive_thrift::Host;

use crate::client::Client;
use crate::config::Config;
use crate::error::Result;
use crate::protocol::messages::{CancelOperation, OperationHandle};

/// Stops a running statement over a connection of its own, since that of the statement waits for its answer.
///
/// It may be kept and sent anywhere while the statement is being waited for.
#[derive(Clone)]
pub struct CancelHandle {
    config: Config,
    host: Host,
    operation: OperationHandle,
}

impl CancelHandle {
    pub(crate) fn new(config: Config, host: Host, operation: OperationHandle) -> Self {
        Self { config, host, operation }
    }

    /// Asks the server to stop the statement.
    ///
    /// Whoever waits for the statement gets an error of kind Cancelled. The statement may have
    /// taken effect just before. Cancelling one that is finished does nothing.
    ///
    /// # Errors
    ///
    /// When no second connection can be made, or the server no longer knows the statement.
    pub async fn cancel(&self) -> Result<()> {
        let mut client = Box::pin(Client::connect(&self.config, &self.host)).await?;
        let reply = client.call(&CancelOperation { operation: self.operation.clone() }).await?;
        reply.status.check()
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The handle's secret is the key to the statement.
        f.debug_struct("CancelHandle").field("server", &self.host).finish_non_exhaustive()
    }
}
