//! Result sets for tests: Arrow batches under an address, without files and without any format.

mod format;
mod shelf;
mod storage;
mod text;

pub use format::BatchFormat;
pub use shelf::ResultShelf;
pub use storage::ShelfStorage;
pub use text::{numbered_rows, row_texts};
