//! One UNLOAD, from its query to its notice.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;

use super::text::{write_header, write_row};
use crate::objects::{ObjectError, ObjectStore};
use crate::session::Session;
use crate::sql::{Compression, UnloadCommand};
use crate::wire::{Report, Severity};

/// Slices of the cluster, each of which writes files of its own.
const SLICES: usize = 2;

/// The rows of a query with its columns.
type Found = (Vec<(String, u32)>, Vec<Vec<Option<String>>>);

/// Runs the query in the client's session and writes its rows.
pub(crate) async fn run_unload(
    session: &mut Session,
    unload: &UnloadCommand,
) -> io::Result<Result<(), Report>> {
    if let Some(report) = session.lost_table(&unload.query).await {
        return Ok(Err(report));
    }
    let query = session.expand_views(&unload.query).await?;
    let found = match session.backend.described(&query).await? {
        Ok(found) => found,
        Err(report) => return Ok(Err(report)),
    };
    let count = found.1.len();
    let (objects, own) = (Arc::clone(&session.shared.objects), unload.clone());
    let written = tokio::task::spawn_blocking(move || write_all(&*objects, &own, &found));
    if let Err(report) = written.await.map_err(io::Error::other)? {
        return Ok(Err(report));
    }
    let text = format!("UNLOAD completed, {count} record(s) unloaded successfully.");
    session.client.report(&Report::new(Severity::Info, "00000", text)).await;
    Ok(Ok(()))
}

fn write_all(objects: &dyn ObjectStore, unload: &UnloadCommand, found: &Found) -> Result<(), Report> {
    let (access, bucket) = (&unload.access, unload.bucket.as_str());
    let there = objects.list(access, bucket, &unload.key).map_err(|error| refused(&error))?;
    if !there.is_empty() && unload.has("cleanpath") {
        return Err(Report::not_emulated("CLEANPATH where there are files"));
    }
    if !there.is_empty() && !unload.has("allowoverwrite") {
        return Err(Report::error(
            "XX000",
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually \
             removing the target files in S3, or using the ALLOWOVERWRITE option.",
        ));
    }
    let (columns, rows) = found;
    let slices = if unload.is_parallel { SLICES } else { 1 };
    let mut urls = Vec::new();
    for slice in 0..slices {
        let own = rows.iter().skip(slice).step_by(slices);
        // Without any row there is one file, of the first slice.
        if slice > 0 && own.len() == 0 {
            continue;
        }
        let mut text = Vec::new();
        if unload.has("header") {
            write_header(unload, columns, &mut text);
        }
        for row in own {
            write_row(unload, columns, row, &mut text);
        }
        let key = key_of(unload, slice);
        let body = compressed(text, unload.compression)
            .map_err(|error| Report::error("XX000", format!("The rows can't be compressed: {error}")))?;
        objects.put(access, bucket, &key, body).map_err(|error| refused(&error))?;
        urls.push(serde_json::json!({"url": format!("s3://{bucket}/{key}")}));
    }
    if unload.has("manifest") {
        let manifest = serde_json::json!({"entries": urls}).to_string();
        let key = format!("{}manifest", unload.key);
        objects.put(access, bucket, &key, manifest.into()).map_err(|error| refused(&error))?;
    }
    Ok(())
}

/// The name of a slice's file: `prefix0001_part_00.gz`, or `prefix000.gz` where one file holds all.
fn key_of(unload: &UnloadCommand, slice: usize) -> String {
    let number = if unload.is_parallel { format!("{slice:04}_part_00") } else { "000".to_owned() };
    let ending = match (&unload.extension, unload.compression) {
        (Some(extension), _) => format!(".{}", extension.trim_start_matches('.')),
        (None, Compression::None) => String::new(),
        (None, Compression::Gzip) => ".gz".to_owned(),
        (None, Compression::Bzip2) => ".bz2".to_owned(),
        (None, Compression::Zstd) => ".zst".to_owned(),
    };
    format!("{}{number}{ending}", unload.key)
}

fn compressed(text: Vec<u8>, compression: Compression) -> io::Result<Bytes> {
    Ok(match compression {
        Compression::None => text.into(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&text)?;
            encoder.finish()?.into()
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(&text)?;
            encoder.finish()?.into()
        }
        Compression::Zstd => zstd::encode_all(&text[..], 0)?.into(),
    })
}

fn refused(error: &ObjectError) -> Report {
    let (code, status) = (error.code(), error.status());
    Report::error("XX000", format!("S3ServiceException:{error},Status {status},Error {code}"))
}
