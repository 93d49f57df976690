//! Whether a database can live where it is to live.

use std::path::Path;

use publish_core::{Error, ErrorKind, Result};

/// File systems whose locks and shared memory do not reach from one machine to another.
const NETWORK: [&str; 16] = [
    "nfs",
    "nfs3",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "afs",
    "ncpfs",
    "ceph",
    "lustre",
    "glusterfs",
    "sshfs",
    "s3fs",
    "davfs",
    "webdav",
];

/// Checks the folder of a database file, and that the file is not something else.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) that names a missing folder, [`InvalidRequest`](ErrorKind::InvalidRequest) where
/// the file is a folder, [`Unsupported`](ErrorKind::Unsupported) on a network file system.
pub(crate) fn check_place(file: &Path) -> Result<()> {
    if let Some(folder) = file.parent()
        && !folder.is_dir()
    {
        return Err(Error::new(
            ErrorKind::NotFound,
            "The folder of the database file does not exist; make it, or correct the setting `file`",
        )
        .with_context("folder", folder.display()));
    }
    if file.is_dir() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "The database file is a folder; correct the setting `file`",
        )
        .with_context("file", file.display()));
    }
    // Only Linux tells its mounts as a file. Elsewhere the check is left out.
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    match file_system(&mounts, file) {
        Some(kind) if is_network(&kind) => Err(Error::new(
            ErrorKind::Unsupported,
            "The database is on a network file system, where SQLite's locks do not hold; use a local disk",
        )
        .with_context("file", file.display())
        .with_context("file system", kind)),
        _ => Ok(()),
    }
}

/// The kind of file system that `file` is on: that of the longest mount point above it, the last one if mounted twice.
fn file_system(mounts: &str, file: &Path) -> Option<String> {
    let mut found: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (fields.next(), fields.next()) else { continue };
        let point = unescaped(point);
        if file.starts_with(&point) && found.is_none_or(|(length, _)| point.len() >= length) {
            found = Some((point.len(), kind));
        }
    }
    found.map(|(_, kind)| kind.to_owned())
}

fn is_network(kind: &str) -> bool {
    NETWORK.contains(&kind.strip_prefix("fuse.").unwrap_or(kind).trim_end_matches("2"))
        || NETWORK.contains(&kind)
}

/// Undoes the octal escapes of white space in a mount table.
fn unescaped(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "/dev/sda / ext4 rw 0 0\nserver:/x /data/shared\\040disk nfs4 rw 0 0\n\
        me@host:/ /home/me/far fuse.sshfs rw 0 0\ntmpfs /data tmpfs rw 0 0\n";

    #[test]
    fn the_longest_mount_point_decides() {
        let kind = |path: &str| file_system(MOUNTS, Path::new(path)).unwrap();
        assert_eq!(kind("/data/shared disk/a.sqlite"), "nfs4");
        assert_eq!(kind("/data/sharedness/a.sqlite"), "tmpfs");
        assert_eq!(kind("/home/me/far/a"), "fuse.sshfs");
        assert_eq!(kind("/home/me/a"), "ext4");
        assert!(["nfs4", "fuse.sshfs", "smb3", "cifs", "fuse.davfs2"].iter().all(|kind| is_network(kind)));
        assert!(!["ext4", "tmpfs", "overlay", "btrfs", "fuseblk"].iter().any(|kind| is_network(kind)));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = check_place(&folder.path().join("none/a.sqlite")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("/none)"), "{error}");
        assert_eq!(check_place(folder.path()).unwrap_err().kind(), ErrorKind::InvalidRequest);
        check_place(&folder.path().join("a.sqlite")).unwrap();
    }
}
