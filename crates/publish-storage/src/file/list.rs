//! Listing a folder and all below it.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use publish_core::{Error, ErrorKind, FileMeta, FileStream, Location, Result};

use super::error::{file_error, stopped};
use super::read::file_meta;
use super::scope::{Scope, is_absent};
use crate::temp_name::is_temp_name;

/// Files that one trip to the blocking pool brings.
const CHUNK: usize = 1024;

/// Streams the files below `folder`. The walk goes on only while somebody takes them, and no thread waits meanwhile.
pub(super) fn list_folder(scope: &Scope, folder: &Location) -> FileStream {
    let start = Some(Walk::new(scope.clone(), folder.clone()));
    let chunks = futures::stream::try_unfold(start, |walk| async move {
        let Some(mut walk) = walk else { return Ok(None) };
        let work = move || {
            let chunk = walk.next_chunk();
            let walk = chunk.last().is_some_and(Result::is_ok).then_some(walk);
            (chunk, walk)
        };
        let (chunk, walk) = tokio::task::spawn_blocking(work).await.map_err(stopped)?;
        Ok::<_, Error>(Some((futures::stream::iter(chunk), walk)))
    });
    chunks.try_flatten().boxed()
}

/// A walk through a tree of folders, deepest first. It holds one open folder for each level it is down.
struct Walk {
    scope: Scope,
    start: Option<Location>,
    levels: Vec<Level>,
}

struct Level {
    entries: ReadDir,
    at: Location,
    /// The folder's path without links, by which a circle is noticed.
    real: PathBuf,
}

impl Walk {
    fn new(scope: Scope, start: Location) -> Self {
        Self { scope, start: Some(start), levels: Vec::new() }
    }

    /// The next files. Empty at the end; an error is the last of all.
    fn next_chunk(&mut self) -> Vec<Result<FileMeta>> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            match self.next_file() {
                Ok(Some(file)) => chunk.push(Ok(file)),
                Ok(None) => break,
                Err(error) => {
                    chunk.push(Err(error));
                    break;
                }
            }
        }
        chunk
    }

    fn next_file(&mut self) -> Result<Option<FileMeta>> {
        if let Some(start) = self.start.take() {
            let path = self.scope.path(&start)?;
            match path.canonicalize() {
                Ok(real) => self.enter(&path, start, real)?,
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(file_error(error, &start)),
            }
        }
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let entry = entry.map_err(|error| file_error(error, &level.at))?;
            let at = name_of(&entry.file_name(), &level.at)?;
            let real = level.real.join(entry.file_name());
            if let Some(file) = self.visit(&entry, at, real)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Looks at one name of a folder: a file is told, a folder entered, anything else passed over.
    fn visit(&mut self, entry: &DirEntry, at: Location, mut real: PathBuf) -> Result<Option<FileMeta>> {
        let path = entry.path();
        let failed = |error| file_error(error, &at);
        let is_link = entry.file_type().map_err(failed)?.is_symlink();
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) && is_link && path.symlink_metadata().is_ok() => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    "This link leads to nothing; remove it or put back what it leads to",
                )
                .with_context("location", &at));
            }
            // Deleted since its name was read.
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if is_link && (meta.is_dir() || self.scope.is_limited()) {
            real = path.canonicalize().map_err(failed)?;
            self.scope.check(&real, &at)?;
        }
        if meta.is_dir() {
            if !self.levels.iter().any(|level| level.real == real) {
                self.enter(&path, at, real)?;
            }
            return Ok(None);
        }
        let is_told = meta.is_file() && !is_temp_name(at.file_name());
        Ok(is_told.then(|| file_meta(at, &meta)))
    }

    fn enter(&mut self, path: &Path, at: Location, real: PathBuf) -> Result<()> {
        match fs::read_dir(path) {
            Ok(entries) => self.levels.push(Level { entries, at, real }),
            // Deleted meanwhile, or a file: below it there is nothing.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(file_error(error, &at)),
        }
        Ok(())
    }
}

fn name_of(name: &OsStr, folder: &Location) -> Result<Location> {
    match name.to_str() {
        Some(name) => folder.join(name),
        None => Err(Error::new(
            ErrorKind::Unsupported,
            "This folder holds a file whose name is not UTF-8; rename that file",
        )
        .with_context("location", folder)
        .with_context("name", name.display())
        .with_source(io::Error::from(io::ErrorKind::InvalidFilename))),
    }
}
