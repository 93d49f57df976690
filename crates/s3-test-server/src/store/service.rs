//! The operations, as `s3s` hands them over.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::checksum::{add_trailers, given_in, tell_in, verified};
use super::condition::{may_read, may_write, modified};
use super::list::{After, encoded, page};
use super::object::Object;
use super::state::{Bucket as StoredBucket, Store};
use super::upload::{Part as StoredPart, Upload};

/// The operations on a store.
pub(crate) struct StoreService(pub(super) Arc<Store>);

type Answer<T> = S3Result<S3Response<T>>;

#[async_trait]
impl S3 for StoreService {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> Answer<CreateBucketOutput> {
        let region = request
            .input
            .create_bucket_configuration
            .and_then(|configuration| configuration.location_constraint)
            .map_or_else(|| "us-east-1".to_owned(), |region| region.as_str().to_owned());
        let mut buckets = self.0.buckets();
        if buckets.contains_key(&request.input.bucket) {
            return Err(S3ErrorCode::BucketAlreadyOwnedByYou.into());
        }
        buckets.insert(request.input.bucket, StoredBucket::new(region));
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> Answer<DeleteBucketOutput> {
        self.0.within(&request.input.bucket, |bucket| {
            if bucket.objects.is_empty() { Ok(()) } else { Err(S3ErrorCode::BucketNotEmpty.into()) }
        })?;
        self.0.buckets().remove(&request.input.bucket);
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let region = self.0.within(&request.input.bucket, |bucket| Ok(bucket.region.clone()))?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(region), ..Default::default() }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        let region = self.0.within(&request.input.bucket, |bucket| Ok(bucket.region.clone()))?;
        // The first region has no name here.
        let location_constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let buckets = self
            .0
            .buckets()
            .iter()
            .map(|(name, bucket)| Bucket {
                name: Some(name.clone()),
                bucket_region: Some(bucket.region.clone()),
                ..Default::default()
            })
            .collect();
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..Default::default() }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let input = request.input;
        let object = self.0.within(&input.bucket, |bucket| bucket.object(&input.key))?;
        may_read(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let mut output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_range: range
                .as_ref()
                .map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, object.size)),
            content_type: object.content_type.clone(),
            e_tag: Some(object.etag()),
            last_modified: Some(modified(&object)),
            metadata: object.metadata.clone(),
            ..Default::default()
        };
        if range.is_none() && input.checksum_mode.is_some() {
            tell_in!(output, object.checksum.clone());
        }
        let range = range.unwrap_or(0..object.size);
        output.content_length = Some((range.end - range.start) as i64);
        let pieces = object.slice(&range).into_iter().map(Ok::<_, std::io::Error>);
        output.body = Some(StreamingBlob::wrap(futures::stream::iter(pieces)));
        Ok(S3Response::new(output))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let input = request.input;
        let object = self.0.within(&input.bucket, |bucket| bucket.object(&input.key))?;
        may_read(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let mut output = HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(object.size as i64),
            content_type: object.content_type.clone(),
            e_tag: Some(object.etag()),
            last_modified: Some(modified(&object)),
            metadata: object.metadata.clone(),
            ..Default::default()
        };
        if input.checksum_mode.is_some() {
            tell_in!(output, object.checksum.clone());
        }
        Ok(S3Response::new(output))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let mut input = request.input;
        let bytes = received(input.body.take(), input.content_length).await?;
        let mut given = given_in!(input);
        add_trailers(&mut given, request.trailing_headers.as_ref());
        let checksum = verified(std::iter::once(&bytes), &given, input.content_md5.as_deref())?;
        let mut object = Object::of(bytes, checksum.clone());
        object.content_type = input.content_type;
        object.metadata = input.metadata;
        let mut output = PutObjectOutput { e_tag: Some(object.etag()), ..Default::default() };
        tell_in!(output, checksum);
        self.0.within(&input.bucket, |bucket| {
            let there = bucket.objects.get(&input.key).map(Arc::as_ref);
            may_write(there, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            bucket.objects.insert(input.key, Arc::new(object));
            Ok(())
        })?;
        Ok(S3Response::new(output))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(S3ErrorCode::NotImplemented.into());
        };
        let source = self.0.within(bucket, |bucket| bucket.object(key))?;
        may_write(Some(&source), input.copy_source_if_match.as_ref(), None)?;
        let object = Object { modified: SystemTime::now(), ..source.as_ref().clone() };
        let result = CopyObjectResult {
            e_tag: Some(object.etag()),
            last_modified: Some(modified(&object)),
            ..Default::default()
        };
        self.0.within(&input.bucket, |bucket| {
            bucket.objects.insert(input.key, Arc::new(object));
            Ok(())
        })?;
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        self.0.within(&request.input.bucket, |bucket| {
            bucket.objects.remove(&request.input.key);
            Ok(())
        })?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        let delete = request.input.delete;
        if delete.objects.is_empty() || delete.objects.len() > 1000 {
            return Err(S3ErrorCode::MalformedXML.into());
        }
        let deleted: Vec<DeletedObject> = self.0.within(&request.input.bucket, |bucket| {
            Ok(delete
                .objects
                .into_iter()
                .map(|object| {
                    bucket.objects.remove(&object.key);
                    DeletedObject { key: Some(object.key), ..Default::default() }
                })
                .collect())
        })?;
        let deleted = (delete.quiet != Some(true)).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..Default::default() }))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        let input = request.input;
        let limit = limit(input.max_keys, self.0.page_limit);
        let after = match &input.continuation_token {
            Some(token) => Some(After::from_token(token).ok_or(S3ErrorCode::InvalidArgument)?),
            None => input.start_after.clone().map(After::Key),
        };
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        let page = self.0.within(&input.bucket, |bucket| {
            Ok(page(&bucket.objects, &prefix, delimiter, after.as_ref(), limit))
        })?;
        let spell = |key: String| if input.encoding_type.is_some() { encoded(&key) } else { key };
        let contents: Vec<_> = page
            .objects
            .into_iter()
            .map(|(key, object)| s3s::dto::Object {
                key: Some(spell(key)),
                size: Some(object.size as i64),
                e_tag: Some(object.etag()),
                last_modified: Some(modified(&object)),
                ..Default::default()
            })
            .collect();
        let prefixes: Vec<_> =
            page.prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(spell(prefix)) }).collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix.map(spell),
            delimiter: input.delimiter.map(spell),
            start_after: input.start_after.map(spell),
            max_keys: Some(limit as i32),
            key_count: Some((contents.len() + prefixes.len()) as i32),
            is_truncated: Some(page.next.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: page.next.as_ref().map(After::to_token),
            contents: Some(contents),
            common_prefixes: Some(prefixes),
            encoding_type: input.encoding_type,
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let input = request.input;
        let upload = Upload {
            key: input.key.clone(),
            started: SystemTime::now(),
            content_type: input.content_type,
            metadata: input.metadata,
            checksum_type: input.checksum_type.clone(),
            parts: Default::default(),
        };
        let id = self.0.within(&input.bucket, |bucket| Ok(bucket.start_upload(upload)))?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            ..Default::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let mut input = request.input;
        if !(1..=10_000).contains(&input.part_number) {
            return Err(S3ErrorCode::InvalidArgument.into());
        }
        let bytes = received(input.body.take(), input.content_length).await?;
        let mut given = given_in!(input);
        add_trailers(&mut given, request.trailing_headers.as_ref());
        let checksum = verified(std::iter::once(&bytes), &given, input.content_md5.as_deref())?;
        let part = StoredPart::of(bytes, checksum.clone());
        let output = UploadPartOutput {
            e_tag: Some(ETag::Strong(part.etag())),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            ..Default::default()
        };
        self.0.within(&input.bucket, |bucket| {
            bucket.upload(&input.key, &input.upload_id)?.parts.insert(input.part_number, part);
            Ok(())
        })?;
        Ok(S3Response::new(output))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let input = request.input;
        let given = given_in!(input);
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        // The bytes are hashed outside of the lock; an upload is taken by one caller only.
        let upload =
            self.0.within(&input.bucket, |bucket| bucket.upload(&input.key, &input.upload_id).cloned())?;
        let object = upload.assemble(&named, &given, input.mpu_object_size, self.0.min_part_size)?;
        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            e_tag: Some(object.etag()),
            ..Default::default()
        };
        tell_in!(output, object.checksum.clone());
        self.0.within(&input.bucket, |bucket| {
            bucket.upload(&input.key, &input.upload_id)?;
            let there = bucket.objects.get(&input.key).map(Arc::as_ref);
            may_write(there, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            bucket.uploads.remove(&input.upload_id);
            bucket.objects.insert(input.key, Arc::new(object));
            Ok(())
        })?;
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        let input = request.input;
        self.0.within(&input.bucket, |bucket| {
            bucket.upload(&input.key, &input.upload_id)?;
            bucket.uploads.remove(&input.upload_id);
            Ok(())
        })?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let input = request.input;
        let limit = limit(input.max_parts, self.0.page_limit);
        let after = input.part_number_marker.unwrap_or_default();
        let mut parts: Vec<Part> = self.0.within(&input.bucket, |bucket| {
            let upload = bucket.upload(&input.key, &input.upload_id)?;
            Ok(upload
                .parts
                .range(after.saturating_add(1)..)
                .take(limit + 1)
                .map(|(number, part)| Part {
                    part_number: Some(*number),
                    size: Some(part.bytes.len() as i64),
                    e_tag: Some(ETag::Strong(part.etag())),
                    checksum_crc32: part.checksum.checksum_crc32.clone(),
                    ..Default::default()
                })
                .collect())
        })?;
        let is_truncated = parts.len() > limit;
        parts.truncate(limit);
        let next = parts.last().and_then(|part| part.part_number).filter(|_| is_truncated);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(is_truncated),
            max_parts: Some(limit as i32),
            next_part_number_marker: next,
            parts: Some(parts),
            ..Default::default()
        }))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        let input = request.input;
        let limit = limit(input.max_uploads, self.0.page_limit);
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.key_marker.as_ref().map(|key| {
            (key.clone(), input.upload_id_marker.clone().unwrap_or_else(|| "\u{10ffff}".to_owned()))
        });
        let mut uploads: Vec<MultipartUpload> = self.0.within(&input.bucket, |bucket| {
            Ok(bucket
                .uploads
                .iter()
                .filter(|(_, upload)| upload.key.starts_with(&prefix))
                .filter(|(id, upload)| {
                    after.as_ref().is_none_or(|after| (&upload.key, *id) > (&after.0, &after.1))
                })
                .map(|(id, upload)| MultipartUpload {
                    key: Some(upload.key.clone()),
                    upload_id: Some(id.clone()),
                    initiated: Some(upload.started.into()),
                    ..Default::default()
                })
                .collect())
        })?;
        uploads.sort_by(|one, two| (&one.key, &one.upload_id).cmp(&(&two.key, &two.upload_id)));
        let is_truncated = uploads.len() > limit;
        uploads.truncate(limit);
        let last = uploads.last().filter(|_| is_truncated).cloned();
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: input.prefix,
            is_truncated: Some(is_truncated),
            max_uploads: Some(limit as i32),
            next_key_marker: last.as_ref().and_then(|upload| upload.key.clone()),
            next_upload_id_marker: last.and_then(|upload| upload.upload_id),
            uploads: Some(uploads),
            ..Default::default()
        }))
    }
}

/// Reads a body to its end. A body that is shorter than it says is refused.
async fn received(body: Option<StreamingBlob>, size: Option<i64>) -> S3Result<Bytes> {
    let size = size.and_then(|size| usize::try_from(size).ok());
    // A length is what the caller says: room for it is made in steps.
    let mut bytes = BytesMut::with_capacity(size.unwrap_or_default().min(16 * 1024 * 1024));
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(
                &piece.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?,
            );
        }
    }
    if size.is_some_and(|size| size != bytes.len()) {
        return Err(S3ErrorCode::IncompleteBody.into());
    }
    Ok(bytes.freeze())
}

/// How many entries a page has.
fn limit(asked: Option<i32>, at_most: usize) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(at_most).min(at_most)
}
