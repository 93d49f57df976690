//! COPY from objects: files found, records read, values judged by the column's type, rows handed to PostgreSQL.

mod avro;
mod avro_container;
mod cancel;
mod columnar;
mod convert;
mod delimited;
mod encoding;
mod files;
mod history;
mod json;
mod json_paths;
mod producer;
mod progress;
mod rows;
mod run;
mod text;

pub(crate) use cancel::Cancels;
pub(crate) use run::load;
