//! A folder to check one rule in.

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{FileMeta, Location, Storage};

use crate::Checked;
use crate::violation::Rule;

/// A rule, the storage it is checked on, and the folder of that rule.
pub(super) struct Scratch<'a> {
    pub(super) rule: Rule,
    pub(super) storage: &'a dyn Storage,
    pub(super) folder: Location,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(name: &'static str, storage: &'a dyn Storage, scratch: &Location) -> Checked<Self> {
        let rule = Rule(name);
        let folder = rule.works("naming a folder", scratch.join(name))?;
        Ok(Self { rule, storage, folder })
    }

    /// The address of `name` in the folder.
    pub(super) fn at(&self, name: &str) -> Checked<Location> {
        self.rule.works("naming a file", self.folder.join(name))
    }

    /// Writes a file at once.
    pub(super) async fn put(&self, name: &str, bytes: &[u8]) -> Checked<Location> {
        let at = self.at(name)?;
        self.write(&at, bytes).await?;
        Ok(at)
    }

    pub(super) async fn write(&self, at: &Location, bytes: &[u8]) -> Checked<FileMeta> {
        let mut writer = self.rule.works("create", self.storage.create(at).await)?;
        self.rule.works("write", writer.write(Bytes::copy_from_slice(bytes)).await)?;
        self.rule.works("finish", writer.finish().await)
    }

    /// The whole of a file.
    pub(super) async fn get(&self, at: &Location) -> Checked<Bytes> {
        let file = self.rule.works("head", self.storage.head(at).await)?;
        self.rule.works("read", self.storage.read(at, 0..file.size).await)
    }

    /// What a listing of the folder tells, sorted.
    pub(super) async fn list(&self, folder: &Location) -> Checked<Vec<FileMeta>> {
        let listed = self.storage.list(folder).try_collect::<Vec<_>>().await;
        let mut files = self.rule.works("list", listed)?;
        files.sort_by(|one, two| one.location.cmp(&two.location));
        Ok(files)
    }

    /// Fails unless the folder holds exactly these files.
    pub(super) async fn holds_only(&self, when: &str, wanted: &[&Location]) -> Checked {
        let files = self.list(&self.folder).await?;
        let seen: Vec<&Location> = files.iter().map(|file| &file.location).collect();
        self.rule.same(when, &seen.as_slice(), &wanted)
    }
}

/// Bytes that differ from any shifted or swapped copy of themselves, more than a stream hands out at once.
pub(super) fn pattern() -> Vec<u8> {
    let noise: Vec<u8> = (0..4091_u32).map(|i| (i * i / 7) as u8).collect();
    (0..680_u32).map(|block| [&block.to_le_bytes(), noise.as_slice()].concat()).collect::<Vec<_>>().concat()
}
