//! COPY from objects: files found, records read, values judged by the column's type, rows handed to PostgreSQL.

mod avro;
mod convert;
mod delimited;
mod files;
mod history;
mod json;
mod producer;
mod run;

pub(crate) use run::load;
