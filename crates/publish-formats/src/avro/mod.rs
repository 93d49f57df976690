//! Avro object container files.

mod codec;
mod columns;
mod decode;
mod format;
mod header;
mod inspect;
mod schema;
mod write;

pub use format::AvroFormat;

/// What a file is made of, for those who handle it without decoding it.
pub(crate) mod blocks {
    pub(crate) use super::header::{
        BLOCK_HEAD_LEN, BlockHead, Header, SYNC_LEN, Sync, check_sync, damaged, new_sync, put_long,
    };
    pub(crate) use super::inspect::Window;
}
