//! From what a person types to an address.

use std::path::{Component, Path, PathBuf};

use publish_core::{Error, ErrorKind, Location, Result};

/// Takes an address with a scheme as it is, and anything else as a path of this machine, seen from `current_dir`.
///
/// `.` and `..` are resolved, the latter as the system does it: the folder above what a link leads to. Nothing else
/// is expanded: `~` is a name, and `*`, `?`, `[` and `{` stay for the engine to match. A `/` at the end stays: it says
/// that a folder is meant.
///
/// ```
/// use std::path::Path;
/// use publish_storage::local_location;
///
/// let here = Path::new("/data/jobs");
/// assert_eq!(local_location("../old/*.avro", here)?.as_str(), "file:///data/old/*.avro");
/// assert_eq!(local_location("s3://bucket/7/", here)?.as_str(), "s3://bucket/7/");
/// # Ok::<(), publish_core::Error>(())
/// ```
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the path is empty or `current_dir` is not an absolute UTF-8 path,
/// or as [`Location::parse`].
pub fn local_location(path: &str, current_dir: &Path) -> Result<Location> {
    let invalid = |message| Error::new(ErrorKind::InvalidRequest, message).with_context("path", path);
    if path.is_empty() {
        return Err(invalid("The path is empty; name a file, a folder or a glob"));
    }
    if path.contains("://") {
        return Location::parse(path);
    }
    // Hadoop and Java write addresses of local files with one slash.
    let path = match path.strip_prefix("file:") {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    let mut whole = PathBuf::new();
    for component in current_dir.join(path).components() {
        match component {
            Component::ParentDir => leave(&mut whole),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    if !whole.is_absolute() {
        return Err(invalid("The current folder is not an absolute path"));
    }
    let Some(whole) = whole.to_str() else {
        return Err(invalid("The current folder's name is not UTF-8; run from another folder"));
    };
    let is_folder = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    Location::parse(&format!("file://{whole}{}", if is_folder { "/" } else { "" }))
}

/// Goes to the folder above, as the system does it: a link is followed first.
fn leave(path: &mut PathBuf) {
    if let Ok(real) = path.canonicalize() {
        *path = real;
    }
    path.pop();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(path: &str) -> String {
        local_location(path, Path::new("/no such/jobs")).unwrap().to_string()
    }

    #[test]
    fn a_path_is_seen_from_the_current_folder() {
        assert_eq!(location("part.avro"), "file:///no such/jobs/part.avro");
        assert_eq!(location("./7/part.avro"), "file:///no such/jobs/7/part.avro");
        assert_eq!(location("../x"), "file:///no such/x");
        assert_eq!(location("../../../../x"), "file:///x");
        assert_eq!(location("/x//y/"), "file:///x/y/");
        assert_eq!(location("."), "file:///no such/jobs/");
        assert_eq!(location("/"), "file:///");
        assert_eq!(location("file:/x"), "file:///x");
    }

    #[test]
    fn nothing_else_is_expanded() {
        assert_eq!(location("~/a%20b"), "file:///no such/jobs/~/a%20b");
        assert_eq!(location("*/part-?.{avro,csv}"), "file:///no such/jobs/*/part-?.{avro,csv}");
        assert_eq!(location("a..b/..c"), "file:///no such/jobs/a..b/..c");
    }

    #[test]
    fn an_address_stays_as_it_is() {
        assert_eq!(location("mem:///x"), "mem:///x");
        assert_eq!(
            local_location("s3://b/../x", Path::new("/")).unwrap_err().kind(),
            ErrorKind::InvalidRequest
        );
        assert_eq!(local_location("", Path::new("/")).unwrap_err().kind(), ErrorKind::InvalidRequest);
        assert_eq!(local_location("x", Path::new("y")).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_above_a_link_is_above_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("deep/inner")).unwrap();
        std::os::unix::fs::symlink(root.join("deep/inner"), root.join("link")).unwrap();
        let location = local_location("link/../x", &root).unwrap();
        assert_eq!(location.path(), root.join("deep/x").to_str().unwrap());
    }
}
