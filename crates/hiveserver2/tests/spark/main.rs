//! Against Spark's Thrift server, which speaks HiveServer2's protocol in its own way.
//!
//! `SPARK_THRIFT` names one that runs, as `host:port`: `tests/spark.sh` starts it. Without it the tests are left out.

mod server;
mod statements;
mod types;
