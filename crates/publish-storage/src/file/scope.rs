//! From addresses to paths, and which of them may be touched.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use publish_core::{Error, ErrorKind, Location, Result};

use super::error::file_error;

/// The part of the disks that a store may touch: all of it, or one folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Free of links, so that other such paths can be compared with it.
    folder: Option<Arc<Path>>,
}

impl Scope {
    pub(super) fn within(folder: &Path) -> Result<Self> {
        let real = folder.canonicalize().map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "The folder to stay within cannot be used; correct it or make it",
            )
            .with_context("folder", folder.display())
            .with_source(error)
        })?;
        if !real.is_dir() {
            return Err(Error::new(ErrorKind::InvalidRequest, "Only a folder can be stayed within")
                .with_context("folder", folder.display()));
        }
        Ok(Self { folder: Some(real.into()) })
    }

    /// The path of `at`, if it may be touched.
    pub(super) fn path(&self, at: &Location) -> Result<PathBuf> {
        let invalid =
            |message| Err(Error::new(ErrorKind::InvalidRequest, message).with_context("location", at));
        if at.scheme() != "file" {
            return invalid("This store answers for file addresses only");
        }
        if !at.authority().is_empty() {
            return invalid("An address of a local file has three slashes, as in file:///data/part-0.avro");
        }
        if at.path().contains('\0') {
            return invalid("A file's name holds no zero byte; correct the address");
        }
        let path = PathBuf::from(at.path());
        if self.folder.is_some() {
            let real = real_path(&path).map_err(|error| file_error(error, at))?;
            self.check(&real, at)?;
        }
        Ok(path)
    }

    /// Whether paths are looked at at all.
    pub(super) fn is_limited(&self) -> bool {
        self.folder.is_some()
    }

    /// Fails unless `real`, which is free of links, may be touched.
    pub(super) fn check(&self, real: &Path, at: &Location) -> Result<()> {
        if self.folder.as_ref().is_none_or(|folder| real.starts_with(folder)) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::PermissionDenied,
            "The address leads out of the folder that may be used; choose one within",
        )
        .with_context("location", at))
    }
}

/// The path free of links, as far as it exists. What does not exist cannot lead anywhere.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    for above in path.ancestors() {
        match above.canonicalize() {
            Ok(real) => {
                let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
                return Ok(real.join(rest));
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(path.to_owned())
}

/// Whether there is nothing of that name.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
