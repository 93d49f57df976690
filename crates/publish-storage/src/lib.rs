//! Where result files live: local disks, HDFS, S3 and memory, behind the one trait [`Storage`](publish_core::Storage).
//!
//! - [`FileStorage`] answers for `file://`: the disks of this machine, and what is mounted on it.
//! - `HdfsStorage` answers for `hdfs://` and `viewfs://`, with the feature `hdfs`.
//! - `S3Storage` answers for `s3://`, `s3a://` and `s3n://`, with the feature `s3`.
//! - [`MemoryStorage`] answers for `mem://`: files of this process, for tests and for small hosts.
//! - [`local_location`] turns what a person types, `../jobs/7/*.avro`, into an address.
//!
//! ```
//! use bytes::Bytes;
//! use publish_core::{Location, Storage};
//! use publish_storage::MemoryStorage;
//!
//! # #[tokio::main]
//! # async fn main() -> publish_core::Result<()> {
//! let storage = MemoryStorage::default();
//! let at = Location::parse("mem:///jobs/7/part-0.csv")?;
//!
//! let mut writer = storage.create(&at).await?;
//! writer.write(Bytes::from_static(b"id,name\n1,Ada\n")).await?;
//! assert!(storage.head(&at).await.is_err(), "a file is not there before it is finished");
//!
//! let file = writer.finish().await?;
//! assert_eq!(file.size, 14);
//! assert_eq!(storage.read(&at, 0..7).await?, "id,name");
//! # Ok(())
//! # }
//! ```

mod address;
mod file;
#[cfg(feature = "hdfs")]
mod hdfs;
mod memory;
#[cfg(feature = "s3")]
mod s3;
mod temp_name;

pub use address::local_location;
pub use file::FileStorage;
#[cfg(feature = "hdfs")]
pub use hdfs::{HdfsConfig, HdfsStorage};
pub use memory::MemoryStorage;
#[cfg(feature = "s3")]
pub use s3::{S3Config, S3Storage};
