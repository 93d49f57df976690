//! What only a disk has: links, rights, left-over files, names that are no text.

#![allow(clippy::unwrap_used, reason = "a test fails there")]
#![cfg(unix)]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{ErrorKind, Location, Result, Storage};
use publish_storage::FileStorage;

fn location(path: &Path) -> Location {
    Location::parse(&format!("file://{}", path.display())).unwrap()
}

/// The listed names below a folder, sorted.
async fn names(storage: &FileStorage, folder: &Path) -> Result<Vec<String>> {
    let listed: Vec<_> = storage.list(&location(folder)).try_collect().await?;
    let root = location(folder).as_str().len() + 1;
    let mut names: Vec<_> = listed.iter().map(|file| file.location.as_str()[root..].to_owned()).collect();
    names.sort();
    Ok(names)
}

#[tokio::test]
async fn links_are_followed_and_circles_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("a/deep")).unwrap();
    fs::create_dir(root.join("b")).unwrap();
    fs::write(root.join("a/deep/file"), "12").unwrap();
    symlink(root, root.join("a/deep/top")).unwrap();
    symlink(root.join("b"), root.join("a/other")).unwrap();
    symlink(root.join("a"), root.join("b/back")).unwrap();
    symlink(root.join("a/deep/file"), root.join("linked")).unwrap();
    let seen = names(&FileStorage::default(), root).await.unwrap();
    // `b/back` leads to `a`, which is above nothing there: its file has that name, too.
    assert_eq!(seen, ["a/deep/file", "b/back/deep/file", "linked"]);
    let head = FileStorage::default().head(&location(&root.join("linked"))).await.unwrap();
    assert_eq!(head.size, 2);
}

#[tokio::test]
async fn a_link_to_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    symlink(folder.path().join("gone"), folder.path().join("link")).unwrap();
    let error = names(&FileStorage::default(), folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/link"), "{error}");
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("skipped: this user may read every folder");
        return;
    }
    let error = names(&FileStorage::default(), folder.path()).await.unwrap_err();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_name_that_is_no_text_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff.csv")), "x").unwrap();
    let error = names(&FileStorage::default(), folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("UTF-8"));
}

#[tokio::test]
async fn what_a_killed_process_left_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FileStorage::default();
    let mut writer = storage.create(&location(&folder.path().join("file"))).await.unwrap();
    writer.write(Bytes::from(vec![1; 3_000_000])).await.unwrap();
    // A killed process drops nothing.
    std::mem::forget(writer);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(names(&storage, folder.path()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dropped_writer_leaves_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FileStorage::default();
    let at = location(&folder.path().join("file"));
    let mut writer = storage.create(&at).await.unwrap();
    writer.write(Bytes::from(vec![1; 3_000_000])).await.unwrap();
    drop(writer);
    storage.create(&at).await.unwrap().abort().await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_name_as_long_as_the_disk_allows_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FileStorage::default();
    let at = location(&folder.path().join("x".repeat(255)));
    storage.create(&at).await.unwrap().finish().await.unwrap();
    let at = location(&folder.path().join("x".repeat(256)));
    let refused = async { storage.create(&at).await?.finish().await };
    assert_eq!(refused.await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn names_of_files_being_written_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!(".publish-{}.part", "0".repeat(32));
    let error = FileStorage::default().create(&location(&folder.path().join(name))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_pipe_is_refused_without_waiting_for_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let storage = FileStorage::default();
    assert!(storage.head(&location(&pipe)).await.unwrap_err().message().contains("pipe"));
    assert!(storage.read(&location(&pipe), 0..1).await.is_err());
    assert_eq!(names(&storage, folder.path()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_streamed_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let size = 8 * 1024 * 1024;
    fs::write(&path, vec![7; size]).unwrap();
    let mut stream = FileStorage::default().stream(&location(&path), 0..size as u64).await.unwrap();
    assert!(stream.try_next().await.unwrap().is_some());
    fs::File::options().write(true).open(&path).unwrap().set_len(1024).unwrap();
    let rest = stream.try_collect::<Vec<_>>().await;
    assert_eq!(rest.unwrap_err().kind(), ErrorKind::BadData);
}

#[tokio::test]
async fn an_address_with_a_host_is_explained() {
    let error = FileStorage::default().head(&Location::parse("file://data/x").unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("three slashes"));
}

#[tokio::test]
async fn a_store_within_a_folder_refuses_what_is_outside() {
    let outside = tempfile::tempdir().unwrap();
    let inside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    fs::write(inside.path().join("own"), "x").unwrap();
    symlink(outside.path(), inside.path().join("folder")).unwrap();
    symlink(outside.path().join("secret"), inside.path().join("file")).unwrap();
    let storage = FileStorage::within(inside.path()).unwrap();
    let own = location(&inside.path().join("own"));
    assert_eq!(storage.head(&own).await.unwrap().size, 1);

    let beside = Path::new(inside.path()).with_extension("x");
    for path in [
        outside.path().join("secret"),
        inside.path().join("folder/secret"),
        inside.path().join("file"),
        inside.path().join("folder/new"),
        beside,
    ] {
        let at = location(&path);
        let refused = [
            storage.head(&at).await.map(drop),
            storage.read(&at, 0..1).await.map(drop),
            storage.stream(&at, 0..1).await.map(drop),
            storage.create(&at).await.map(drop),
            storage.rename(&own, &at).await,
            storage.rename(&at, &location(&inside.path().join("taken"))).await,
            storage.delete(&at).await,
        ];
        for result in refused {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::PermissionDenied, "{at}");
        }
    }
    for folder in [outside.path(), &inside.path().join("folder"), inside.path()] {
        let error = names(&storage, folder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{}", folder.display());
    }
    assert!(outside.path().join("secret").exists() && !outside.path().join("new").exists());
}
