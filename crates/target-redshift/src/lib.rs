//! Publishes into Amazon Redshift: COPY from S3 inside one transaction, with what the table keeps.
//!
//! # The way of the rows
//! Results must be on S3. COPY reads them itself where they load right as they are; no byte of them passes through the
//! engine then, but headers and, for CSV, one counting pass. Else the engine stages them first: as Parquet, or, where a
//! column does not go from Parquet into Redshift (nested values, times of day, unsigned and widened numbers), as JSON
//! lines. The plan says which, and why. COPY is always given a manifest of exactly these files.
//!
//! | files | as they are, unless |
//! | --- | --- |
//! | Parquet | a column's type is not the very one of the table's column; there are UUIDs |
//! | Avro | a column has a logical type or is nested; the codec is not null, deflate or snappy; a block is too long |
//! | CSV | columns of texts have both nulls and empty strings; decimals have more digits than their column; no header |
//! | JSON | always staged |
//!
//! # Transactions
//! Each publish is one transaction, whose last statement before `COMMIT` is the run's evidence:
//!
//! | what | how |
//! | --- | --- |
//! | create, createAndLoad | `CREATE TABLE`, `COPY` |
//! | load | `COPY` |
//! | truncateAndLoad | `DELETE`, `COPY`; never `TRUNCATE`, which commits the transaction it runs in |
//! | dropAndLoad, same columns | as truncateAndLoad |
//! | dropAndLoad, other columns | the new table is loaded beside, then takes the old one's place under a short lock, with its grants, owner, comments and keys |
//!
//! Rows are counted by the service and compared with what the files hold before the commit. The last way declares a
//! window: the service's catalog is not under snapshot isolation, so a reader may get "relation does not exist" at the
//! instant of the exchange.
//!
//! # Settings
//! [`RedshiftConfig::from_settings`] lists those of a connection. A request may have, in `options.extra`: `distStyle`,
//! `distKey`, `sortKey`, `encode` (of a new table); `replaceBy` (`delete`; `staging` locks the table only while rows that
//! were loaded beside are put in; `truncate` is fast and **not atomic**: readers see an empty table until the load has
//! ended, and if it fails the old rows are gone); `views` (`refuse`, `rebind`, `cascade`); `load` (`auto`, `direct`,
//! `staged`); `vacuum`; `copy` (`truncateColumns`, `acceptInvChars`, `blanksAsNull`, `emptyAsNull`).
//!
//! # Exactly once
//! The schema `publish` (another by setting) has the tables `publish_journal` and `publish_lease`, and for each run that
//! is under way a table `publish_run_<id>` of one row. A commit turns that row from `prepared` to `published`; whoever
//! gives the run up turns it to `abandoned`; the service lets one of them win. The row has a table of its own because the
//! service finds conflicts by tables: runs on different tables must not end each other's transactions.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use arrow_schema::{DataType, Field, Schema};
//! use publish_core::{Registry, ResultSchema};
//! use target_redshift::{RedshiftFactory, RedshiftTarget};
//!
//! # fn main() -> publish_core::Result<()> {
//! let registry = Registry::new().with_target(Arc::new(RedshiftFactory));
//! let settings = serde_json::json!({
//!     "host": "example.eu-west-1.redshift-serverless.amazonaws.com",
//!     "database": "dev",
//!     "user": "loader",
//!     "password": "secret",
//!     "sslmode": "disable",
//!     "iam_role": "default",
//! });
//! let target = registry.build_target(&RedshiftTarget::NAME, settings.as_object().expect("an object"))?;
//!
//! let results = ResultSchema::new(Arc::new(Schema::new(vec![
//!     Field::new("Id", DataType::Int64, false),
//!     Field::new("price", DataType::Decimal128(12, 2), true),
//! ])));
//! let table = target.map_schema(&results)?;
//! assert_eq!(table.columns[0].name, "id");
//! assert_eq!(table.columns[1].sql_type, "DECIMAL(12,2)");
//! assert_eq!(target.table_name(&[], "MySchema.Orders")?.to_string(), "myschema.orders");
//! # Ok(())
//! # }
//! ```

mod commit;
mod config;
mod connect;
mod detail;
mod error;
mod inspect;
mod journal;
mod layout;
mod load;
mod load_errors;
mod manifest;
mod names;
mod options;
mod plan;
mod progress;
mod script;
mod session;
mod sql;
mod surroundings;
mod target;
mod types;

pub use config::{
    ClusterLogin, CopyAuthorization, Login, NanosecondMode, NestedMode, RedshiftConfig, SslMode,
    WorkgroupLogin,
};
pub use target::{RedshiftFactory, RedshiftTarget};
