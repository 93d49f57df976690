//! Deleting files and folders.

use aws_sdk_s3::types::{Delete, MultipartUpload, ObjectIdentifier};
use futures::{StreamExt, TryStreamExt};
use publish_core::{Error, ErrorKind, Result};

use super::clients::Clients;
use super::error::{Call, Refusal, refusal_of_code};
use super::list::list_page;
use super::place::Place;

/// Uploads that are thrown away at once.
const ABORTS_AT_ONCE: usize = 8;

/// Deletes one file. S3 says the same whether it was there or not.
pub(super) async fn delete_file(clients: &Clients, place: &Place) -> Result<()> {
    clients
        .call(place, Call::Delete, |client| {
            client.delete_object().bucket(&place.bucket).key(&place.key).send()
        })
        .await
        .map_err(Refusal::into_error)?;
    Ok(())
}

/// Deletes everything below a folder, also what stands for folders, and throws away uploads that nobody finished there.
pub(super) async fn delete_folder(clients: &Clients, place: &Place) -> Result<()> {
    if place.prefix().is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "A whole bucket is not deleted; name a folder in it",
        )
        .with_context("location", &place.location));
    }
    let mut token = None;
    loop {
        let page = list_page(clients, place, token).await?;
        let keys: Vec<String> = page.objects.into_iter().filter_map(|object| object.key).collect();
        if !keys.is_empty() {
            delete_keys(clients, place, keys).await?;
        }
        match page.next {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    // They are never seen, and the bucket's rules remove them in the end: a right that is missing is no failure.
    let _ = abort_uploads(clients, place).await;
    Ok(())
}

/// Deletes up to a thousand objects in one request.
async fn delete_keys(clients: &Clients, place: &Place, keys: Vec<String>) -> Result<()> {
    let invalid = |error: aws_sdk_s3::error::BuildError| {
        Error::new(ErrorKind::Unexpected, "The request to delete files can't be made")
            .with_context("location", &place.location)
            .with_source(error)
    };
    let objects = keys
        .into_iter()
        .map(|key| ObjectIdentifier::builder().key(key).build())
        .collect::<Result<Vec<_>, _>>()
        .map_err(invalid)?;
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(invalid)?;
    let answer = clients
        .call(place, Call::Delete, |client| {
            client.delete_objects().bucket(&place.bucket).delete(delete.clone()).send()
        })
        .await
        .map_err(Refusal::into_error)?;
    let Some(refused) = answer.errors().iter().find(|error| error.code() != Some("NoSuchKey")) else {
        return Ok(());
    };
    let at = refused.key().and_then(|key| place.location_of(key)).unwrap_or_else(|| place.location.clone());
    let (code, text) = (refused.code().unwrap_or_default(), refused.message().unwrap_or_default());
    Err(refusal_of_code(code, text, &at, Call::Delete).with_context("not_deleted", answer.errors().len()))
}

/// Throws away the uploads below a folder that were neither completed nor aborted, such as those of killed processes.
async fn abort_uploads(clients: &Clients, place: &Place) -> Result<()> {
    let prefix = place.prefix();
    let (mut key, mut id) = (None, None);
    loop {
        let page = clients
            .call(place, Call::ListUploads, |client| {
                let request = client.list_multipart_uploads().bucket(&place.bucket).prefix(&prefix);
                request.set_key_marker(key.clone()).set_upload_id_marker(id.clone()).send()
            })
            .await
            .map_err(Refusal::into_error)?;
        futures::stream::iter(page.uploads().to_vec())
            .map(|upload| abort_one(clients, place, upload))
            .buffer_unordered(ABORTS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
            return Ok(());
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

async fn abort_one(clients: &Clients, place: &Place, upload: MultipartUpload) -> Result<()> {
    let (Some(key), Some(id)) = (upload.key, upload.upload_id) else { return Ok(()) };
    abort_upload(clients, &Place { key, ..place.clone() }, &id).await
}

/// Throws an upload away. One that is gone is no error.
pub(super) async fn abort_upload(clients: &Clients, place: &Place, id: &str) -> Result<()> {
    let answer = clients.call(place, Call::AbortUpload, |client| {
        client.abort_multipart_upload().bucket(&place.bucket).key(&place.key).upload_id(id).send()
    });
    match answer.await {
        Err(refusal) if refusal.code == "NoSuchUpload" || refusal.status == 404 => Ok(()),
        answer => answer.map(drop).map_err(Refusal::into_error),
    }
}
