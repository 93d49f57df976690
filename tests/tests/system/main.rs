//! Whole-system tests: what someone sees who has only the binary and his files.

mod full_disk;
mod golden;
mod kills;
mod matrix;
mod permissions;
mod readers;
mod wrong_files;
mod wrong_requests;
