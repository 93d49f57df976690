//! The list of files that one COPY loads.

use bytes::Bytes;
use publish_core::{Error, ErrorKind, FileMeta, Location, Result, RunContext};
use serde::{Deserialize, Serialize};

/// Name of the manifest within its folder.
pub(crate) const FILE: &str = "files.manifest";

/// A manifest as COPY reads it (the manual's page "Using a manifest to specify data files"): exactly these files, each
/// of which must be there in its length. A prefix would load whatever else begins with it.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    url: String,
    mandatory: bool,
    meta: Meta,
}

#[derive(Debug, Serialize, Deserialize)]
struct Meta {
    content_length: u64,
}

/// The manifest of these files as JSON.
pub(crate) fn manifest<'a>(files: impl IntoIterator<Item = &'a FileMeta>) -> Result<Vec<u8>> {
    let entries = files
        .into_iter()
        .map(|file| Entry {
            url: file.location.as_str().to_owned(),
            mandatory: true,
            meta: Meta { content_length: file.size },
        })
        .collect();
    serde_json::to_vec_pretty(&Manifest { entries }).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The manifest has no JSON form").with_source(error)
    })
}

/// Writes the manifest to `at`, in place of one that an earlier try left.
pub(crate) async fn write(at: &Location, files: &[FileMeta], run: &RunContext) -> Result<()> {
    let storage = run.storages().at(at)?;
    storage.delete(at).await?;
    let mut writer = storage.create(at).await?;
    writer.write(Bytes::from(manifest(files)?)).await?;
    writer.finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_mandatory_and_has_its_length() {
        let file =
            |name: &str, size| FileMeta::new(Location::parse(&format!("s3://b/{name}")).unwrap(), size);
        let text = manifest(&[file("a b/part-0.csv", 12), file("it's", 0)]).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"entries": [
                {"url": "s3://b/a b/part-0.csv", "mandatory": true, "meta": {"content_length": 12}},
                {"url": "s3://b/it's", "mandatory": true, "meta": {"content_length": 0}},
            ]})
        );
    }
}
