//! Which type the texts of a column are of.

mod profile;
mod unify;

pub(crate) use profile::{Profile, profile_of, with_profile, without_profile};
pub(crate) use unify::{no_schema, same_columns};
