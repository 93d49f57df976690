//! Publishes into Amazon Redshift: COPY from S3 inside one transaction, with what the table keeps.

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
