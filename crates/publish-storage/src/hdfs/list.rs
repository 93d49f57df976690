//! Listing a folder and all below it.

use futures::StreamExt;
use hdfs_native::Client;
use hdfs_native::client::{FileStatus, ListStatusIterator};
use publish_core::{FileMeta, FileStream, Location, Result};

use super::clients::Clients;
use super::error::{Call, hdfs_error, in_time, is_absent};
use super::store::{file_meta, path_of};
use crate::temp_name::is_temp_name;

/// Streams the files below `folder`. The walk goes on only while somebody takes them, and holds one page of names, a
/// thousand unless the name node is set otherwise, for each level that it is down.
pub(super) fn list_folder(clients: &Clients, folder: &Location) -> FileStream {
    let start =
        Walk { clients: clients.clone(), start: Some(folder.clone()), client: None, levels: Vec::new() };
    futures::stream::unfold(Some(start), |walk| async move {
        let mut walk = walk?;
        match walk.next().await {
            Ok(Some(file)) => Some((Ok(file), Some(walk))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// A walk through a tree of folders, deepest first.
struct Walk {
    clients: Clients,
    start: Option<Location>,
    client: Option<Client>,
    levels: Vec<Level>,
}

struct Level {
    entries: ListStatusIterator,
    at: Location,
}

impl Walk {
    async fn next(&mut self) -> Result<Option<FileMeta>> {
        if let Some(start) = self.start.take() {
            self.client = Some(self.clients.at(&start).await?);
            self.enter(start);
        }
        while let Some(level) = self.levels.last_mut() {
            let entry = match in_time(async { level.entries.next().await.transpose() }).await {
                Ok(Some(entry)) => entry,
                // At its end, or deleted since its name was read: there is nothing more.
                Ok(None) => {
                    self.levels.pop();
                    continue;
                }
                Err(error) if is_absent(&error) => {
                    self.levels.pop();
                    continue;
                }
                Err(error) => return Err(hdfs_error(error, &level.at, Call::Look)),
            };
            if let Some(file) = self.visit(&entry)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Looks at one name of the deepest folder: a file is told, a folder entered.
    fn visit(&mut self, entry: &FileStatus) -> Result<Option<FileMeta>> {
        let Some(level) = self.levels.last() else { return Ok(None) };
        // Listing a file tells the file itself. Below it there is nothing.
        if entry.path == path_of(&level.at) {
            return Ok(None);
        }
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let at = level.at.join(name)?;
        if entry.isdir {
            self.enter(at);
            return Ok(None);
        }
        Ok((!is_temp_name(name)).then(|| file_meta(at, entry)))
    }

    fn enter(&mut self, at: Location) {
        if let Some(client) = &self.client {
            self.levels.push(Level { entries: client.list_status_iter(path_of(&at), false), at });
        }
    }
}
