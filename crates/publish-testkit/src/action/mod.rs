//! The contract suite of actions.
//!
//! ```
//! use publish_core::ErrorKind::{AlreadyExists, NotFound};
//! use publish_core::action::{Create, Load};
//! use publish_testkit::action::{Intends, check_all, intends};
//!
//! check_all(&Load).unwrap();
//! intends(&Load, Intends::Refusal(NotFound), Intends::Commit("append")).unwrap();
//! intends(&Create, Intends::Commit("create"), Intends::Refusal(AlreadyExists)).unwrap();
//! ```

mod rules;
mod samples;

pub use rules::{
    Intends, a_refusal_is_the_callers_to_mend, an_intent_is_of_its_run_and_table,
    an_intent_names_the_action_and_keeps_the_options, check_all, intending_is_pure, intends,
    the_requirements_name_the_table_as_found,
};
pub use samples::ActionSample;
