//! An async client for the few calls of Hive's metastore that change a table in one transaction.
//!
//! SQL can change a table's columns or its location, not both at once. The metastore can: a [`Table`] is read, changed
//! here and written back by one call, and with [`Expected`] only if nobody else changed it in between.
//!
//! ```no_run
//! use hive_metastore::{Column, Config, Expected, Metastore};
//!
//! # async fn example() -> hive_metastore::Result<()> {
//! let config = Config::new("metastore-1.example.com", 9083)
//!     .with_host("metastore-2.example.com", 9083)
//!     .with_user("etl");
//! let mut metastore = Metastore::connect(&config).await?;
//!
//! let mut table = metastore.table("sales", "days").await?;
//! let version = table.parameter("version")?.unwrap_or_default();
//! table.set_columns(&[Column::new("day", "date"), Column::new("total", "decimal(12,2)")])?;
//! table.set_location("hdfs://nn.example.com/warehouse/sales/days_v8")?;
//! table.set_parameter("version", "8")?;
//!
//! // Columns of another type in the same place are refused otherwise; it holds for this connection alone.
//! metastore.set_conf("metastore.disallow.incompatible.col.type.changes", "false").await?;
//! let expected = Expected::new("version", version);
//! match metastore.alter_table("sales", "days", &table, Some(&expected)).await {
//!     Err(error) if error.is_in_doubt() => println!("look at the table: {error}"),
//!     other => other?,
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What survives
//!
//! A [`Table`] keeps every field as it came, those that this client does not know too. Only what a `set_*` function names is
//! other bytes than before. Grants, comments and the creation time stay with the table; owner and parameters are what
//! is written.
//!
//! # Compare and swap
//!
//! Since version 4 (HIVE-26882) the metastore compares a parameter's value within its transaction. The parameter must exist.
//! An older metastore would overlook the comparison, so it is not asked; and on one whose database is Derby the call
//! fails, after 20 s of tries. Both are [`ErrorKind::Unsupported`]: there, take a [lock](Metastore::lock), read the table again, and write it without [`Expected`]. The lock holds off
//! those who lock too, not those who do not.
//!
//! # Lost answers
//!
//! Nothing is sent a second time. [`Error::is_in_doubt`] says whether a call may have taken effect: its connection was lost
//! or timed out after the request was sent, or the metastore reported a failure that can come after its commit.
//! Read the table to find out.
//!
//! # Connections
//!
//! Bare TCP, as the metastore has it by default, or SASL PLAIN ([`Config::with_login`]), each with [`Tls`]; several hosts
//! are tried in turn. The feature `kerberos` adds logins with Kerberos (`Config::with_kerberos`), and takes the headers of a
//! GSSAPI library to build. The metastore's HTTP mode is not supported yet.
//!
//! # Memory
//!
//! One answer at a time is in memory, and one longer than [`Config::with_max_message_bytes`] is refused. No length that a
//! server announces allocates anything. What is read of an answer takes a small multiple of its length.

mod channel;
mod config;
mod error;
mod lock;
mod metastore;
mod protocol;
mod references;
mod table;

pub use hive_thrift::Tls;
#[cfg(feature = "kerberos")]
pub use hive_thrift::{Kerberos, Protection};

pub use config::Config;
pub use error::{Error, ErrorKind, Result};
pub use lock::{Lock, LockState};
pub use metastore::{Expected, Metastore};
pub use references::{Reference, is_directory_within};
pub use table::{Column, Table};
