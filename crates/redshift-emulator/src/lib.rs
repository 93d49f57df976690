//! A stand-in for Amazon Redshift that is as strict as the service.
//!
//! [`Emulator`] starts a PostgreSQL of its own in a scratch folder and stands before it as a wire proxy. Ordinary
//! statements go through; what the service refuses is refused; what PostgreSQL doesn't know (COPY from S3,
//! distribution and sort keys, SUPER, load errors, …) is done by the proxy. The README lists what is covered.
//!
//! ```no_run
//! # async fn start() -> Result<(), redshift_emulator::StartError> {
//! use redshift_emulator::{Emulator, FolderStore};
//!
//! let emulator = Emulator::builder().with_objects(FolderStore::new("/data/buckets")).start().await?;
//! println!("psql 'host=127.0.0.1 port={} user=awsuser password=Passw0rd dbname=dev'", emulator.port());
//! # Ok(()) }
//! ```

mod catalog;
mod emulator;
mod error;
mod load;
mod objects;
mod server;
mod session;
mod sql;
mod unload;
mod wire;

pub use emulator::{Authentication, Emulator, EmulatorBuilder, Isolation};
pub use error::StartError;
pub use objects::{
    Access, Credentials, EndpointStore, FolderStore, Object, ObjectEntry, ObjectError, ObjectErrorKind,
    ObjectStore,
};
pub use server::PlainServer;
