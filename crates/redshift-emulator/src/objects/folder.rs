//! A folder whose folders are buckets.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use crate::objects::{Access, Object, ObjectEntry, ObjectError, ObjectErrorKind, ObjectStore};

/// Serves the folders below a root as buckets; any credentials will do.
#[derive(Clone, Debug)]
pub struct FolderStore {
    root: PathBuf,
}

impl FolderStore {
    /// A store below a root: `s3://bucket/a/b` is the file `root/bucket/a/b`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn bucket(&self, bucket: &str) -> Result<PathBuf, ObjectError> {
        let path = self.root.join(bucket);
        if is_plain(bucket) && path.is_dir() {
            return Ok(path);
        }
        let message = "The specified bucket does not exist";
        Err(ObjectError::new(ObjectErrorKind::NotFound, "NoSuchBucket", message))
    }

    fn file(&self, bucket: &str, key: &str) -> Result<File, ObjectError> {
        let path = self.bucket(bucket)?.join(key);
        if !is_plain(key) || !path.is_file() {
            let message = "The specified key does not exist.";
            return Err(ObjectError::new(ObjectErrorKind::NotFound, "NoSuchKey", message));
        }
        File::open(&path).map_err(|error| failed(&error))
    }
}

impl ObjectStore for FolderStore {
    fn list(&self, _access: &Access, bucket: &str, prefix: &str) -> Result<Vec<ObjectEntry>, ObjectError> {
        let bucket = self.bucket(bucket)?;
        let mut entries = Vec::new();
        let mut folders = vec![bucket.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| failed(&error))?.flatten() {
                let metadata = entry.metadata().map_err(|error| failed(&error))?;
                let path = entry.path();
                if metadata.is_dir() {
                    folders.push(path);
                } else if let Some(key) = path.strip_prefix(&bucket).ok().and_then(Path::to_str)
                    && key.starts_with(prefix)
                {
                    entries.push(ObjectEntry::new(key, metadata.len()));
                }
            }
        }
        entries.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(entries)
    }

    fn open(&self, _access: &Access, bucket: &str, key: &str) -> Result<Object, ObjectError> {
        let file = self.file(bucket, key)?;
        let size = file.metadata().map_err(|error| failed(&error))?.len();
        Ok(Object::new(Some(size), file))
    }

    fn read_range(
        &self,
        _access: &Access,
        bucket: &str,
        key: &str,
        start: u64,
        length: u64,
    ) -> Result<Bytes, ObjectError> {
        let mut file = self.file(bucket, key)?;
        file.seek(SeekFrom::Start(start)).map_err(|error| failed(&error))?;
        let mut part = Vec::new();
        file.take(length).read_to_end(&mut part).map_err(|error| failed(&error))?;
        Ok(part.into())
    }

    fn put(&self, _access: &Access, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectError> {
        let path = self.bucket(bucket)?.join(key);
        let folder = path.parent().filter(|_| is_plain(key)).ok_or_else(|| {
            ObjectError::new(ObjectErrorKind::Denied, "AccessDenied", "The key leads out of the bucket")
        })?;
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        fs::write(&path, body).map_err(|error| failed(&error))
    }
}

/// Whether a key leads nowhere but down.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && Path::new(key).components().all(|part| matches!(part, Component::Normal(_)))
}

fn failed(error: &io::Error) -> ObjectError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ObjectErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ObjectErrorKind::Denied,
        _ => ObjectErrorKind::Other,
    };
    ObjectError::new(kind, "InternalError", error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_prefix_is_the_beginning_of_a_key_not_a_folder() {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("b/day")).unwrap();
        for key in ["b/custdata.txt", "b/custdata.txt.bak", "b/day/1", "b/other"] {
            fs::write(scratch.path().join(key), key).unwrap();
        }
        let store = FolderStore::new(scratch.path());
        let list = |prefix| {
            let entries = store.list(&Access::default(), "b", prefix).unwrap();
            entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>()
        };
        assert_eq!(list("custdata.txt"), ["custdata.txt", "custdata.txt.bak"]);
        assert_eq!(list("da"), ["day/1"]);
        let mut text = String::new();
        store.open(&Access::default(), "b", "day/1").unwrap().body.read_to_string(&mut text).unwrap();
        assert_eq!(text, "b/day/1");
        let part = |start, length| store.read_range(&Access::default(), "b", "day/1", start, length).unwrap();
        assert_eq!(&part(2, 3)[..], b"day");
        assert_eq!(&part(6, 9)[..], b"1");
        store.put(&Access::default(), "b", "x/y", Bytes::from_static(b"z")).unwrap();
        assert_eq!(list("x"), ["x/y"]);
    }

    #[test]
    fn a_key_does_not_lead_out_of_its_bucket() {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("b")).unwrap();
        fs::write(scratch.path().join("secret"), "x").unwrap();
        let store = FolderStore::new(scratch.path());
        let error = store.open(&Access::default(), "b", "../secret").unwrap_err();
        assert_eq!((error.kind(), error.code()), (ObjectErrorKind::NotFound, "NoSuchKey"));
        let error = store.list(&Access::default(), "..", "secret").unwrap_err();
        assert_eq!(error.code(), "NoSuchBucket");
        let error = store.put(&Access::default(), "b", "../x", Bytes::new()).unwrap_err();
        assert_eq!(error.kind(), ObjectErrorKind::Denied);
    }
}
