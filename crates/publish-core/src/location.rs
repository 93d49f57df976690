//! Where a file is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The absolute address of a file, a folder or a glob: `scheme://authority/path`.
///
/// As in Hadoop's `Path` and in S3's addresses nothing is percent-decoded: `%20` in a name stays `%20`, and a space
/// is a space. A path has no empty, `.` or `..` parts, so one file has one address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Location {
    text: Arc<str>,
    #[serde(skip)]
    path_at: usize,
}

impl Location {
    /// Takes an address with a scheme, such as `hdfs://nn/jobs/7/part-*.avro`.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if there is no scheme, or a part is `.` or `..`.
    pub fn parse(address: &str) -> Result<Self> {
        let invalid =
            |message: &str| Error::new(ErrorKind::InvalidRequest, message).with_context("location", address);
        let Some((scheme, rest)) = address.split_once("://") else {
            return Err(invalid("An address starts with its scheme, such as file:///data/part-0.avro"));
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if scheme.is_empty() || !scheme.chars().all(legal) {
            return Err(invalid("The scheme of an address is letters, digits, +, - and . only"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut text = format!("{}://{authority}", scheme.to_ascii_lowercase());
        let path_at = text.len();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part == "." || part == ".." {
                return Err(invalid("The path of an address has no . or .. parts; write it out"));
            }
            text.push('/');
            text.push_str(part);
        }
        if text.len() == path_at || path.ends_with('/') {
            text.push('/');
        }
        Ok(Self { text: text.into(), path_at })
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before `://`, in lower case.
    pub fn scheme(&self) -> &str {
        self.text.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The part between `://` and the path: a bucket, a name node, or nothing.
    pub fn authority(&self) -> &str {
        &self.text[self.scheme().len() + 3..self.path_at]
    }

    /// The path with its leading `/`.
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// The last part of the path, without a trailing `/`.
    pub fn file_name(&self) -> &str {
        self.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    /// The address of `name` below this folder.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn join(&self, name: &str) -> Result<Self> {
        Self::parse(&format!("{}/{name}", self.without_end()))
    }

    /// Whether this is `folder` itself or something below it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self.text
            .strip_prefix(folder.without_end())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The address without a `/` at its end. A root keeps those of its scheme.
    fn without_end(&self) -> &str {
        &self.text[..self.path_at + self.path().trim_end_matches('/').len()]
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = String::deserialize(deserializer)?;
        Self::parse(&address).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_an_authority_and_a_path() {
        let location = Location::parse("S3://bucket//a/b%20c d/part-*.avro").unwrap();
        assert_eq!(location.as_str(), "s3://bucket/a/b%20c d/part-*.avro");
        assert_eq!((location.scheme(), location.authority()), ("s3", "bucket"));
        assert_eq!(location.path(), "/a/b%20c d/part-*.avro");
        assert_eq!(location.file_name(), "part-*.avro");
        assert_eq!(Location::parse("mem://").unwrap().path(), "/");
        assert_eq!(Location::parse("file:///a/").unwrap().join("b").unwrap().as_str(), "file:///a/b");
        assert_eq!(Location::parse("file:///").unwrap().join("b").unwrap().as_str(), "file:///b");
    }

    #[test]
    fn an_address_that_could_mean_two_files_is_refused() {
        for bad in ["part.avro", "/a/b", "file:///a/../b", "file:///./a", "://x", "a b://c"] {
            assert_eq!(Location::parse(bad).unwrap_err().kind(), ErrorKind::InvalidRequest, "{bad}");
        }
    }

    #[test]
    fn a_neighbour_with_the_same_beginning_is_not_within() {
        let folder = Location::parse("s3://b/run_1").unwrap();
        assert!(Location::parse("s3://b/run_1/x").unwrap().is_within(&folder));
        assert!(!Location::parse("s3://b/run_10/x").unwrap().is_within(&folder));
        let root = Location::parse("file:///").unwrap();
        assert!(Location::parse("file:///x").unwrap().is_within(&root));
        assert!(!Location::parse("file://host/x").unwrap().is_within(&root));
    }
}
