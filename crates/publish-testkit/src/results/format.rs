//! Arrow batches as a file format.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_cast::cast;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use publish_core::{
    BatchStream, BatchWriter, Error, ErrorKind, FileFormat, FileInspection, FileMeta, FilePart, FileWriter,
    Format, FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};

/// Files of Arrow batches, for tests: what is put in comes out, whatever its type.
///
/// It takes the place of Avro in a registry, since a format must have one of the known names.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchFormat;

impl BatchFormat {
    async fn reader(
        file: &FileMeta,
        storage: &Arc<dyn Storage>,
    ) -> Result<StreamReader<Cursor<bytes::Bytes>>> {
        let bytes = storage.read(&file.location, 0..file.size).await?;
        StreamReader::try_new(Cursor::new(bytes), None).map_err(|error| broken(file, error))
    }
}

#[async_trait]
impl Format for BatchFormat {
    fn format(&self) -> FileFormat {
        FileFormat::Avro
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        _: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let reader = Self::reader(file, storage).await?;
        let mut inspection = FileInspection::new(file.clone(), Some(reader.schema()));
        let mut rows = 0;
        for batch in reader {
            rows += batch.map_err(|error| broken(file, error))?.num_rows() as u64;
        }
        inspection.row_count = Some(rows);
        Ok(inspection)
    }

    fn unify(&self, files: &[FileInspection], _: &FormatOptions) -> Result<ResultSchema> {
        let mut schemas = files.iter().filter_map(|file| Some((file, file.schema.as_ref()?)));
        let Some((_, first)) = schemas.next() else {
            return Err(Error::new(
                ErrorKind::BadData,
                "No file tells a schema; give one that holds columns",
            ));
        };
        if let Some((file, _)) = schemas.find(|(_, schema)| schema.fields() != first.fields()) {
            return Err(Error::new(ErrorKind::SchemaMismatch, "A file has other columns than the first one")
                .with_context("location", &file.file.location));
        }
        Ok(ResultSchema::new(Arc::clone(first)))
    }

    async fn open(
        &self,
        file: &FileMeta,
        _: &FilePart,
        schema: &SchemaRef,
        _: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        let reader = Self::reader(file, storage).await?;
        let mut batches = Vec::new();
        for batch in reader {
            let batch = read_as(&batch.map_err(|error| broken(file, error))?, schema)
                .map_err(|error| broken(file, error))?;
            let mut at = 0;
            while at < batch.num_rows() {
                let rows = batch_rows.min(batch.num_rows() - at);
                batches.push(Ok(batch.slice(at, rows)));
                at += rows;
            }
        }
        Ok(futures::stream::iter(batches).boxed())
    }

    async fn create(
        &self,
        schema: &SchemaRef,
        _: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        let encoder = StreamWriter::try_new(Vec::new(), schema).map_err(unwritable)?;
        Ok(Box::new(EncodedFile { encoder, writer }))
    }
}

struct EncodedFile {
    encoder: StreamWriter<Vec<u8>>,
    writer: Box<dyn FileWriter>,
}

impl std::fmt::Debug for EncodedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncodedFile").field("writer", &self.writer).finish_non_exhaustive()
    }
}

#[async_trait]
impl BatchWriter for EncodedFile {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.encoder.write(&batch).map_err(unwritable)
    }

    fn bytes_written(&self) -> u64 {
        self.encoder.get_ref().len() as u64
    }

    async fn finish(mut self: Box<Self>) -> Result<FileMeta> {
        let bytes = self.encoder.into_inner().map_err(unwritable)?;
        self.writer.write(bytes.into()).await?;
        self.writer.finish().await
    }
}

/// Reads columns by position as other types, where no value is lost.
fn read_as(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn broken(file: &FileMeta, error: ArrowError) -> Error {
    Error::new(ErrorKind::BadData, "The file does not hold Arrow batches that can be read so")
        .with_context("location", &file.location)
        .with_source(error)
}

fn unwritable(error: ArrowError) -> Error {
    Error::new(ErrorKind::Unexpected, "A batch can't be written").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::super::{ResultShelf, numbered_rows};
    use super::*;

    #[tokio::test]
    async fn what_is_put_on_the_shelf_is_read_back_in_order() {
        let shelf = ResultShelf::new();
        shelf.put("r", &[numbered_rows(1..=3)]).unwrap();
        let storage: Arc<dyn Storage> = Arc::new(shelf.storage().clone());
        let file = storage.head(&shelf.storage().locations()[0]).await.unwrap();
        let options = FormatOptions::default();
        let found = BatchFormat.inspect(&file, &options, &storage).await.unwrap();
        assert_eq!(found.row_count, Some(3));
        let schema = found.schema.clone().unwrap();
        let batches = BatchFormat.open(&file, &found.parts[0], &schema, &options, 2, &storage).await.unwrap();
        let sizes: Vec<usize> = batches.map(|batch| batch.unwrap().num_rows()).collect().await;
        assert_eq!(sizes, [2, 1]);
    }

    #[tokio::test]
    async fn bytes_that_are_no_batches_are_bad_data() {
        let shelf = ResultShelf::new();
        let at = publish_core::Location::parse("mem:///r/broken.avro").unwrap();
        shelf.put_bytes(at.clone(), "nonsense");
        let storage: Arc<dyn Storage> = Arc::new(shelf.storage().clone());
        let file = storage.head(&at).await.unwrap();
        let error = BatchFormat.inspect(&file, &FormatOptions::default(), &storage).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
    }
}
