//! A part of a text file as a stream of batches.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::StreamExt;
use publish_core::{BatchStream, FileMeta, FilePart, Storage};

use super::{ReadError, lines_before};
use crate::blocking::decode_stream;
use crate::input::FileBytes;

/// Decodes a part of a file. Blocks.
pub(crate) trait PartDecoder {
    /// Decodes the next batch. `None` at the end.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadError>;
}

/// Streams what the decoder that `start` makes of a part's bytes decodes. Must be called within a tokio runtime.
pub(crate) fn part_stream<D: PartDecoder>(
    file: &FileMeta,
    part: &FilePart,
    storage: &Arc<dyn Storage>,
    start: impl FnOnce(FileBytes) -> Result<D, ReadError> + Send + 'static,
) -> BatchStream {
    let (bytes, pump) = FileBytes::start(storage, &file.location, part.start..part.end);
    let (meta, part, storage) = (file.clone(), part.clone(), Arc::clone(storage));
    let batches = decode_stream(&file.location, move |sender| {
        let decode = || {
            let mut decoder = start(bytes)?;
            while let Some(batch) = decoder.next_batch()? {
                sender.send(batch)?;
            }
            Ok(())
        };
        decode().map_err(|error: ReadError| {
            error.in_part(&meta, part.first_row, || sender.wait(lines_before(&storage, &meta, part.start)))
        })
    });
    // The pump lives as long as the stream.
    let batches = batches.map(move |batch| {
        let _pump = &pump;
        batch
    });
    batches.boxed()
}
