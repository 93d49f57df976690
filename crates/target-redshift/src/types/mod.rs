//! Types both ways: which column the results get, and which columns of a table hold them.

mod columnar;
mod declared;
mod fit;
mod limits;
mod map;

pub(crate) use columnar::{is_columnar, staged_as};
pub(crate) use declared::{Declared, MAX_VARCHAR};
pub(crate) use fit::{RedshiftFit, read_into_new};
pub(crate) use limits::limits;
pub(crate) use map::map_schema;
