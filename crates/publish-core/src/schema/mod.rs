//! The shape of results and of tables, and whether one fits the other.

mod fit;
mod names;
mod results;
mod table;

pub use fit::{ColumnMapping, Conversion, FitRules, MappedColumn, Misfit, check_fit};
pub use names::{ColumnNaming, publish_names};
pub use results::{ResultColumn, ResultSchema, TEXT_TYPE_KEY, text_type};
pub use table::{ColumnDef, TableSchema};
