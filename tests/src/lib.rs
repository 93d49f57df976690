//! What the whole-system tests stand on: the real binary `publish`, run as a user runs it.
//!
//! A [`Place`] is a fresh folder with a database of its own. [`Place::publish`] runs the binary there and gives its
//! [`Answer`]. A [`HivePlace`] has a fresh database of a real Hive besides, a [`RedshiftPlace`] a
//! fresh schema of the emulator and a bucket.
//!
//! ```no_run
//! use publish_tests::{Place, sample};
//!
//! let place = Place::new();
//! let answer = place.publish(["run", &sample("orders/part-*.avro"), "--table", "orders", "--action", "createAndLoad"]);
//! assert_eq!(answer.code, 0, "{answer}");
//! ```

mod answer;
mod binary;
mod hive;
mod place;
mod polls;
mod proxy;
mod python;
mod redshift;
mod server;
mod snapshot;
mod table;

pub use answer::Answer;
pub use binary::binary;
pub use hive::HivePlace;
pub use place::{Place, sample};
pub use polls::{Look, Polls, poll_redshift};
pub use proxy::{Cut, CuttingProxy, Then, Wire};
pub use python::{check_values, python, python_tool};
pub use redshift::RedshiftPlace;
pub use server::{Reply, Server, add_token};
pub use snapshot::Snapshot;
pub use table::Database;
