//! Writing a file beside its place, and moving it there when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use publish_core::{Error, ErrorKind, FileMeta, FileWriter, Location, Result};

use super::error::{file_error, stopped};
use super::read::file_meta;
use super::rename::{move_without_replacing, sync_folders};
use super::scope::Scope;
use crate::temp_name::{is_temp_name, temp_name};

/// Bytes that are gathered before they are handed to the disk.
const CHUNK: usize = 1024 * 1024;

/// A file being written, under a name that no listing tells. Dropping it removes it.
#[derive(Debug)]
pub(super) struct TempFile {
    file: File,
    path: TempPath,
    place: Place,
    at: Location,
    size: u64,
}

impl TempFile {
    /// Starts the file that is to become `at`.
    pub(super) fn create(scope: &Scope, at: &Location) -> Result<Self> {
        let place = Place::make_room(scope, at)?;
        if place.path.symlink_metadata().is_ok() {
            return Err(file_error(io::ErrorKind::AlreadyExists.into(), at));
        }
        let path = place.path.with_file_name(temp_name());
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| file_error(error, at))?;
        Ok(Self { file, path: TempPath(Some(path)), place, at: at.clone(), size: 0 })
    }

    pub(super) fn into_writer(self) -> Box<dyn FileWriter> {
        Box::new(LocalWriter { at: self.at.clone(), temp: Some(self), gathered: BytesMut::new() })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| file_error(error, &self.at))?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Makes the bytes durable, moves the file to its place, and makes its name durable.
    fn publish(mut self) -> Result<FileMeta> {
        let at = self.at;
        self.file.sync_all().map_err(|error| file_error(error, &at))?;
        let meta = self.file.metadata().map_err(|error| file_error(error, &at))?;
        if let Some(path) = &self.path.0 {
            move_without_replacing(path, &self.place.path).map_err(|error| file_error(error, &at))?;
            self.path.0 = None;
        }
        sync_folders(&self.place.path, &self.place.top).map_err(|error| {
            // A name that may be gone after a power cut is not finished, so it must not be seen either.
            let _ = fs::remove_file(&self.place.path);
            file_error(error, &at)
        })?;
        Ok(file_meta(at, &meta))
    }

    fn remove(mut self) -> Result<()> {
        let Some(path) = self.path.0.take() else { return Ok(()) };
        fs::remove_file(path).map_err(|error| file_error(error, &self.at))
    }
}

/// The path of a file that is removed with it.
#[derive(Debug)]
struct TempPath(Option<PathBuf>);

impl Drop for TempPath {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // One call, and there is nobody to tell: what is left is never listed.
            let _ = fs::remove_file(path);
        }
    }
}

/// A path that a new file may take, in a folder that is there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// The deepest folder that was there before.
    pub(super) top: PathBuf,
}

impl Place {
    /// Makes the folders of a new file.
    pub(super) fn make_room(scope: &Scope, at: &Location) -> Result<Self> {
        let invalid = |message| Error::new(ErrorKind::InvalidRequest, message).with_context("location", at);
        if at.as_str().ends_with('/') {
            return Err(invalid("This is the address of a folder; name a file"));
        }
        if is_temp_name(at.file_name()) {
            return Err(invalid("Such names are kept for files that are being written; choose another"));
        }
        let path = scope.path(at)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let top = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder).to_owned();
        fs::create_dir_all(folder).map_err(|error| file_error(error, at))?;
        Ok(Self { path, top })
    }
}

/// Gathers what is written into chunks for the disk.
#[derive(Debug)]
struct LocalWriter {
    at: Location,
    /// Not there while a call writes to it, nor after one that failed or was dropped.
    temp: Option<TempFile>,
    gathered: BytesMut,
}

impl LocalWriter {
    fn take(&mut self) -> Result<TempFile> {
        self.temp.take().ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "An earlier write failed or was given up; start the file again")
                .with_context("location", &self.at)
        })
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        let mut temp = self.take()?;
        let work = move || temp.append(&bytes).map(|()| temp);
        self.temp = Some(tokio::task::spawn_blocking(work).await.map_err(stopped)??);
        Ok(())
    }
}

#[async_trait]
impl FileWriter for LocalWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if self.gathered.is_empty() && bytes.len() >= CHUNK {
            return self.append(bytes).await;
        }
        self.gathered.extend_from_slice(&bytes);
        if self.gathered.len() >= CHUNK {
            let gathered = self.gathered.split().freeze();
            self.append(gathered).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<FileMeta> {
        let mut temp = self.take()?;
        let gathered = self.gathered.split().freeze();
        let work = move || {
            temp.append(&gathered)?;
            temp.publish()
        };
        tokio::task::spawn_blocking(work).await.map_err(stopped)?
    }

    async fn abort(mut self: Box<Self>) -> Result<()> {
        let Some(temp) = self.temp.take() else { return Ok(()) };
        tokio::task::spawn_blocking(move || temp.remove()).await.map_err(stopped)?
    }
}
