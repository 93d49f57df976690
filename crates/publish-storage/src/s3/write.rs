//! Writing a file: small ones in one request, large ones in parts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream as Body;
use bytes::{Bytes, BytesMut};
use publish_core::{Error, ErrorKind, FileMeta, FileWriter, Location, Result, Retry};
use uuid::Uuid;

use super::clients::Clients;
use super::error::{Call, Refusal};
use super::list::version_of;
use super::place::Place;
use super::read::head_file;
use super::upload::Upload;

/// Name of the metadata that tells who wrote an object. When an answer is lost, it tells whether the object is ours.
pub(super) const WRITER: &str = "publish-writer";

/// How often a file is put again when another request was in its way.
const CONFLICTS: u32 = 5;

/// How long throwing away an upload may take whose writer was dropped.
const ABORT_TIME: Duration = Duration::from_secs(60);

/// A file being written. Nothing of it is seen before its last request.
#[derive(Debug)]
pub(super) struct S3Writer {
    clients: Arc<Clients>,
    place: Place,
    writer: String,
    buffer: BytesMut,
    size: u64,
    upload: Option<Upload>,
    /// Set while a call is at work: one that was dropped half-way leaves it so.
    is_broken: bool,
}

impl S3Writer {
    pub(super) fn new(clients: Arc<Clients>, place: Place) -> Self {
        Self {
            clients,
            place,
            writer: Uuid::new_v4().to_string(),
            buffer: BytesMut::new(),
            size: 0,
            upload: None,
            is_broken: false,
        }
    }

    /// Hands the buffer over as the next part.
    async fn send_buffer(&mut self) -> Result<()> {
        let bytes = self.buffer.split().freeze();
        if self.upload.is_none() {
            let (clients, place) = (Arc::clone(&self.clients), self.place.clone());
            self.upload = Some(Upload::start(clients, place, &self.writer).await?);
        }
        match &mut self.upload {
            Some(upload) => upload.send(bytes).await,
            None => Ok(()),
        }
    }

    /// Makes the file visible: its entity tag.
    async fn put(&mut self) -> Result<Option<String>, Refusal> {
        if self.upload.is_none() {
            return put_whole(&self.clients, &self.place, &self.writer, self.buffer.split().freeze()).await;
        }
        if !self.buffer.is_empty() {
            self.send_buffer().await?;
        }
        match &mut self.upload {
            Some(upload) => upload.complete(self.size).await,
            None => Ok(None),
        }
    }

    /// Whether the file that is there now is the one of this writer: its entity tag.
    async fn own_file(&self) -> Result<Option<FileMeta>> {
        let place = &self.place;
        let answer = self.clients.call(place, Call::Head, |client| {
            client.head_object().bucket(&place.bucket).key(&place.key).send()
        });
        let head = match answer.await {
            Ok(head) => head,
            Err(refusal) if refusal.error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal.error),
        };
        let is_own = head.metadata().and_then(|metadata| metadata.get(WRITER)) == Some(&self.writer);
        if !is_own {
            return Err(taken(&place.location));
        }
        Ok(Some(self.meta(head.e_tag())))
    }

    fn meta(&self, tag: Option<&str>) -> FileMeta {
        let file = FileMeta::new(self.place.location.clone(), self.size);
        match tag {
            Some(tag) => file.with_version(version_of(tag)),
            None => file,
        }
    }

    /// What became of the file after its last request failed.
    async fn settle(&self, refusal: Refusal) -> Result<FileMeta> {
        // A request that is made again after its answer was lost finds its own file, or its upload gone.
        let may_be_done = refusal.is_condition()
            || refusal.is_conflict()
            || refusal.is_in_doubt()
            || refusal.code == "NoSuchUpload";
        if !may_be_done {
            return Err(refusal.error);
        }
        match self.own_file().await {
            Ok(Some(file)) => Ok(file),
            Ok(None) => Err(refusal.error),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Not even that is known.
            Err(_) => Err(refusal.error.with_retry(Retry::InDoubt)),
        }
    }

    fn check(&self) -> Result<()> {
        if self.is_broken {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "An earlier write failed or was given up; start the file again",
            )
            .with_context("location", &self.place.location));
        }
        Ok(())
    }
}

#[async_trait]
impl FileWriter for S3Writer {
    async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        self.check()?;
        self.is_broken = true;
        let part_size = self.clients.config.part_size;
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = part_size - self.buffer.len();
            self.buffer.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
            if self.buffer.len() == part_size {
                self.send_buffer().await?;
            }
        }
        self.is_broken = false;
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<FileMeta> {
        self.check()?;
        let finished = match self.put().await {
            Ok(Some(tag)) => Ok(self.meta(Some(&tag))),
            Ok(None) => head_file(&self.clients, &self.place).await,
            Err(refusal) => self.settle(refusal).await,
        };
        match (self.upload.take(), &finished) {
            (Some(upload), Err(_)) => {
                // The first error is the one to tell.
                let _ = upload.abort().await;
            }
            (upload, _) => drop(upload),
        }
        finished
    }

    async fn abort(mut self: Box<Self>) -> Result<()> {
        match self.upload.take() {
            Some(upload) => upload.abort().await,
            None => Ok(()),
        }
    }
}

impl Drop for S3Writer {
    /// Throws the upload away, since S3 keeps its parts, and their costs, for ever. Nobody can wait for that here, so a
    /// task does it that ends by itself.
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(ABORT_TIME, upload.abort()).await;
            });
        }
    }
}

/// Puts a small file in one request, unless one is there.
async fn put_whole(
    clients: &Clients,
    place: &Place,
    writer: &str,
    bytes: Bytes,
) -> Result<Option<String>, Refusal> {
    let mut wait = clients.config.first_wait;
    for last in [false; CONFLICTS as usize].into_iter().chain([true]) {
        let answer = clients
            .call(place, Call::Put, |client| {
                let request = client.put_object().bucket(&place.bucket).key(&place.key);
                let request = request.metadata(WRITER, writer).if_none_match("*");
                request.body(Body::from(bytes.clone())).send()
            })
            .await;
        match answer {
            Err(refusal) if refusal.is_conflict() && !last => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            answer => return answer.map(|answer| answer.e_tag),
        }
    }
    Ok(None)
}

pub(super) fn taken(at: &Location) -> Error {
    Error::new(ErrorKind::AlreadyExists, "A file is already there; choose another name")
        .with_context("location", at)
}
