//! Moving a file without replacing another, durably.

use std::fs;
use std::io;
use std::path::Path;

/// Moves a file to a name that is free, in one act of the file system.
///
/// The system's own rename with the flag "no replace" does it where there is one. File systems that do not know the
/// flag, such as NFS, link the file under its new name, which fails where the name is taken, and take the old name
/// away.
pub(super) fn move_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    match rename_no_replace(from, to) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => link_and_unlink(from, to),
        result => result,
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(|errno| match errno {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        errno => errno.into(),
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_no_replace(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn link_and_unlink(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from).inspect_err(|_| {
        // Another rename of the same file took the old name first and has won.
        let _ = fs::remove_file(to);
    })
}

/// Makes the names in the folder of `path` durable, and those of the folders above it up to `top`.
pub(super) fn sync_folders(path: &Path, top: &Path) -> io::Result<()> {
    for below in path.ancestors() {
        sync_folder(below)?;
        if below.parent().is_none_or(|folder| folder == top) {
            break;
        }
    }
    Ok(())
}

/// Makes the names in the folder of `path` durable.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match fs::File::open(path.parent().unwrap_or(path))?.sync_all() {
        // Some file systems cannot sync a folder. They have no better promise to give.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_moving_have_one_winner() {
        for way in [move_without_replacing, link_and_unlink] {
            let folder = tempfile::tempdir().unwrap();
            let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
            fs::write(&a, "first").unwrap();
            fs::write(&b, "second").unwrap();
            assert_eq!(way(&a, &b).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&a).unwrap(), b"first");
            way(&a, &c).unwrap();
            assert_eq!(way(&a, &c).unwrap_err().kind(), io::ErrorKind::NotFound);
            assert!(!a.exists());
            assert_eq!(fs::read(&c).unwrap(), b"first");
        }
    }
}
