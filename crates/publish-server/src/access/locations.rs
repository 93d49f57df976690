//! Where results may be read from.

use publish_core::{Error, ErrorKind, Location, Result};

/// The prefixes of storage locations that a server reads results from.
///
/// A prefix is a folder: `s3://bucket/jobs` lets in `s3://bucket/jobs/7` and not `s3://bucket/jobs-old`. Scheme, bucket
/// and name node are compared as they are written, but `s3a` and `s3n` are `s3`.
///
/// ```
/// use publish_core::Location;
/// use publish_server::AllowedLocations;
///
/// let allowed = AllowedLocations::parse(["s3://results/jobs/", "file:///data/results"])?;
/// assert!(allowed.check(&Location::parse("s3a://results/jobs/7/part-*.avro")?).is_ok());
/// assert!(allowed.check(&Location::parse("file:///etc/passwd")?).is_err());
/// # Ok::<(), publish_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AllowedLocations {
    prefixes: Option<Vec<Location>>,
}

impl AllowedLocations {
    /// Lets every location in. For a host that checks them itself.
    pub fn any() -> Self {
        Self { prefixes: None }
    }

    /// Lets in what is below one of these folders; without any, nothing.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if one is no address of a folder.
    pub fn parse<S: AsRef<str>>(prefixes: impl IntoIterator<Item = S>) -> Result<Self> {
        let folder = |prefix: S| {
            let prefix = Location::parse(prefix.as_ref())?;
            if prefix.path().contains(['*', '?', '[', '{', '\\']) {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "An allowed location is a folder, not a glob",
                )
                .with_context("location", prefix));
            }
            plain(&prefix)
        };
        Ok(Self { prefixes: Some(prefixes.into_iter().map(folder).collect::<Result<_>>()?) })
    }

    /// The folders, or `None` where everything is let in.
    pub fn prefixes(&self) -> Option<&[Location]> {
        self.prefixes.as_deref()
    }

    /// Whether nothing is let in.
    pub fn is_empty(&self) -> bool {
        self.prefixes.as_ref().is_some_and(Vec::is_empty)
    }

    /// Fails unless `at` may be read: a file, a folder or a glob.
    ///
    /// This is the early answer. That nothing else is read, also through links and globs, is seen to by
    /// [`AllowedFiles`](super::AllowedFiles) at every access.
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied), naming the folders that may be used;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for an address that other software could take for another one.
    pub fn check(&self, at: &Location) -> Result<()> {
        self.prefix_of(at).map(|_| ())
    }

    /// The folder that lets `at` in, or `None` where everything is.
    pub(super) fn prefix_of(&self, at: &Location) -> Result<Option<&Location>> {
        let Some(prefixes) = &self.prefixes else { return Ok(None) };
        refuse_ambiguous(at)?;
        let plain = plain(at)?;
        // A glob is let in by the folder that is listed for it, so that `jobs*/x` doesn't stand beside `jobs/`.
        let listed = listed_folder(&plain)?;
        match prefixes.iter().find(|prefix| listed.is_within(prefix)) {
            Some(prefix) => Ok(Some(prefix)),
            None if prefixes.is_empty() => Err(Error::new(
                ErrorKind::PermissionDenied,
                "This server may read results from nowhere yet; name the folders in its setting locations",
            )
            .with_context("location", at)),
            None => Err(Error::new(
                ErrorKind::PermissionDenied,
                "This server may not read results from there; use a folder that its setting locations names",
            )
            .with_context("location", at)
            .with_context("allowed", prefixes.iter().map(Location::as_str).collect::<Vec<_>>().join(", "))),
        }
    }
}

impl Default for AllowedLocations {
    /// Lets nothing in.
    fn default() -> Self {
        Self { prefixes: Some(Vec::new()) }
    }
}

/// The location with its scheme as this list compares it.
fn plain(at: &Location) -> Result<Location> {
    match at.scheme() {
        "s3a" | "s3n" => Location::parse(&format!("s3://{}{}", at.authority(), at.path())),
        _ => Ok(at.clone()),
    }
}

/// What is listed to find the files of a glob; anything else is itself.
fn listed_folder(at: &Location) -> Result<Location> {
    let path = at.path();
    let Some(special) = path.find(['*', '?', '[', '{']) else { return Ok(at.clone()) };
    let above = path[..special].rfind('/').map_or("", |slash| &path[..slash]);
    Location::parse(&format!("{}://{}{above}/", at.scheme(), at.authority()))
}

/// Refuses what only looks like an address below a folder once somebody decodes it or takes a backslash for a slash.
///
/// Nothing here decodes, but warehouses read some files themselves, by rules of their own.
fn refuse_ambiguous(at: &Location) -> Result<()> {
    let path = at.path().to_ascii_lowercase();
    let is_encoded = ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|code| path.contains(code));
    let has_dots = path.split(['/', '\\', '{', ',', '}']).any(|part| part == "..");
    let is_odd = path.contains("\\.") || path.contains("\\/") || path.chars().any(char::is_control);
    if is_encoded || has_dots || is_odd || at.authority().contains(['@', '%', '\\']) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "The location has encoded or hidden dots, slashes or users; write it out",
        )
        .with_context("location", at));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(location: &str) -> Result<()> {
        let prefixes = ["s3://results/jobs/", "hdfs://nn:8020/out", "file:///data/results"];
        AllowedLocations::parse(prefixes).unwrap().check(&Location::parse(location)?)
    }

    #[test]
    fn what_is_below_a_folder_is_let_in() {
        for location in [
            "s3://results/jobs",
            "s3://results/jobs/7/part-*.avro",
            "s3a://results/jobs/7/",
            "S3://results//jobs/7",
            "hdfs://nn:8020/out/**/x.csv",
            "file:///data/results/a b/{x,y}.json",
            "file:///data/results/[a-z]*/..x",
        ] {
            check(location).unwrap_or_else(|error| panic!("{location}: {error}"));
        }
    }

    #[test]
    fn neighbours_other_hosts_and_other_schemes_are_not() {
        for location in [
            "s3://results/jobs-old/x",
            "s3://results/jobs*/x",
            "s3://results/job?/x",
            "s3://results/",
            "s3://other/jobs/x",
            "hdfs://nn/out/x",
            "hdfs://nn:9000/out/x",
            "hdfs:///out/x",
            "file:///etc/passwd",
            "file:///data/*/../etc",
            "file:///data/{results,etc}/x",
            "file://host/data/results/x",
            "mem:///x",
            "FILE:///data/resultsx",
        ] {
            let error = check(location).expect_err(location);
            assert!(
                matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidRequest),
                "{error}"
            );
        }
    }

    #[test]
    fn ways_around_by_dots_codes_and_backslashes_are_refused() {
        for location in [
            "file:///data/results/../../etc/passwd",
            "file:///data/results/%2e%2e/x",
            "file:///data/results/%2E%2E%2fx",
            "file:///data/results/%252e%252e/x",
            "file:///data/results/..\\..\\x",
            "file:///data/results/\\../x",
            "file:///data/results/{..,x}/y",
            "file:///data/results/x\0y",
            "s3://user@results/jobs/x",
            "hdfs://user%40nn:8020/out/x",
        ] {
            let error = check(location).expect_err(location);
            assert!(
                matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidRequest),
                "{error}"
            );
        }
    }

    #[test]
    fn an_empty_list_lets_nothing_in_and_no_list_everything() {
        let location = Location::parse("s3://b/x").unwrap();
        let error = AllowedLocations::parse(Vec::<String>::new()).unwrap().check(&location).unwrap_err();
        assert!(error.to_string().contains("setting locations"), "{error}");
        assert!(AllowedLocations::any().check(&location).is_ok());
        assert!(AllowedLocations::parse(["s3://b/*"]).is_err());
        assert!(AllowedLocations::parse(["/data"]).is_err());
    }
}
