//! Amazon S3 in this process, for tests and measurements: real protocol, memory instead of disks, faults to order.
//!
//! The protocol, the signatures (version 4) and the streams with trailers are `s3s`'; what is stored, and the rules of
//! it, are here. Keys are keys, not files: `p`, `p/x` and `p//x` are three objects.
//!
//! - [`S3TestServer`] starts on a free port of this machine in a thread of its own and stops when dropped, so tests
//!   with and without a runtime use it alike.
//! - [`Fault`] orders what goes wrong: which answer, to which operation, how often.
//! - [`Request`] is what the server saw: who asked for what, and how many bytes went by. With it a test shows that no
//!   byte of data passed through somebody.
//!
//! ```
//! use s3_test_server::{Fault, Operation, S3TestServer, Settings};
//!
//! # fn main() -> std::io::Result<()> {
//! let server = S3TestServer::start(Settings::default().with_bucket("results"))?;
//! server.put("results", "jobs/7/part-0.csv", "id\n1\n");
//! server.inject(Fault::slow_down().on(Operation::GetObject).every(3));
//! assert!(server.endpoint().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.keys("results"), ["jobs/7/part-0.csv"]);
//! # Ok(())
//! # }
//! ```

mod address;
mod body;
mod fault;
mod gate;
mod identity;
mod listener;
mod operation;
mod record;
mod server;
mod settings;
mod store;

pub use fault::Fault;
pub use identity::{Identity, Rights};
pub use operation::Operation;
pub use record::Request;
pub use server::S3TestServer;
pub use settings::{ACCESS_KEY, SECRET_KEY, Settings, Tls};
