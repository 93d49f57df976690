//! Listings, page by page.

use std::sync::Arc;

use aws_sdk_s3::types::Object;
use futures::{StreamExt, TryStreamExt};
use publish_core::{Error, ErrorKind, FileMeta, FileStream, Location, Result};

use super::clients::Clients;
use super::error::{Call, Refusal};
use super::place::Place;

/// A page of objects, and the token that the next page is asked for with.
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    pub(super) next: Option<String>,
}

/// Lists the files below a folder. One page is asked for when the one before was read.
pub(super) fn list_folder(clients: Arc<Clients>, folder: &Location) -> FileStream {
    let place = match Place::of(folder) {
        Ok(place) => place,
        Err(error) => return futures::stream::once(async { Err(error) }).boxed(),
    };
    let pages = futures::stream::try_unfold(Some(None), move |token: Option<Option<String>>| {
        let (clients, place) = (Arc::clone(&clients), place.clone());
        async move {
            let Some(token) = token else { return Ok(None) };
            let page = list_page(&clients, &place, token).await?;
            let files: Vec<_> =
                page.objects.iter().filter_map(|object| file_of(&place, object).transpose()).collect();
            Ok::<_, Error>(Some((futures::stream::iter(files), page.next.map(Some))))
        }
    });
    pages.try_flatten().boxed()
}

/// Asks for up to a thousand objects below a folder.
pub(super) async fn list_page(clients: &Clients, place: &Place, token: Option<String>) -> Result<Page> {
    let prefix = place.prefix();
    let answer = clients
        .call(place, Call::List, |client| {
            let request = client.list_objects_v2().bucket(&place.bucket).prefix(&prefix);
            request.set_continuation_token(token.clone()).send()
        })
        .await
        .map_err(Refusal::into_error)?;
    let next = answer.next_continuation_token.filter(|_| answer.is_truncated == Some(true));
    Ok(Page { objects: answer.contents.unwrap_or_default(), next })
}

/// What a listing tells of a file. `None`: the object stands for a folder.
fn file_of(place: &Place, object: &Object) -> Result<Option<FileMeta>> {
    let key = object.key().unwrap_or_default();
    let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    // Consoles and Hadoop's clients mark folders so.
    if key.ends_with('/') && size == 0 {
        return Ok(None);
    }
    // To pass over it would lose rows, to simplify its address would read another file.
    let location = place.location_of(key).filter(|_| !key.ends_with('/')).ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            "The key of an object has an empty, . or .. part, which no address can name; rename it or leave it out",
        )
        .with_context("location", &place.location)
        .with_context("key", key)
    })?;
    let file = FileMeta::new(location, size);
    Ok(Some(match object.e_tag() {
        Some(tag) => file.with_version(version_of(tag)),
        None => file,
    }))
}

/// An entity tag without the quotes that some answers have around it.
pub(super) fn version_of(tag: &str) -> &str {
    tag.trim_matches('"')
}
