//! Local files, of the allowed folders alone.

use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};
use publish_storage::FileStorage;

use super::AllowedLocations;

/// The storage for `file://` of a server that is handed addresses by strangers.
///
/// It reads below the folders that [`AllowedLocations`] names and nothing else, also behind links; it writes nothing.
/// Whoever may make links in those folders while a file is opened is trusted.
#[derive(Debug)]
pub struct AllowedFiles {
    allowed: AllowedLocations,
    folders: Vec<(Location, FileStorage)>,
}

impl AllowedFiles {
    /// Takes the `file://` folders of the list.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if one of them is not there.
    pub fn new(allowed: &AllowedLocations) -> Result<Self> {
        let folder = |prefix: &Location| {
            let within = FileStorage::within(Path::new(prefix.path()))
                .map_err(|error| error.with_context("setting", "locations"))?;
            Ok((prefix.clone(), within))
        };
        let folders = match allowed.prefixes() {
            Some(prefixes) => prefixes
                .iter()
                .filter(|prefix| prefix.scheme() == "file")
                .map(folder)
                .collect::<Result<_>>()?,
            None => vec![(Location::parse("file:///")?, FileStorage::default())],
        };
        Ok(Self { allowed: allowed.clone(), folders })
    }

    /// The storage of the folder that lets `at` in.
    fn storage(&self, at: &Location) -> Result<&FileStorage> {
        let prefix = self.allowed.prefix_of(at)?;
        let found = self.folders.iter().find(|(folder, _)| prefix.is_none_or(|prefix| prefix == folder));
        found.map(|(_, storage)| storage).ok_or_else(|| read_only(at))
    }
}

#[async_trait]
impl Storage for AllowedFiles {
    fn schemes(&self) -> &[&'static str] {
        &["file"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        match self.storage(folder) {
            Ok(storage) => storage.list(folder),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.storage(at)?.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.storage(at)?.read(at, range).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.storage(at)?.stream(at, range).await
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        Err(read_only(at))
    }

    async fn rename(&self, from: &Location, _: &Location) -> Result<()> {
        Err(read_only(from))
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        Err(read_only(at))
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        Err(read_only(folder))
    }
}

fn read_only(at: &Location) -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        "This server only reads local files; let the target stage on another storage",
    )
    .with_context("location", at)
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    /// A folder with `allowed/part.csv`, `secret.csv` beside it, and links from one to the other.
    fn folders() -> (tempfile::TempDir, AllowedFiles, Location) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("allowed/deep")).unwrap();
        std::fs::write(root.join("allowed/part.csv"), "id\n1\n").unwrap();
        std::fs::write(root.join("secret.csv"), "id\n2\n").unwrap();
        std::fs::create_dir(root.join("secrets")).unwrap();
        std::fs::write(root.join("secrets/x.csv"), "id\n3\n").unwrap();
        let root = Location::parse(&format!("file://{}", root.display())).unwrap();
        let allowed = AllowedLocations::parse([root.join("allowed").unwrap().as_str()]).unwrap();
        (folder, AllowedFiles::new(&allowed).unwrap(), root)
    }

    #[tokio::test]
    async fn files_below_the_folder_are_read_and_others_are_not() {
        let (_folder, files, root) = folders();
        let inside = root.join("allowed/part.csv").unwrap();
        assert_eq!(&files.read(&inside, 0..5).await.unwrap()[..], b"id\n1\n");
        let listed: Vec<_> = files.list(&root.join("allowed").unwrap()).try_collect().await.unwrap();
        assert_eq!(listed.len(), 1);
        for outside in ["secret.csv", "secrets/x.csv", "allowedx"] {
            let outside = root.join(outside).unwrap();
            assert_eq!(files.head(&outside).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
            assert!(files.stream(&outside, 0..1).await.is_err());
        }
        let listed: Result<Vec<_>> = files.list(&root).try_collect().await;
        assert_eq!(listed.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn links_that_lead_out_are_not_followed() {
        use std::os::unix::fs::symlink;
        let (folder, files, root) = folders();
        let inside = folder.path().join("allowed");
        symlink(folder.path().join("secret.csv"), inside.join("link.csv")).unwrap();
        symlink(folder.path().join("secrets"), inside.join("deep/link")).unwrap();
        for link in ["allowed/link.csv", "allowed/deep/link/x.csv"] {
            let error = files.read(&root.join(link).unwrap(), 0..1).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{link}");
        }
        let listed: Result<Vec<_>> = files.list(&root.join("allowed").unwrap()).try_collect().await;
        assert_eq!(listed.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }

    #[tokio::test]
    async fn nothing_is_written() {
        let (folder, files, root) = folders();
        let inside = root.join("allowed/part.csv").unwrap();
        assert!(files.create(&root.join("allowed/new.csv").unwrap()).await.is_err());
        assert!(files.rename(&inside, &root.join("allowed/new.csv").unwrap()).await.is_err());
        assert!(files.delete(&inside).await.is_err());
        assert!(files.delete_folder(&root.join("allowed").unwrap()).await.is_err());
        assert!(folder.path().join("allowed/part.csv").exists());
    }
}
