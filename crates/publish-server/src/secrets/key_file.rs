//! The key of a server that was given none.

use std::io::{ErrorKind as IoKind, Write};
use std::path::Path;

use publish_core::{Error, ErrorKind, Result, Secret};

use super::key::SealingKey;

/// Reads the key in `file`, or makes one there that only its owner can read.
///
/// For a server with a store of its own. Servers that share a store are given one key by their settings.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the file can't be read or made, or holds no key.
pub fn read_or_create_key(file: &Path) -> Result<SealingKey> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == IoKind::NotFound => create(file)?,
        Err(error) => return Err(unusable(file, error)),
    };
    SealingKey::parse(&text).map_err(|error| error.with_context("key file", file.display()))
}

/// Makes the file in one act: of two servers that start at once both end with the same key.
fn create(file: &Path) -> Result<Secret> {
    let key = SealingKey::generate()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files can be read by their owner alone, and so can what they become.
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| unusable(file, error))?;
    writeln!(temp, "{}", key.expose()).map_err(|error| unusable(file, error))?;
    temp.as_file().sync_all().map_err(|error| unusable(file, error))?;
    match temp.persist_noclobber(file) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == IoKind::AlreadyExists => {
            std::fs::read_to_string(file).map(Secret::new).map_err(|error| unusable(file, error))
        }
        Err(error) => Err(unusable(file, error.error)),
    }
}

fn unusable(file: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "The file with the key for credentials can't be used; correct its path or its rights, or set a key",
    )
    .with_context("key file", file.display())
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.key");
        let made = read_or_create_key(&file).unwrap();
        assert_eq!(read_or_create_key(&file).unwrap().id(), made.id());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn of_servers_that_start_at_once_all_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.key");
        let ids: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_create_key(&file).unwrap().id())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn a_file_that_holds_no_key_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.key");
        std::fs::write(&file, "hunter2").unwrap();
        let error = read_or_create_key(&file).unwrap_err();
        assert!(
            error.to_string().contains("server.key") && !error.to_string().contains("hunter2"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "hunter2");
    }
}
