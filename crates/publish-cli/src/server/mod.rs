//! `publish serve` and `publish token`: the table `[server]` of the settings, and what it becomes.

mod build;
mod log;
mod settings;

pub(crate) use build::{build, open_store};
pub(crate) use log::start_log;
pub(crate) use settings::ServerSettings;
