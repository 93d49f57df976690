//! Addresses as S3 has them: a bucket and a key.

use publish_core::{Error, ErrorKind, Location, Result};

/// A bucket and a key, with the address they are of.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) location: Location,
    pub(super) bucket: String,
    /// Without a `/` at its start. Of a folder it may end with one.
    pub(super) key: String,
}

impl Place {
    /// # Errors
    /// `InvalidRequest` if the address names no bucket.
    pub(super) fn of(location: &Location) -> Result<Self> {
        let bucket = location.authority();
        if bucket.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The address names no bucket; write s3://bucket/key",
            )
            .with_context("location", location));
        }
        Ok(Self {
            location: location.clone(),
            bucket: bucket.to_owned(),
            key: location.path().trim_start_matches('/').to_owned(),
        })
    }

    /// The place of a file.
    ///
    /// # Errors
    /// `kind` if the address is that of a folder.
    pub(super) fn of_file(location: &Location, kind: ErrorKind) -> Result<Self> {
        let place = Self::of(location)?;
        if place.key.is_empty() || place.key.ends_with('/') {
            return Err(Error::new(kind, "This is the address of a folder; name a file")
                .with_context("location", location));
        }
        Ok(place)
    }

    /// What the keys below this folder start with.
    pub(super) fn prefix(&self) -> String {
        match self.key.trim_end_matches('/') {
            "" => String::new(),
            key => format!("{key}/"),
        }
    }

    /// The address of another key of this bucket, `None` where an address can't name it: its parts are not all of
    /// them names.
    pub(super) fn location_of(&self, key: &str) -> Option<Location> {
        let address = format!("{}://{}/{key}", self.location.scheme(), self.bucket);
        Location::parse(&address).ok().filter(|location| location.as_str() == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: &str) -> Place {
        Place::of(&Location::parse(address).unwrap()).unwrap()
    }

    #[test]
    fn a_folder_is_a_prefix_that_ends_with_a_slash() {
        assert_eq!(place("s3://b/a/c").prefix(), "a/c/");
        assert_eq!(place("s3a://b/a/c/").prefix(), "a/c/");
        assert_eq!(place("s3://b").prefix(), "");
        assert_eq!(place("s3://b/a%20b").key, "a%20b");
    }

    #[test]
    fn a_key_that_no_address_can_name_has_none() {
        let folder = place("s3a://b/a");
        assert_eq!(folder.location_of("a/x y").unwrap().as_str(), "s3a://b/a/x y");
        for key in ["a//x", "/a", "a/../x", "a/./x", ""] {
            assert!(folder.location_of(key).is_none_or(|at| at.path() == "/"), "{key}");
        }
    }

    #[test]
    fn a_bucket_is_needed() {
        let nowhere = Location::parse("s3:///a").unwrap();
        assert_eq!(Place::of(&nowhere).unwrap_err().kind(), ErrorKind::InvalidRequest);
        let folder = Location::parse("s3://b/a/").unwrap();
        assert_eq!(Place::of_file(&folder, ErrorKind::NotFound).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
