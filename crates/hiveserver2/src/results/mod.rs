//! Rows of a result: from the server's columns to Arrow.

mod decode;
mod layout;
mod size;
mod text;

pub(crate) use layout::{ResultLayout, log_lines};
pub(crate) use size::FetchSize;
