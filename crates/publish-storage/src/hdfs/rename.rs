//! Moving a file without replacing another.

use hdfs_native::{Client, HdfsError};
use publish_core::{Error, ErrorKind, Location, Result};

use super::error::{Call, answered, hdfs_error, in_time, is_absent, is_in_doubt};
use super::store::{head_file, path_of};

/// Rights of folders that are made, less what the name node's umask takes away.
pub(super) const FOLDER_RIGHTS: u32 = 0o755;

/// Moves a file to a name that is free, in one act of the name node.
///
/// The client sends `rename2` without the option to overwrite: it fails where a file or a folder of that name is there,
/// under the name node's own lock. The older `rename` would move the file into the folder.
pub(super) async fn rename_file(client: &Client, from: &Location, to: &Location) -> Result<()> {
    // A folder is not a file, but `rename2` would move it.
    head_file(client, from).await?;
    let mut error = match in_time(client.rename(path_of(from), path_of(to), false)).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if is_absent(&error) {
        // The file is gone, or the folder that it is to move to is not there.
        head_file(client, from).await?;
        make_folder_of(client, to).await?;
        error = match in_time(client.rename(path_of(from), path_of(to), false)).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
    }
    let at = if is_absent(&error) { from } else { to };
    Err(rename_error(error, at))
}

/// Moves a file whose name nobody else knows. So where an answer is lost, the name tells whether the file was moved.
pub(super) async fn rename_own_file(client: &Client, from: &Location, to: &Location) -> Result<()> {
    let mut is_doubtful = false;
    for _ in 0..3 {
        let error = match in_time(client.rename(path_of(from), path_of(to), false)).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        is_doubtful |= is_in_doubt(&error);
        if !is_doubtful {
            return Err(rename_error(error, to));
        }
        match head_file(client, from).await {
            Err(look) if look.kind() == ErrorKind::NotFound => return Ok(()),
            Ok(_) if is_in_doubt(&error) => {}
            _ => return Err(rename_error(error, to)),
        }
    }
    Err(Error::new(ErrorKind::Unavailable, "The name node keeps losing its answers; publish again")
        .with_retry(publish_core::Retry::InDoubt)
        .with_context("location", to))
}

/// Makes the folder that `at` is in, and those above it.
async fn make_folder_of(client: &Client, at: &Location) -> Result<()> {
    let Some((folder, _)) = path_of(at).rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) else {
        return Ok(());
    };
    answered(at, Call::Look, client.mkdirs(folder, FOLDER_RIGHTS, true)).await
}

fn rename_error(error: HdfsError, at: &Location) -> Error {
    match error {
        HdfsError::InvalidArgument(_) => Error::new(
            ErrorKind::Unsupported,
            "A file can't be moved from one name node to another; choose a folder of the same one",
        )
        .with_context("location", at)
        .with_source(error),
        error => hdfs_error(error, at, Call::Change),
    }
}
