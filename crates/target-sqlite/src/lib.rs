//! Publishes into a SQLite file: the embedded target that needs no server.
//!
//! Every action is one transaction under the database's write lock. It checks that the table is still the one that was
//! planned for, makes or empties it, inserts the rows, counts them, writes the run's evidence into `publish_journal`,
//! a table in the same file, and commits. Readers on connections of their own see the old table or the new one: the
//! database is kept in WAL mode. A process that dies leaves an open transaction, which SQLite takes back by itself.
//!
//! # Values
//! SQLite keeps five kinds of values, and a column's declared type may turn a text into a number. Columns are therefore
//! declared so that every value stays whole, and the plan's notes say how:
//!
//! | results | column | kept as |
//! | --- | --- | --- |
//! | boolean | `BOOLEAN` | 0 or 1 |
//! | integers | `SMALLINT`, `INTEGER`, `BIGINT` | integer; unsigned 64-bit ones as [`UnsignedMode`] says |
//! | floating point | `REAL`, `DOUBLE` | eight-byte number; NaN and infinities are refused, -0.0 becomes 0.0 |
//! | decimal | `DECIMAL TEXT(p,s)` | text with every digit |
//! | date, time, timestamp | `DATE TEXT`, `TIME TEXT`, `TIMESTAMP TEXT` | text that sorts by time, years 0001 to 9999 |
//! | timestamp with zone | `TIMESTAMPTZ TEXT` | the same in UTC, with `+00:00` |
//! | text | `VARCHAR` | text |
//! | bytes | `BLOB` | bytes |
//! | list, struct, map | `JSON TEXT` | JSON |
//!
//! # Several engines
//! There is one write lock a file, so a second engine waits for it, up to its run's deadline. An attempt that is under
//! way holds the lock of a small file beside the database, by which others see that its engine lives; a process that is
//! killed loses it at once, and its run can be taken over.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use arrow_schema::{DataType, Field, Schema};
//! use publish_core::{Registry, ResultSchema};
//! use target_sqlite::{SqliteFactory, SqliteTarget};
//!
//! # fn main() -> publish_core::Result<()> {
//! let registry = Registry::new().with_target(Arc::new(SqliteFactory));
//! let mut settings = serde_json::Map::new();
//! settings.insert("file".to_owned(), "warehouse.sqlite".into());
//! let target = registry.build_target(&SqliteTarget::NAME, &settings)?;
//!
//! let results = ResultSchema::new(Arc::new(Schema::new(vec![
//!     Field::new("id", DataType::Int64, false),
//!     Field::new("price", DataType::Decimal128(12, 2), true),
//! ])));
//! let table = target.map_schema(&results)?;
//! assert_eq!(table.columns[1].sql_type, "DECIMAL TEXT(12,2)");
//! assert_eq!(table.notes, ["price: kept as text, digit for digit"]);
//! assert!(target.check_fit(&results, &table).is_ok());
//! assert!(target.table_name(&[], "a.b").is_err());
//! # Ok(())
//! # }
//! ```

mod cells;
mod commit;
mod config;
mod database;
mod declared;
mod dependents;
mod error;
mod filesystem;
mod fit;
mod inspect;
mod journal;
mod lease;
mod load;
mod nested;
mod plan;
mod preview;
mod script;
mod session;
mod sql;
mod stored;
mod target;
mod text;
mod types;

pub use config::{SqliteConfig, UnsignedMode};
pub use preview::Preview;
pub use target::{SqliteFactory, SqliteTarget};
