//! Text files being written: rows to text, text to compressed bytes.

use std::io;

use arrow_array::RecordBatch;
use bytes::Bytes;
use publish_core::{Error, ErrorKind, Result};

use crate::compression::{Compression, Compressor};
use crate::encoding::BatchEncoder;

/// Text that is compressed at once, about.
const PIECE_BYTES: usize = 64 * 1024;

/// Prints the rows of batches.
pub(crate) trait RowPrinter: Send + 'static {
    /// Prints what comes before the first row.
    fn print_start(&self, to: &mut String);

    /// Prints a batch. Calls `flush` now and then, which takes the text away. `first_row` rows came before it.
    fn print_batch(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        to: &mut String,
        flush: &mut dyn FnMut(&mut String) -> Result<()>,
    ) -> Result<()>;
}

/// Encodes batches as text.
pub(crate) struct TextEncoder<P> {
    printer: P,
    compressor: Option<Compressor>,
    text: String,
    rows: u64,
}

impl<P: RowPrinter> TextEncoder<P> {
    /// Starts a file.
    pub(crate) fn new(printer: P, compression: Option<Compression>) -> Result<Self> {
        let compressor = Compressor::new(compression).map_err(uncompressed)?;
        let mut text = String::new();
        printer.print_start(&mut text);
        Ok(Self { printer, compressor: Some(compressor), text, rows: 0 })
    }

    fn compressor(&mut self) -> Result<&mut Compressor> {
        self.compressor
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::Unexpected, "The file is already finished"))
    }
}

impl<P: RowPrinter> BatchEncoder for TextEncoder<P> {
    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let Self { printer, compressor: Some(compressor), text, rows } = self else {
            return Err(Error::new(ErrorKind::Unexpected, "The file is already finished"));
        };
        let mut flush = |text: &mut String| {
            if text.len() >= PIECE_BYTES {
                compressor.write(text.as_bytes()).map_err(uncompressed)?;
                text.clear();
            }
            Ok(())
        };
        printer.print_batch(batch, *rows, text, &mut flush)?;
        *rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let compressor = self.compressor()?;
        compressor.write(text.as_bytes()).map_err(uncompressed)?;
        let ended = self.compressor.take().map(Compressor::finish);
        if let Some(bytes) = ended {
            self.compressor = Some(Compressor::None(bytes.map_err(uncompressed)?));
        }
        Ok(())
    }

    fn take_bytes(&mut self) -> Result<Bytes> {
        Ok(self.compressor()?.take().into())
    }

    fn held_bytes(&self) -> u64 {
        self.text.len() as u64
    }
}

fn uncompressed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "The text can't be compressed").with_source(error)
}
