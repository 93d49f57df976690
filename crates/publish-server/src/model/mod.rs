//! What the service knows: connections, job groups, jobs, publications, access tokens.
//!
//! These are plain values without behaviour. [`Store`](crate::Store) keeps them, and the HTTP calls show them in the shapes
//! of the contract.

mod connection;
mod id;
mod job;
mod job_group;
mod page;
mod publication;
mod token;

pub use connection::{Connection, Credentials, NewConnection};
pub use id::{ConnectionId, JobGroupId, JobId, ServerId, TokenId};
pub use job::{Job, JobEnd, JobEvent, JobRequest, JobStatus, NewJob, PublishCall};
pub use job_group::{JobGroup, NewJobGroup, Output, OutputColumn};
pub use page::{Filter, Page, Sort, SortField};
pub use publication::Publication;
pub use token::{AccessToken, NewToken, Scope, TokenKind};
