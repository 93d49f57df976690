//! The files of a load: a prefix or a manifest, and their compression.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use serde_json::Value;

use crate::load::encoding::Utf8Reader;
use crate::load::json_paths::{Path, parse_paths};
use crate::load::progress::Progress;
use crate::objects::{ObjectError, ObjectErrorKind, ObjectStore};
use crate::sql::{Compression, CopyCommand, Encoding, FieldNames, Format};
use crate::wire::Report;

/// The longest manifest that is read.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// One file of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
}

impl FileName {
    pub(crate) fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// The files that a COPY names.
pub(crate) fn find_files(
    objects: &dyn ObjectStore,
    copy: &CopyCommand,
    query: i64,
) -> Result<Vec<FileName>, Report> {
    let is_columnar = matches!(copy.format, Format::Parquet { .. });
    let files = if copy.is_manifest { read_manifest(objects, copy)? } else { list_files(objects, copy)? };
    let is_packed = |file: &&FileName| [".gz", ".bz2", ".snappy"].iter().any(|end| file.key.ends_with(end));
    if is_columnar && let Some(file) = files.iter().find(is_packed) {
        let what = format!("COPY from a compressed columnar file ({}, query {query})", file.url());
        return Err(Report::not_emulated(&what));
    }
    Ok(files)
}

fn list_files(objects: &dyn ObjectStore, copy: &CopyCommand) -> Result<Vec<FileName>, Report> {
    let entries = objects.list(&copy.access, &copy.bucket, &copy.key).map_err(|error| refused(&error))?;
    if entries.is_empty() {
        let path = format!("s3://{}/{}", copy.bucket, copy.key);
        return Err(Report::error("XX000", format!("The specified S3 prefix '{path}' does not exist")));
    }
    let file = |key, size| FileName { bucket: copy.bucket.clone(), key, size };
    Ok(entries.into_iter().map(|entry| file(entry.key, entry.size)).collect())
}

/// Opens a file and undoes its compression; what is read is counted.
pub(crate) fn open_file(
    objects: &dyn ObjectStore,
    copy: &CopyCommand,
    file: &FileName,
    progress: Arc<Progress>,
) -> Result<BufReader<Box<dyn Read>>, Report> {
    let object = objects.open(&copy.access, &file.bucket, &file.key).map_err(|error| refused(&error))?;
    let counted = Counted { inner: object.body, progress };
    let body: Box<dyn Read> = match copy.compression {
        Compression::None => Box::new(counted),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(counted)),
        Compression::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(counted)),
        Compression::Zstd => Box::new(zstd::Decoder::new(counted).map_err(|error| unreadable(&error))?),
    };
    let body = match copy.encoding {
        Encoding::Utf8 => body,
        encoding => Box::new(Utf8Reader::new(body, encoding)),
    };
    Ok(BufReader::with_capacity(64 << 10, body))
}

/// Counts what is read and ends when the load is to stop.
struct Counted<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_stopped() {
            return Err(io::Error::other("the load was stopped"));
        }
        let length = self.inner.read(buffer)?;
        self.progress.read(length as u64);
        Ok(length)
    }
}

/// The paths of a COPY's JSONPaths file, one for each column; none without such a file.
pub(crate) fn read_paths(
    objects: &dyn ObjectStore,
    copy: &CopyCommand,
    columns: usize,
) -> Result<Vec<Path>, Report> {
    let (bucket, key, is_avro) = match &copy.format {
        Format::Json(FieldNames::Paths { bucket, key }) => (bucket, key, false),
        Format::Avro(FieldNames::Paths { bucket, key }) => (bucket, key, true),
        _ => return Ok(Vec::new()),
    };
    let object = objects.open(&copy.access, bucket, key).map_err(|error| refused(&error))?;
    let mut text = String::new();
    object.body.take(MANIFEST_LIMIT).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    let paths = parse_paths(&text).map_err(|what| Report::error("XX000", what))?;
    if !paths.is_empty() && paths.len() != columns {
        let message = format!(
            "Number of jsonpaths and the number of columns should match. JSONPath size: {}, Number of columns in \
             table or column list: {columns}",
            paths.len()
        );
        return Err(Report::error("XX000", message));
    }
    if is_avro && paths.iter().any(|path| path.depth() > 1) {
        return Err(Report::not_emulated("a path below the first level of an AVRO record"));
    }
    Ok(paths)
}

/// The error of a file that can't be read to its end.
pub(crate) fn unreadable(error: &io::Error) -> Report {
    Report::error("XX000", format!("The file can't be read: {error}"))
}

fn refused(error: &ObjectError) -> Report {
    let (code, status) = (error.code(), error.status());
    Report::error("XX000", format!("S3ServiceException:{error},Status {status},Error {code}"))
}

fn read_manifest(objects: &dyn ObjectStore, copy: &CopyCommand) -> Result<Vec<FileName>, Report> {
    let object = objects.open(&copy.access, &copy.bucket, &copy.key).map_err(|error| refused(&error))?;
    let mut text = String::new();
    object.body.take(MANIFEST_LIMIT).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    let bad =
        |what: &str| Report::error("XX000", format!("Manifest file is not in correct json format: {what}"));
    let manifest: Value = serde_json::from_str(&text).map_err(|_| bad("not JSON"))?;
    let entries = manifest["entries"].as_array().ok_or_else(|| bad("no entries"))?;
    let is_columnar = matches!(copy.format, Format::Parquet { .. });
    let mut files = Vec::new();
    for entry in entries {
        let url = entry["url"].as_str().ok_or_else(|| bad("no url"))?;
        let path = url.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        let Some((bucket, key)) = path.filter(|(_, key)| !key.is_empty()) else {
            return Err(Report::error("XX000", "MANIFEST needs the full path of an S3 object (error 8001)"));
        };
        let length = match &entry["meta"]["content_length"] {
            Value::Null if is_columnar => {
                let message =
                    format!("Manifest entry '{url}' lacks meta.content_length, which PARQUET needs");
                return Err(Report::error("XX000", message));
            }
            Value::Null => None,
            length => Some(length.as_u64().ok_or_else(|| bad("content_length is not a number"))?),
        };
        match objects.open(&copy.access, bucket, key) {
            Ok(object) => {
                // A size that isn't true makes a columnar file unreadable, and is a sign of a wrong file elsewhere.
                if let (Some(length), Some(size), false) = (length, object.size, is_columnar)
                    && length != size
                {
                    let message = format!("The size of '{url}' is {size} and not the manifest's {length}");
                    return Err(Report::error("XX000", message));
                }
                let size = length.or(object.size).unwrap_or(0);
                files.push(FileName { bucket: bucket.to_owned(), key: key.to_owned(), size });
            }
            // A file that isn't mandatory is left out in silence.
            Err(error) if error.kind() == ObjectErrorKind::NotFound => {
                if entry["mandatory"].as_bool() == Some(true) {
                    return Err(refused(&error));
                }
            }
            Err(error) => return Err(refused(&error)),
        }
    }
    Ok(files)
}
