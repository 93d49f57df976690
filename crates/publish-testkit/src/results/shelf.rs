//! A shelf that results are put on.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use publish_core::{Error, ErrorKind, Format, Location, Registry, Result, Source, Storage};

use super::{BatchFormat, ShelfStorage};

/// A shelf that results are put on, and the registry that reads them from there.
///
/// It answers for `mem://`. Its files end in `.avro`, since a format must have one of the known names, but hold Arrow
/// batches.
///
/// ```
/// use publish_testkit::results::{ResultShelf, numbered_rows};
///
/// let shelf = ResultShelf::new();
/// let source = shelf.put("orders", &[numbered_rows(1..=3)]).unwrap();
/// assert_eq!(source.locations[0].as_str(), "mem:///orders/");
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResultShelf {
    storage: ShelfStorage,
}

impl ResultShelf {
    /// Creates an empty shelf.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts batches on the shelf, each as a file of its own in the folder `name`, and answers how to ask for them.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the name is no name of a folder.
    pub fn put(&self, name: &str, batches: &[RecordBatch]) -> Result<Source> {
        let folder = Location::parse(&format!("mem:///{name}/"))?;
        for (number, batch) in batches.iter().enumerate() {
            let at = folder.join(&format!("part-{number:05}.avro"))?;
            self.storage.put(at, encode(batch)?);
        }
        Ok(Source::new(vec![folder]))
    }

    /// Puts bytes on the shelf as they are, such as a broken file.
    pub fn put_bytes(&self, at: Location, bytes: impl Into<Bytes>) {
        self.storage.put(at, bytes.into());
    }

    /// The storage under the shelf.
    pub fn storage(&self) -> &ShelfStorage {
        &self.storage
    }

    /// The format of its files.
    pub fn format(&self) -> Arc<dyn Format> {
        Arc::new(BatchFormat)
    }

    /// A registry with the five actions that reads this shelf.
    pub fn registry(&self) -> Registry {
        let storage: Arc<dyn Storage> = Arc::new(self.storage.clone());
        Registry::new().with_format(self.format()).with_storage(&storage)
    }
}

fn encode(batch: &RecordBatch) -> Result<Bytes> {
    let write = || {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
        writer.write(batch)?;
        writer.into_inner()
    };
    let bytes: Vec<u8> = write().map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The batch can't be put on the shelf").with_source(error)
    })?;
    Ok(bytes.into())
}
