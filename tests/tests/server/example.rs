//! The documented example on SQLite, and what the other tests of the server begin with.

use publish_tests::{Server, sample};
use serde_json::{Value, json};

/// A connection to the database `publish-warehouse.sqlite` of the server's folder.
pub(crate) fn connect_sqlite(server: &Server) -> i64 {
    server.connect(
        &json!({"vendor": "sqlite", "name": "local", "params": {"file": "publish-warehouse.sqlite"}}),
    )
}

/// The sample orders in one format, as outputs of a job group.
pub(crate) fn orders(format: &str) -> Value {
    let ending = if format == "pqt" { "parquet" } else { format };
    let uri = format!("file://{}", sample(&format!("orders/part-*.{ending}")));
    json!([{"flowNodeId": 10, "format": format, "uri": uri}])
}

/// The documented request, with this connection and action, for SQLite.
pub(crate) fn request(connection: i64, action: &str) -> Value {
    json!({
        "connection": {"id": connection}, "path": ["main"], "table": "test_table3", "action": action,
        "inputFormat": "avro", "flowNodeId": 10
    })
}
