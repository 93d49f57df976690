//! Where the server is.

use std::io::Write;

use arrow_array::RecordBatch;
use hiveserver2::{Config, Session};

/// Host and port of a Thrift server of Spark that runs.
const RUNNING: &str = "SPARK_THRIFT";

/// A way to the server by SASL PLAIN, or `None` when there is none.
pub(crate) fn config() -> Option<Config> {
    let Ok(address) = std::env::var(RUNNING) else {
        // Straight to the terminal: a test's own output is hidden when it passes.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: the tests with Spark's Thrift server, for {RUNNING} is not set"
        );
        return None;
    };
    let (host, port) = address.rsplit_once(':').expect("host:port");
    Some(Config::new(host, port.parse().expect("a port")).with_user("alice"))
}

/// Opens a session, or tells why it cannot.
pub(crate) async fn open(config: &Config) -> Session {
    Session::open(config).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// The one batch that a query gives.
pub(crate) async fn one_batch(config: &Config, sql: &str) -> RecordBatch {
    let mut session = open(config).await;
    let mut operation = session.execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let batch = operation.fetch().await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let batch = batch.expect("rows");
    operation.close().await.expect("closed");
    session.close().await.expect("closed");
    batch
}
