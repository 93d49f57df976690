//! UNLOAD: the rows of a query, written to objects.

mod run;
mod text;

pub(crate) use run::run_unload;
