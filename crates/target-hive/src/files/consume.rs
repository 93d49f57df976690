//! Result files that are moved instead of copied, and moved back where a run comes to nothing.

use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{Artifact, Error, ErrorKind, FileMeta, Location, Result, RunContext, Storages};
use serde::{Deserialize, Serialize};

use super::copy::changed;

/// Files that are moved side by side. A move is one call of the name node.
const LANES: usize = 16;

/// Result files that a run moves, what becomes of them if it comes to nothing, and what is removed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsumedFiles {
    pub(crate) files: Vec<MovedFile>,
    /// What they are moved into, which is removed once all of them are back at their places.
    pub(crate) inside: Box<Artifact>,
}

/// A file that is moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MovedFile {
    /// Where the job left it.
    pub(crate) from: Location,
    /// Where the run puts it.
    pub(crate) to: Location,
}

impl ConsumedFiles {
    /// The name of its artifact.
    pub(crate) const NAME: &'static str = "hive.consumedFiles";

    /// Moves every file back to where the job left it. Files that were never moved, or are back, stay.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if somebody wrote a file of that name meanwhile: both stay. The first
    /// error, after all other files were moved back.
    pub(crate) async fn put_back(&self, storages: &Storages) -> Result<()> {
        // What holds them is deleted next. A move whose answer was lost may have come after the first look.
        for _ in 0..2 {
            let moving = self.files.iter().map(|file| put_back(file, storages).boxed()).collect::<Vec<_>>();
            let moved: Vec<Result<()>> = futures::stream::iter(moving).buffered(LANES).collect().await;
            moved.into_iter().collect::<Result<()>>()?;
        }
        Ok(())
    }
}

/// The name of a staged file that a fence took out of the way of its append.
pub(crate) fn fenced(staged: &Location) -> Result<Location> {
    Location::parse(&format!("{staged}.fenced"))
}

async fn put_back(file: &MovedFile, storages: &Storages) -> Result<()> {
    let storage = storages.at(&file.to)?;
    for at in [file.to.clone(), fenced(&file.to)?] {
        match storage.rename(&at, &file.from).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            moved => return moved.map_err(|error| error.with_context("moved to", &at)),
        }
    }
    storage
        .head(&file.from)
        .await
        .map(drop)
        .map_err(|error| error.with_context("the run moved it to", &file.to))
}

/// Moves files, and answers what is there then, in the order of `moves`. A file that an earlier try moved stays.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if `folder` has files that are not of these;
/// [`BadData`](ErrorKind::BadData), naming the file, if one changed meanwhile; [`Cancelled`](ErrorKind::Cancelled); those of
/// the storage.
pub(super) async fn move_files(
    folder: &Location,
    moves: &[(FileMeta, Location)],
    run: &RunContext,
) -> Result<Vec<FileMeta>> {
    let storage = run.storages().at(folder)?;
    let mut found = storage.list(folder);
    while let Some(file) = found.try_next().await? {
        if !moves.iter().any(|(_, to)| *to == file.location) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The run's folder has files of an earlier run of this id; look at them, and give a new run id",
            )
            .with_context("file", &file.location));
        }
    }
    let moving = moves.iter().map(|(from, to)| move_file(from, to, run).boxed()).collect::<Vec<_>>();
    // All of them come to their end, so that none is still on its way when they are put back.
    let moved: Vec<Result<FileMeta>> = futures::stream::iter(moving).buffered(LANES).collect().await;
    moved.into_iter().collect()
}

async fn move_file(from: &FileMeta, to: &Location, run: &RunContext) -> Result<FileMeta> {
    // Between two moves and not within one: each is over at once.
    run.check_cancelled()?;
    let storage = run.storages().at(to)?;
    let moved = storage.rename(&from.location, to).await;
    let there = match (storage.head(to).await, moved) {
        (Ok(there), _) => there,
        (Err(_), Err(error)) | (Err(error), Ok(())) => return Err(error),
    };
    if there.size != from.size || there.version != from.version {
        return Err(changed(from));
    }
    Ok(there)
}
