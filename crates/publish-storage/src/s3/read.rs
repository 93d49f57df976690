//! Reading a range, on and on through broken connections.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream as Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use publish_core::{ByteStream, Error, ErrorKind, FileMeta, Result, Retry};

use super::clients::Clients;
use super::error::{Call, Refusal};
use super::list::version_of;
use super::place::Place;

/// How often a read may break off in a row without giving a byte.
const BREAKS_IN_A_ROW: u32 = 8;

/// The longest wait after a break.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Memory that is made for a read before its bytes are there.
const MADE_AT_ONCE: u64 = 16 * 1024 * 1024;

/// Reads what is known of a file.
pub(super) async fn head_file(clients: &Clients, place: &Place) -> Result<FileMeta> {
    let answer = clients
        .call(place, Call::Head, |client| client.head_object().bucket(&place.bucket).key(&place.key).send());
    let head = match answer.await {
        Ok(head) => head,
        Err(refusal) => return Err(explained(clients, place, refusal).await),
    };
    let size = head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    let file = FileMeta::new(place.location.clone(), size);
    Ok(match head.e_tag() {
        Some(tag) => file.with_version(version_of(tag)),
        None => file,
    })
}

/// The answer to a look has no body and so no reason. Asking for a byte tells it.
async fn explained(clients: &Clients, place: &Place, refusal: Refusal) -> Error {
    if refusal.code.is_empty() && matches!(refusal.status, 400 | 403) {
        let answer = clients.call(place, Call::Get, |client| {
            client.get_object().bucket(&place.bucket).key(&place.key).range("bytes=0-0").send()
        });
        match answer.await {
            Err(told) if !told.code.is_empty() && told.code != "InvalidRange" => return told.error,
            _ => {}
        }
    }
    refusal.error
}

/// A range that is being read.
pub(super) struct Reader {
    clients: Arc<Clients>,
    place: Place,
    /// The first byte that is still to come.
    next: u64,
    end: u64,
    /// What the file was when reading began: it must stay that.
    tag: Option<String>,
    body: Option<Body>,
    breaks: u32,
}

impl Reader {
    /// Asks for a range.
    ///
    /// # Errors
    /// `BadData` if the file ends before it.
    pub(super) async fn open(clients: Arc<Clients>, place: Place, range: Range<u64>) -> Result<Self> {
        let mut reader = Self {
            clients,
            place,
            next: range.start,
            end: range.end.max(range.start),
            tag: None,
            body: None,
            breaks: 0,
        };
        // S3 counts sizes with a sign, and has no way to ask for no bytes.
        if range.start >= range.end || i64::try_from(range.end).is_err() {
            let size = head_file(&reader.clients, &reader.place).await?.size;
            if size < reader.end {
                return Err(reader.too_short(Some(size)));
            }
        } else {
            reader.ask().await?;
        }
        Ok(reader)
    }

    /// All bytes that are still to come.
    pub(super) async fn read_rest(mut self) -> Result<Bytes> {
        let length = self.end - self.next;
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        if first.len() as u64 == length {
            return Ok(first);
        }
        let mut bytes = BytesMut::with_capacity(length.min(MADE_AT_ONCE) as usize);
        bytes.extend_from_slice(&first);
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The bytes that are still to come, as they come.
    pub(super) fn stream_rest(self) -> ByteStream {
        let chunks = futures::stream::try_unfold(self, |mut reader| async move {
            Ok(reader.chunk().await?.map(|chunk| (chunk, reader)))
        });
        chunks.boxed()
    }

    /// The next bytes. `None`: the range is read.
    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        while self.next < self.end {
            let Some(body) = &mut self.body else {
                self.ask().await?;
                continue;
            };
            match body.next().await {
                Some(Ok(bytes)) if bytes.len() as u64 > self.end - self.next => {
                    return Err(Error::new(
                        ErrorKind::Unexpected,
                        "S3 gave more bytes than were asked for; check what answers at the endpoint",
                    )
                    .with_context("location", &self.place.location));
                }
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => {
                    self.next += bytes.len() as u64;
                    self.breaks = 0;
                    return Ok(Some(bytes));
                }
                Some(Err(error)) => self.broke(error.to_string()).await?,
                None => self.broke("the answer ended early".to_owned()).await?,
            }
        }
        Ok(None)
    }

    /// Waits before the rest is asked for again.
    async fn broke(&mut self, cause: String) -> Result<()> {
        self.body = None;
        self.breaks += 1;
        if self.breaks > BREAKS_IN_A_ROW {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "Reading broke off again and again; look at the network, or publish again",
            )
            .with_retry(Retry::Safe)
            .with_context("location", &self.place.location)
            .with_context("at", self.next)
            .with_source(cause));
        }
        let wait = self.clients.config.first_wait * 2_u32.pow(self.breaks - 1);
        tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
        Ok(())
    }

    /// Asks for what is still to come.
    async fn ask(&mut self) -> Result<()> {
        let range = format!("bytes={}-{}", self.next, self.end - 1);
        let place = &self.place;
        let tag = &self.tag;
        let answer = self
            .clients
            .call(place, Call::Get, |client| {
                let request = client.get_object().bucket(&place.bucket).key(&place.key);
                request.range(&range).set_if_match(tag.clone()).send()
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) if refusal.code == "InvalidRange" || refusal.status == 416 => {
                return Err(self.too_short(None));
            }
            Err(refusal) => return Err(refusal.error),
        };
        self.check(&answer)?;
        self.tag = answer.e_tag;
        self.body = Some(answer.body);
        Ok(())
    }

    /// Checks that the answer is the range, all of it.
    fn check(&self, answer: &GetObjectOutput) -> Result<()> {
        let (start, end, size) = match answer.content_range().map(parse_content_range) {
            Some(Some(range)) => range,
            Some(None) => (u64::MAX, 0, 0),
            None => {
                let size = answer.content_length().and_then(|size| u64::try_from(size).ok());
                (0, size.unwrap_or_default(), size.unwrap_or_default())
            }
        };
        if size < self.end {
            return Err(self.too_short(Some(size)));
        }
        if (start, end) != (self.next, self.end) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "This service does not give the ranges of files that it is asked for; use one that does",
            )
            .with_context("location", &self.place.location));
        }
        Ok(())
    }

    fn too_short(&self, size: Option<u64>) -> Error {
        let error = Error::new(
            ErrorKind::BadData,
            "The file ends before the bytes that were asked for; it may have been cut off",
        )
        .with_context("location", &self.place.location)
        .with_context("asked", format!("{}..{}", self.next, self.end));
        match size {
            Some(size) => error.with_context("size", size),
            None => error,
        }
    }
}

/// Takes `bytes 0-4/5` apart: start, end, size of the file.
fn parse_content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse::<u64>().ok()?.checked_add(1)?, size.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_taken_apart() {
        assert_eq!(parse_content_range("bytes 2-4/10"), Some((2, 5, 10)));
        assert_eq!(parse_content_range("bytes */10"), None);
        assert_eq!(parse_content_range("bytes 2-18446744073709551615/10"), None);
    }
}
