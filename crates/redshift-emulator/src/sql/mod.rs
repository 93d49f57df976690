//! Statements: read, judged by the service's rules, rewritten for PostgreSQL.

mod alter_table;
mod authorization;
mod column;
mod copy_command;
mod copy_format;
mod create;
mod create_table;
mod cursor;
mod dialect;
mod forbidden;
mod names;
mod rewrite;
mod setting;
mod statement;
mod token;
mod unload_command;

pub(crate) use copy_command::CopyCommand;
pub(crate) use copy_format::{Compression, DateFormat, Encoding, FieldNames, Format, TimeFormat};
pub(crate) use dialect::Dialect;
pub(crate) use names::{LongNames, quote_literal, quote_name};
pub(crate) use statement::{Script, Statement, Step, read_statement, set_isolation};
pub(crate) use token::{split_statements, tokens_of};
pub(crate) use unload_command::{UnloadCommand, UnloadFormat};
