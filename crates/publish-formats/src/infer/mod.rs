//! Which type the texts of a column are of.

mod profile;
mod unify;

pub(crate) use profile::{Profile, profile_of, with_profile};
pub(crate) use unify::{first_appearance, no_schema, same_columns};
