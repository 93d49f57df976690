//! The settings of a connection.

mod copy;
mod login;
mod settings;

pub use copy::CopyAuthorization;
pub use login::{ClusterLogin, Login, WorkgroupLogin};
pub use settings::{NanosecondMode, NestedMode, RedshiftConfig, SslMode};
