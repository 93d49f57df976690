//! Which files a source's locations mean.

use futures::{StreamExt, TryStreamExt};
use globset::GlobBuilder;

use crate::run::check_unchanged;
use crate::{Error, ErrorKind, FileFormat, FileMeta, Location, Result, RunContext, Source, Storages};

/// Addresses that are looked up side by side.
const HEAD_LANES: usize = 16;

/// Files whose versions are compared side by side, so that ten thousand on a far storage take seconds.
const CHECK_LANES: usize = 64;

/// The files of a source, in the order of its locations and, within one, of their names.
#[derive(Debug)]
pub(super) struct SourceFiles {
    pub(super) files: Vec<FileMeta>,
    pub(super) format: FileFormat,
    pub(super) notes: Vec<String>,
}

/// Finds every file that `source` names: files, folders and globs.
///
/// Below folders and globs names that start with `_` or `.` are passed over, as Hadoop does: markers such as `_SUCCESS`,
/// files that somebody is still writing.
pub(super) async fn find_files(source: &Source, storages: &Storages) -> Result<SourceFiles> {
    if source.locations.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "Name at least one file, folder or glob to publish",
        ));
    }
    let mut found = Found::default();
    // Made before they are streamed, so that a host can spawn a publish: a closure within the stream is not known to be
    // `Send` for every lifetime.
    let heads: Vec<_> = source.locations.iter().map(|at| plain_file(at, storages)).collect();
    let mut heads = futures::stream::iter(heads).buffered(HEAD_LANES);
    let mut locations = source.locations.iter();
    while let (Some(head), Some(location)) = (heads.next().await, locations.next()) {
        match head? {
            Some(file) => found.add(file),
            None => found.expand(location, storages).await?,
        }
    }
    let format = agree_on_format(source.format, &found.files)?;
    let mut notes = Vec::new();
    if found.hidden > 0 {
        notes.push(format!("{} file(s) whose names start with _ or . were passed over", found.hidden));
    }
    if found.repeated > 0 {
        notes.push(format!("{} file(s) were named more than once and are published once", found.repeated));
    }
    if let Some(folder) = found.files.iter().find_map(|file| partition_folder(&file.location)) {
        notes.push(format!(
            "folders such as {folder} are not turned into columns: only what the files hold is published"
        ));
    }
    Ok(SourceFiles { files: found.files, format, notes })
}

/// The file at exactly this address, if there is one: a name may hold characters that a glob would take as its own.
async fn plain_file(location: &Location, storages: &Storages) -> Result<Option<FileMeta>> {
    if location.as_str().ends_with('/') {
        return Ok(None);
    }
    match storages.at(location)?.head(location).await {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fails unless every result file is still the one that the plan was made for. Takes a head for each file, side by side.
pub(super) async fn check_results(context: &RunContext) -> Result<()> {
    let files = context.reader()?.results().files.iter();
    let checks: Vec<_> = files.map(|file| check_unchanged(&file.meta, context.storages())).collect();
    futures::stream::iter(checks).buffer_unordered(CHECK_LANES).try_collect().await
}

#[derive(Default)]
struct Found {
    files: Vec<FileMeta>,
    known: std::collections::HashSet<Location>,
    hidden: usize,
    repeated: usize,
}

impl Found {
    async fn expand(&mut self, location: &Location, storages: &Storages) -> Result<()> {
        let storage = storages.at(location)?;
        let glob = Glob::parse(location)?;
        let folder = glob.as_ref().map_or(location, |glob| &glob.folder);
        let mut listed = storage.list(folder);
        let mut matched: Vec<FileMeta> = Vec::new();
        let mut hidden = 0;
        while let Some(file) = listed.try_next().await? {
            if !glob.as_ref().is_none_or(|glob| glob.matcher.is_match(file.location.path())) {
                continue;
            }
            if is_hidden(&file.location, folder) {
                hidden += 1;
            } else {
                matched.push(file);
            }
        }
        self.hidden += hidden;
        if matched.is_empty() {
            return Err(none_found(location, glob.is_some(), hidden));
        }
        matched.sort_by(|one, two| one.location.cmp(&two.location));
        for file in matched {
            self.add(file);
        }
        Ok(())
    }

    fn add(&mut self, file: FileMeta) {
        if self.known.insert(file.location.clone()) {
            self.files.push(file);
        } else {
            self.repeated += 1;
        }
    }
}

/// A pattern and the deepest folder above its first special character.
struct Glob {
    folder: Location,
    matcher: globset::GlobMatcher,
}

impl Glob {
    fn parse(location: &Location) -> Result<Option<Self>> {
        let path = location.path();
        let Some(special) = path.find(['*', '?', '[', '{']) else { return Ok(None) };
        let above = path[..special].rfind('/').map_or("", |slash| &path[..slash]);
        let folder = Location::parse(&format!("{}://{}{above}/", location.scheme(), location.authority()))?;
        let glob = GlobBuilder::new(path).literal_separator(true).backslash_escape(true).build().map_err(
            |error| {
                Error::new(ErrorKind::InvalidRequest, "The glob is not legal; use *, ?, [a-z] and {one,two}")
                    .with_context("location", location)
                    .with_source(error)
            },
        )?;
        Ok(Some(Self { folder, matcher: glob.compile_matcher() }))
    }
}

fn is_hidden(file: &Location, folder: &Location) -> bool {
    let folder = folder.path().trim_end_matches('/').len();
    file.path()[folder..].split('/').any(|part| part.starts_with(['_', '.']))
}

/// The part of a path that looks like Hive's partition folders, `key=value`.
fn partition_folder(file: &Location) -> Option<&str> {
    let (folders, _) = file.path().rsplit_once('/')?;
    folders.split('/').find(|part| part.split_once('=').is_some_and(|(key, _)| !key.is_empty()))
}

fn none_found(location: &Location, is_glob: bool, hidden: usize) -> Error {
    let message = if hidden > 0 {
        "There are only files whose names start with _ or .; they are not published"
    } else if is_glob {
        "No file matches; correct the glob"
    } else {
        "There is no such file, or the folder is empty; correct the path"
    };
    Error::new(ErrorKind::NotFound, message).with_context("location", location)
}

/// The format as asked, or as the endings say. A file with another format's ending is an error: to leave it out would
/// lose its rows, to read it would read nonsense.
fn agree_on_format(asked: Option<FileFormat>, files: &[FileMeta]) -> Result<FileFormat> {
    let mut agreed = asked.map(|format| (format, None));
    for file in files {
        let Some(told) = FileFormat::from_file_name(file.location.file_name()) else { continue };
        match &agreed {
            None => agreed = Some((told, Some(&file.location))),
            Some((format, _)) if *format == told => {}
            Some((format, first)) => {
                let error = Error::new(
                    ErrorKind::InvalidRequest,
                    "The files are not all of one format; name them by a glob such as *.avro, one format a publish",
                )
                .with_context("format", format)
                .with_context("other", &file.location);
                return Err(match first {
                    Some(first) => error.with_context("first", first),
                    None => error,
                });
            }
        }
    }
    agreed.map(|(format, _)| format).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, "The files' endings do not tell their format; say which it is")
            .with_context("known", FileFormat::ALL.map(FileFormat::as_str).join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_starts_below_the_deepest_plain_folder() {
        let location = Location::parse("s3://b/jobs/7/part-*.{avro,json}").unwrap();
        let glob = Glob::parse(&location).unwrap().unwrap();
        assert_eq!(glob.folder.as_str(), "s3://b/jobs/7/");
        assert!(glob.matcher.is_match("/jobs/7/part-1.avro"));
        assert!(!glob.matcher.is_match("/jobs/7/deeper/part-1.avro"));
        assert!(Glob::parse(&Location::parse("s3://b/plain").unwrap()).unwrap().is_none());
    }

    #[test]
    fn markers_and_files_below_hidden_folders_are_hidden() {
        let folder = Location::parse("file:///_data/job/").unwrap();
        let hidden = |name: &str| is_hidden(&folder.join(name).unwrap(), &folder);
        assert!(hidden("_SUCCESS") && hidden(".part.crc") && hidden("_temporary/0/part-0.avro"));
        assert!(!hidden("a_b/part-0.avro"));
    }

    #[test]
    fn files_of_two_formats_are_not_guessed_at() {
        let file = |name: &str| FileMeta::new(Location::parse(&format!("mem:///{name}")).unwrap(), 1);
        let files = [file("a.csv.gz"), file("b.dat"), file("c.json")];
        assert_eq!(agree_on_format(None, &files).unwrap_err().kind(), ErrorKind::InvalidRequest);
        assert_eq!(agree_on_format(None, &files[..2]).unwrap(), FileFormat::Csv);
        assert_eq!(agree_on_format(Some(FileFormat::Json), &files[1..]).unwrap(), FileFormat::Json);
        assert!(agree_on_format(None, &files[1..2]).is_err());
    }
}
