//! The HTTP calls of the contract, v3 and v4: what they take, what they answer, and how they fail.
//!
//! - `calls` has the handlers and the routes, `shapes` what bodies and answers look like;
//! - `json`, `fields` and `address` read requests to the letter: nothing unknown, nothing of another type;
//! - `exception` and `trace` give every error the contract's shape and every answer a request id;
//! - `openapi` describes it all.

mod address;
mod calls;
mod exception;
mod fields;
mod json;
mod openapi;
mod shapes;
mod state;
mod trace;

pub use exception::Exception;
pub use openapi::document;
pub use trace::{REQUEST_ID, RequestId, trace};

pub(crate) use calls::router;
pub(crate) use state::{Api, Caller};
