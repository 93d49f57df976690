//! Multipart uploads: large files in parts that are sent side by side.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream as Body;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use publish_core::{Error, ErrorKind, Result};
use tokio::task::{JoinError, JoinSet};

use super::clients::Clients;
use super::delete::abort_upload;
use super::error::{Call, Refusal};
use super::place::Place;
use super::write::WRITER;

/// Parts that S3 lets an object have.
const MAX_PARTS: i32 = 10_000;

/// An upload under way. Its parts are sent by tasks that end with it.
#[derive(Debug)]
pub(super) struct Upload {
    clients: Arc<Clients>,
    place: Place,
    pub(super) id: String,
    sending: JoinSet<Result<CompletedPart>>,
    sent: Vec<CompletedPart>,
    last: i32,
}

impl Upload {
    /// Starts an upload. Nothing is seen of it before it is completed.
    pub(super) async fn start(clients: Arc<Clients>, place: Place, writer: &str) -> Result<Self> {
        let answer = clients
            .call(&place, Call::Put, |client| {
                let request = client.create_multipart_upload().bucket(&place.bucket).key(&place.key);
                request.metadata(WRITER, writer).checksum_algorithm(ChecksumAlgorithm::Crc32).send()
            })
            .await
            .map_err(Refusal::into_error)?;
        let id = answer.upload_id.ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "S3 started an upload without a name; check the endpoint")
                .with_context("location", &place.location)
        })?;
        Ok(Self { clients, place, id, sending: JoinSet::new(), sent: Vec::new(), last: 0 })
    }

    /// Sends the next part, once a lane is free for it.
    pub(super) async fn send(&mut self, bytes: Bytes) -> Result<()> {
        if self.last == MAX_PARTS {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "The file has more parts than S3 allows; write smaller files, or set larger parts",
            )
            .with_context("location", &self.place.location)
            .with_context("parts", MAX_PARTS));
        }
        while self.sending.len() >= self.clients.config.lanes {
            self.take_one().await?;
        }
        self.last += 1;
        let (clients, place, id) = (Arc::clone(&self.clients), self.place.clone(), self.id.clone());
        self.sending.spawn(send_part(clients, place, id, self.last, bytes));
        Ok(())
    }

    /// Makes one file of the parts, unless one is there: its entity tag.
    pub(super) async fn complete(&mut self, size: u64) -> Result<Option<String>, Refusal> {
        while !self.sending.is_empty() {
            self.take_one().await?;
        }
        self.sent.sort_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.sent.clone())).build();
        let (place, id) = (&self.place, &self.id);
        let answer = self
            .clients
            .call(place, Call::Put, |client| {
                let request = client.complete_multipart_upload().bucket(&place.bucket).key(&place.key);
                let request = request.upload_id(id).multipart_upload(parts.clone()).if_none_match("*");
                request.set_mpu_object_size(i64::try_from(size).ok()).send()
            })
            .await?;
        Ok(answer.e_tag)
    }

    /// Throws the upload away.
    pub(super) async fn abort(mut self) -> Result<()> {
        // A part that arrives after the abort would stay.
        self.sending.shutdown().await;
        abort_upload(&self.clients, &self.place, &self.id).await
    }

    /// Waits until one part has arrived.
    async fn take_one(&mut self) -> Result<()> {
        if let Some(part) = self.sending.join_next().await {
            self.sent.push(part.map_err(stopped)??);
        }
        Ok(())
    }
}

/// Sends one part. S3 compares its checksum with the bytes that arrive.
async fn send_part(
    clients: Arc<Clients>,
    place: Place,
    id: String,
    number: i32,
    bytes: Bytes,
) -> Result<CompletedPart> {
    let answer = clients
        .call(&place, Call::Put, |client| {
            let request = client.upload_part().bucket(&place.bucket).key(&place.key).upload_id(&id);
            let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32);
            request.body(Body::from(bytes.clone())).send()
        })
        .await
        .map_err(Refusal::into_error)?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(answer.e_tag)
        .set_checksum_crc32(answer.checksum_crc32)
        .build())
}

fn stopped(error: JoinError) -> Error {
    Error::new(ErrorKind::Unexpected, "Sending a part stopped unexpectedly").with_source(error)
}
