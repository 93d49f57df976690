//! The shape of results and of tables, and whether one fits the other.

mod fit;
mod names;
mod results;
mod table;

pub use fit::{ColumnMapping, Conversion, FitRules, MappedColumn, Misfit, check_fit};
pub use names::{ColumnNaming, publish_names};
pub use results::{
    ResultColumn, ResultSchema, STORED_AS_KEY, TEXT_TYPE_KEY, stored_as, text_type, with_stored_as,
};
pub use table::{ColumnDef, TableSchema};
