//! All buckets, and short ways to them for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use s3s::dto::Checksum;
use s3s::{S3ErrorCode, S3Result};

use super::object::Object;
use super::service::StoreService;
use super::upload::Upload;

/// All buckets.
pub(crate) struct Store {
    buckets: Mutex<BTreeMap<String, Bucket>>,
    pub(super) page_limit: usize,
    pub(super) min_part_size: u64,
}

/// A bucket: its objects by key, its unfinished uploads by id.
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) objects: BTreeMap<String, Arc<Object>>,
    pub(super) uploads: BTreeMap<String, Upload>,
    next_upload: u64,
}

impl Bucket {
    pub(super) fn new(region: impl Into<String>) -> Self {
        Self { region: region.into(), objects: BTreeMap::new(), uploads: BTreeMap::new(), next_upload: 1 }
    }

    /// The object of a key.
    pub(super) fn object(&self, key: &str) -> S3Result<Arc<Object>> {
        self.objects.get(key).cloned().ok_or_else(|| S3ErrorCode::NoSuchKey.into())
    }

    /// The upload of that id and key.
    pub(super) fn upload(&mut self, key: &str, id: &str) -> S3Result<&mut Upload> {
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.key == key)
            .ok_or_else(|| S3ErrorCode::NoSuchUpload.into())
    }

    /// Starts an upload. Ids are never used twice.
    pub(super) fn start_upload(&mut self, upload: Upload) -> String {
        let id = format!("upload-{:08}", self.next_upload);
        self.next_upload += 1;
        self.uploads.insert(id.clone(), upload);
        id
    }
}

impl Store {
    pub(crate) fn new(buckets: Vec<(String, String)>, page_limit: usize, min_part_size: u64) -> Self {
        let buckets = buckets.into_iter().map(|(name, region)| (name, Bucket::new(region))).collect();
        Self { buckets: Mutex::new(buckets), page_limit, min_part_size }
    }

    pub(crate) fn service(self: Arc<Self>) -> StoreService {
        StoreService(self)
    }

    pub(crate) fn region(&self, bucket: &str) -> Option<String> {
        self.buckets().get(bucket).map(|bucket| bucket.region.clone())
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: Bytes) {
        let object = Arc::new(Object::of(bytes, Checksum::default()));
        let mut buckets = self.buckets();
        let bucket = buckets.entry(bucket.to_owned()).or_insert_with(|| Bucket::new("us-east-1"));
        bucket.objects.insert(key.to_owned(), object);
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let object = self.buckets().get(bucket)?.objects.get(key).cloned()?;
        Some(object.pieces.concat())
    }

    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        self.buckets().get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn uploads(&self, bucket: &str) -> Vec<String> {
        let mut keys: Vec<String> = self
            .buckets()
            .get(bucket)
            .map(|bucket| bucket.uploads.values().map(|upload| upload.key.clone()).collect())
            .unwrap_or_default();
        keys.sort();
        keys
    }

    pub(super) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a bucket that must be there.
    pub(super) fn within<T>(
        &self,
        bucket: &str,
        work: impl FnOnce(&mut Bucket) -> S3Result<T>,
    ) -> S3Result<T> {
        match self.buckets().get_mut(bucket) {
            Some(bucket) => work(bucket),
            None => Err(S3ErrorCode::NoSuchBucket.into()),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let buckets = self.buckets();
        f.debug_map().entries(buckets.iter().map(|(name, bucket)| (name, bucket.objects.len()))).finish()
    }
}
