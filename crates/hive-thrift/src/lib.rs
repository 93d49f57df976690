//! What Hive's Thrift servers have in common: the binary protocol, and TCP connections with TLS and SASL.
//!
//! The clients of HiveServer2 and of the metastore are built on it. It knows no call of either.
//!
//! * [`codec`] turns bytes of a message into values and back, without any I/O. [`messages!`] declares structs the way
//!   an IDL does; a [`Record`](codec::Record) keeps a struct's fields as they came, those unknown to us too.
//! * [`connect`] opens a socket, with [`Tls`] where it is asked for; [`SaslConnection`] and [`UnframedConnection`]
//!   carry messages over it.
//!
//! The feature `kerberos` adds `Kerberos` logins by the system's GSSAPI library. It is off by default, for building it takes
//! the library's headers and libclang (Debian: `libkrb5-dev`, `libclang-dev`).
//!
//! No length that a server announces allocates anything, and no nesting can overflow a stack.
//!
//! ```no_run
//! use hive_thrift::codec::{Reply, encode, open, read};
//! use hive_thrift::{Host, UnframedConnection, connect, messages};
//!
//! messages! {
//!     struct GetMetaConf {
//!         1 key: String,
//!     }
//!
//!     struct GetMetaConfResult {
//!         0 success: Option<String>,
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let stream = connect(&Host::new("metastore.example.com", 9083), None).await?;
//! let mut connection = UnframedConnection::new(stream, 1 << 20);
//! let call = GetMetaConf { key: "metastore.try.direct.sql".to_owned() };
//! let answer = connection.round_trip(&encode("getMetaConf", 1, &call)).await?;
//! match open(&answer, "getMetaConf", 1)? {
//!     Reply::Result(result) => println!("{:?}", read::<GetMetaConfResult>(&result)?.success),
//!     Reply::Exception(text) => println!("the call failed: {text}"),
//! }
//! # Ok(())
//! # }
//! ```

pub mod codec;
mod error;
mod host;
#[cfg(feature = "kerberos")]
mod kerberos;
mod tls;
mod transport;

pub use error::{Error, ErrorKind, Result};
pub use host::Host;
#[cfg(feature = "kerberos")]
pub use kerberos::{Kerberos, Protection};
pub use tls::Tls;
pub use transport::{SaslConnection, Stream, UnframedConnection, connect};
