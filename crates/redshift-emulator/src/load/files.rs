//! The files of a load: a prefix or a manifest, and their compression.

use std::io::{self, BufReader, Read};

use serde_json::Value;

use crate::objects::{ObjectError, ObjectErrorKind, ObjectStore};
use crate::sql::{Compression, CopyCommand};
use crate::wire::Report;

/// The longest manifest that is read.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// One file of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl FileName {
    pub(crate) fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// The files that a COPY names.
pub(crate) fn find_files(objects: &dyn ObjectStore, copy: &CopyCommand) -> Result<Vec<FileName>, Report> {
    if copy.is_manifest {
        return read_manifest(objects, copy);
    }
    let entries = objects.list(&copy.access, &copy.bucket, &copy.key).map_err(|error| refused(&error))?;
    if entries.is_empty() {
        let path = format!("s3://{}/{}", copy.bucket, copy.key);
        return Err(Report::error("XX000", format!("The specified S3 prefix '{path}' does not exist")));
    }
    let file = |key| FileName { bucket: copy.bucket.clone(), key };
    Ok(entries.into_iter().map(|entry| file(entry.key)).collect())
}

/// Opens a file and undoes its compression.
pub(crate) fn open_file(
    objects: &dyn ObjectStore,
    copy: &CopyCommand,
    file: &FileName,
) -> Result<BufReader<Box<dyn Read>>, Report> {
    let object = objects.open(&copy.access, &file.bucket, &file.key).map_err(|error| refused(&error))?;
    let body: Box<dyn Read> = match copy.compression {
        Compression::None => object.body,
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(object.body)),
        Compression::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(object.body)),
        Compression::Zstd => Box::new(zstd::Decoder::new(object.body).map_err(|error| unreadable(&error))?),
    };
    Ok(BufReader::with_capacity(64 << 10, body))
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
    let mut files = Vec::new();
    for entry in entries {
        let url = entry["url"].as_str().ok_or_else(|| bad("no url"))?;
        let path = url.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        let Some((bucket, key)) = path.filter(|(_, key)| !key.is_empty()) else {
            return Err(Report::error("XX000", "MANIFEST needs the full path of an S3 object (error 8001)"));
        };
        let file = FileName { bucket: bucket.to_owned(), key: key.to_owned() };
        match objects.open(&copy.access, bucket, key) {
            Ok(_) => files.push(file),
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
