//! Decodes a run of row groups.

use std::ops::Range;
use std::sync::Arc;

use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use publish_core::{Error, ErrorKind, FileMeta, Result, Storage};

use crate::blocking::BatchSender;
use crate::canonical::canonical_batch_of;

use super::chunks::GroupBytes;
use super::columns::FileColumns;
use super::int96;

/// Decoded bytes of a batch, about, however few rows it has.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// Row groups to decode.
pub(super) struct PartDecoder {
    /// The file.
    pub(super) file: FileMeta,
    /// Where it is.
    pub(super) storage: Arc<dyn Storage>,
    /// What its footer tells.
    pub(super) footer: Arc<ParquetMetaData>,
    /// Its columns.
    pub(super) own: FileColumns,
    /// The columns as they are to be handed out.
    pub(super) columns: SchemaRef,
    /// The row groups.
    pub(super) groups: Range<usize>,
    /// Rows of a batch at most.
    pub(super) batch_rows: usize,
}

impl PartDecoder {
    /// Decodes the row groups into batches.
    pub(super) fn run(self, sender: &BatchSender) -> Result<()> {
        let groups = self.footer.row_groups();
        let count = |group: &RowGroupMetaData| u64::try_from(group.num_rows()).unwrap_or(0);
        let mut first_row = groups[..self.groups.start].iter().map(count).sum::<u64>();
        for index in self.groups.clone() {
            let rows = count(&groups[index]);
            if rows > 0 {
                self.decode_group(index, rows, first_row, sender)?;
            }
            first_row += rows;
        }
        Ok(())
    }

    fn decode_group(&self, index: usize, rows: u64, first_row: u64, sender: &BatchSender) -> Result<()> {
        let group = &self.footer.row_groups()[index];
        let mut done = 0;
        let place = |error: Error, done: u64| {
            error
                .with_context("file", &self.file.location)
                .with_context("row group", index)
                .with_context("from row", first_row + done + 1)
        };
        let bytes = GroupBytes::new(&self.file, &self.storage, sender, group);
        let broken = |error: ArrowError, done: u64| {
            bytes.failure().unwrap_or_else(|| {
                let message = "The row group cannot be decoded; the file is damaged, write it again";
                place(Error::new(ErrorKind::BadData, message), done).with_source(error)
            })
        };
        let batch_rows = self.batch_rows(group, rows);
        let open = |reader: &ArrowReaderMetadata, mask: Option<ProjectionMask>| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), reader.clone())
                .with_row_groups(vec![index])
                .with_batch_size(batch_rows);
            match mask {
                Some(mask) => builder.with_projection(mask),
                None => builder,
            }
            .build()
            .map_err(|error| broken(error.into(), 0))
        };
        let mut reader = open(&self.own.reader, None)?;
        let mut nanos = match &self.own.nanos_reader {
            Some(plain) => {
                let leaves = self.own.int96.iter().copied();
                let mask = ProjectionMask::leaves(self.footer.file_metadata().schema_descr(), leaves);
                Some(open(plain, Some(mask))?)
            }
            None => None,
        };
        while let Some(batch) = reader.next().transpose().map_err(|error| broken(error, done))? {
            if let Some(nanos) = nanos.as_mut() {
                let nanos = nanos.next().transpose().map_err(|error| broken(error, done))?;
                if !nanos.is_some_and(|nanos| int96::is_exact(&batch, &self.own.int96, &nanos)) {
                    let message =
                        "An INT96 timestamp has digits below microseconds; write it as INT64 nanoseconds";
                    return Err(place(Error::new(ErrorKind::BadData, message), done));
                }
            }
            let batch = canonical_batch_of(&batch, &self.own.decoded, &self.columns)
                .map_err(|error| place(error, done))?;
            done += batch.num_rows() as u64;
            sender.send(batch)?;
        }
        if done != rows {
            let message = "The row group does not hold the rows it announces; the file is damaged";
            return Err(place(Error::new(ErrorKind::BadData, message), done).with_context("announced", rows));
        }
        Ok(())
    }

    /// Fewer rows where rows are long, so that a batch stays short.
    fn batch_rows(&self, group: &RowGroupMetaData, rows: u64) -> usize {
        let row_len = u64::try_from(group.total_byte_size()).unwrap_or(0) / rows;
        let most = usize::try_from(BATCH_BYTES / row_len.max(1)).unwrap_or(usize::MAX);
        self.batch_rows.min(most).max(1)
    }
}
