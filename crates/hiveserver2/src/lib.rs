//! An async client for HiveServer2, Apache Hive's SQL server, and for servers that speak its protocol.
//!
//! A [`Session`] is one connection. It [executes](Session::execute) one statement at a time; the running
//! [`Operation`] tells its log and progress, can be [cancelled](CancelHandle) from elsewhere, and gives its rows
//! as Arrow batches.
//!
//! ```no_run
//! use hiveserver2::{Config, Event, Session};
//!
//! # async fn example() -> hiveserver2::Result<()> {
//! let config = Config::new("hive.example.com", 10000).with_user("alice").with_database("sales");
//! let mut session = Session::open(&config).await?;
//! session.run("CREATE TABLE IF NOT EXISTS days (day DATE, total DECIMAL(12,2))").await?;
//!
//! let mut operation = session.execute("SELECT day, sum(total) FROM days GROUP BY day").await?;
//! while let Some(event) = operation.next_event().await? {
//!     match event {
//!         Event::Log(lines) => lines.iter().for_each(|line| println!("{line}")),
//!         Event::Progress(progress) => println!("{:.0} %", progress.fraction * 100.0),
//!         _ => {}
//!     }
//! }
//! while let Some(batch) = operation.fetch().await? {
//!     println!("{} rows", batch.num_rows());
//! }
//! operation.close().await?;
//! session.close().await
//! # }
//! ```
//!
//! # Connections
//!
//! [`Transport`] names the three ways: TCP with SASL PLAIN (which LDAP uses too), TCP without SASL, and HTTP. Each
//! goes with [`Tls`]. With the feature `kerberos`, `Config::with_kerberos` logs in by the ticket that `kinit` got, over SASL
//! with `auth`, `auth-int` or `auth-conf`, or over HTTP. The feature is off by default: it takes the headers of a GSSAPI
//! library and libclang to build (Debian: `libkrb5-dev`, `libclang-dev`), and the library to run.
//!
//! # Types
//!
//! | Hive | Arrow |
//! | --- | --- |
//! | BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE | Boolean, Int8, Int16, Int32, Int64, Float32, Float64 |
//! | DECIMAL(p,s) | Decimal128(p,s) |
//! | STRING, VARCHAR, CHAR | Utf8 |
//! | BINARY | Binary |
//! | DATE | Date32 |
//! | TIMESTAMP | Timestamp, microseconds unless [`TimestampUnit`] says otherwise |
//! | TIMESTAMP WITH LOCAL TIME ZONE | Timestamp in UTC |
//! | ARRAY, MAP, STRUCT, UNIONTYPE | Utf8, the text that the server makes of them |
//! | intervals | Utf8 |
//! | VOID | Null |
//!
//! Nothing is cut or rounded on the way: a value that its Arrow type cannot tell is an error that names it. Each field
//! keeps Hive's type in its metadata under `hive.type`. Names are as the server gives them, `t.id` for `SELECT *` unless
//! `hive.resultset.use.unique.column.names` is false.
//!
//! # Lost connections
//!
//! When a connection is lost the server closes the session and cancels what runs in it. Nothing is sent a second
//! time. [`Error::is_in_doubt`] says whether the statement may have taken effect.
//!
//! # Memory
//!
//! One message at a time is in memory, as sent and as Arrow. The number of rows asked for follows their size
//! ([`Config::with_target_batch_bytes`]), and a message beyond [`Config::with_max_message_bytes`] is refused. No length
//! that a server announces allocates anything.

mod cancel;
mod classify;
mod client;
mod config;
mod error;
mod operation;
mod progress;
mod protocol;
mod results;
mod session;
mod statement;
mod transport;

pub use hive_thrift::Tls;
#[cfg(feature = "kerberos")]
pub use hive_thrift::{Kerberos, Protection};

pub use cancel::CancelHandle;
pub use config::{Config, TimestampUnit, Transport};
pub use error::{Error, ErrorKind, Result};
pub use operation::Operation;
pub use progress::{Event, Progress};
pub use session::Session;
pub use statement::Statement;
