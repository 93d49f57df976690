//! Every format at once.

use std::sync::Arc;

use publish_core::Format;

use crate::{AvroFormat, CsvFormat, JsonFormat, ParquetFormat};

/// Every format of this crate, for a registry.
///
/// ```
/// use publish_core::Registry;
///
/// let registry = publish_formats::all().into_iter().fold(Registry::new(), Registry::with_format);
/// # let _ = registry;
/// ```
pub fn all() -> Vec<Arc<dyn Format>> {
    vec![Arc::new(AvroFormat::default()), Arc::new(ParquetFormat), Arc::new(CsvFormat), Arc::new(JsonFormat)]
}
