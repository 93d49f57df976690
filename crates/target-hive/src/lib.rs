//! Publishes into Apache Hive: tables over directories of HDFS, replaced whole or appended to in one act.
//!
//! Hive has no transaction that spans statements, so each commit is one act: one statement that the metastore carries out
//! in one transaction, or one rename on HDFS. Everything before it happens beside the table, where no reader looks, and
//! everything after it is tidying up. What the act is depends on what the table is, which is read from the table itself:
//!
//! | | external or translated table | insert-only table |
//! | --- | --- | --- |
//! | `create` | `CREATE EXTERNAL TABLE` over a directory of the run | `CREATE TABLE` |
//! | `createAndLoad` | the directory is filled, then that same statement | made and loaded beside, then `RENAME` |
//! | `load` | one file is renamed into the table's directory | `LOAD DATA` |
//! | `truncateAndLoad` | a new directory is filled, then `SET LOCATION` | `LOAD DATA OVERWRITE` |
//! | `dropAndLoad` | the same, where the columns stay as they are | the same |
//!
//! Where the results of `dropAndLoad` have other columns, the best way that the connection allows is taken:
//!
//! | connection | way | readers may see |
//! | --- | --- | --- |
//! | `front` is `view` | one table a version, `CREATE OR REPLACE VIEW` over it | the old version or the new one |
//! | `metastore` is named, external table | columns, location and version by one call of it, compared and swapped | the same, but for the instant of the call, which the plan declares: old columns over new files |
//! | neither, or insert-only | the table is renamed away and the new one in | an error for 0.2 to 0.7 s, which the plan declares |
//!
//! With `metastore`, rows alone are replaced by the same call: of two engines exactly one wins. All connections to a table should
//! name it, since a `SET LOCATION` compares nothing. A metastore on Derby can't compare; its lock is taken instead, and it takes
//! 20 s to say so. An engine that dies between the two renames leaves no table under the name until its lease is over and
//! another run on the table, or a sweep, finishes what it began.
//!
//! Tables with row updates (full ACID), partitions or buckets, views and tables of other storage handlers are refused by
//! name. Directories of versions are called `<table>.pub_<run>_<attempt>`; one that was replaced is removed after a grace,
//! since statements that were prepared before go on reading it, and only if no other table has files in it: below it, above
//! it, or in a partition. The metastore is asked where it is named; else each table is described, up to 5000 with their
//! partitions, for half of the time that a removal has. What can't be proved is left, and reported.
//! [`HiveConfig::reference_databases`] narrows the search.
//!
//! # Files
//! Avro and Parquet results are taken as they are where Hive is known to read each column right, see [`files::decide`];
//! everything else is encoded anew, in types that the table's columns hold exactly: by the engine, or by Hive itself above
//! [`HiveConfig::restage_limit`]. Columns only widen; texts for `varchar` and `char` are measured, because Hive cuts them
//! silently. Files that are taken as they are can be moved instead of copied, see [`HiveConfig::consume_results`].
//!
//! How a server reads times and old dates is asked for before each plan. A request may say `consumeResults`, `appendFiles` and
//! `restageLimit` in its `options.extra`.
//!
//! # Exactly once
//! The journal is a folder of small files on HDFS, see [`journal`]. The act and the journal are in two systems, so after a
//! crash evidence at the table decides: directories, files and the property `publish.version` carry run and attempt.
//!
//! # Rights
//! The engine writes to HDFS as one user, HiveServer2 as another (its own, with `doAs` off). Both need to write to the
//! staging folder, to the warehouse folder and to the directories of tables that are published to; `LOAD DATA` moves files
//! that the engine wrote.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use arrow_schema::{DataType, Field, Schema};
//! use publish_core::{Registry, ResultSchema};
//! use target_hive::{HiveFactory, HiveTarget};
//!
//! # fn main() -> publish_core::Result<()> {
//! let registry = Registry::new().with_target(Arc::new(HiveFactory));
//! let settings = serde_json::json!({"hosts": ["hive.example.com:10000"], "staging": "hdfs://nn/publish", "user": "etl"});
//! let target = registry.build_target(&HiveTarget::NAME, settings.as_object().unwrap())?;
//!
//! let results = ResultSchema::new(Arc::new(Schema::new(vec![
//!     Field::new("Id", DataType::UInt32, false),
//!     Field::new("price", DataType::Decimal128(12, 2), true),
//! ])));
//! let table = target.map_schema(&results)?;
//! assert_eq!((table.columns[0].name.as_str(), table.columns[0].sql_type.as_str()), ("id", "bigint"));
//! assert_eq!(table.columns[1].sql_type, "decimal(12,2)");
//! assert_eq!(target.table_name(&["Sales".to_owned()], "Orders")?.to_string(), "sales.orders");
//! # Ok(())
//! # }
//! ```

mod commit;
mod config;
mod ddl;
mod error;
pub mod files;
pub mod journal;
mod metastore;
mod plan;
mod session;
mod table;
mod target;
mod types;

pub use config::{
    AppendFiles, FileLayout, Front, HiveAuth, HiveClientCertificate, HiveConfig, HiveKerberos,
    HiveProtection, HiveTls, HiveTransport, NewTableKind, Statistics,
};
pub use table::{TableFormat, TableKind};
pub use target::{HiveFactory, HiveTarget};
pub use types::HiveType;
