//! Name nodes, users and names.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join;
use publish_core::{ErrorKind, Location, Retry, Storage};
use publish_storage::{HdfsConfig, HdfsStorage};

use crate::cluster::{Cluster, Folder};
use crate::writing::put;

#[tokio::test]
async fn an_address_without_a_name_node_means_the_one_of_the_settings_or_of_hadoops_files() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let at = put(&cluster.storage("alice"), &folder.file("file"), b"bytes").await;
    let short = Location::parse(&format!("hdfs://{}", at.path())).unwrap();

    let config = HdfsConfig::default().with_user("alice").with_name_node(&cluster.name_node);
    assert_eq!(HdfsStorage::new(config).unwrap().read(&short, 0..5).await.unwrap(), "bytes");

    let files = tempfile::tempdir().unwrap();
    let text = format!(
        "<configuration><property><name>fs.defaultFS</name><value>{}</value></property></configuration>",
        cluster.name_node
    );
    std::fs::write(files.path().join("core-site.xml"), text).unwrap();
    let config = HdfsConfig::default().with_user("alice").with_hadoop_conf_dir(files.path());
    assert_eq!(HdfsStorage::new(config).unwrap().read(&short, 0..5).await.unwrap(), "bytes");
    folder.remove().await;
}

#[tokio::test]
async fn a_name_service_answers_by_the_node_that_is_there() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let at = put(&cluster.storage("alice"), &folder.file("file"), b"bytes").await;
    let files = tempfile::tempdir().unwrap();
    let node = cluster.name_node.trim_start_matches("hdfs://");
    // Nobody listens on the first.
    let text = format!(
        "<configuration>
            <property><name>dfs.ha.namenodes.prod</name><value>a,b</value></property>
            <property><name>dfs.namenode.rpc-address.prod.a</name><value>127.0.0.1:1</value></property>
            <property><name>dfs.namenode.rpc-address.prod.b</name><value>{node}</value></property>
            <property><name>dfs.client.failover.sleep.base.millis</name><value>10</value></property>
        </configuration>"
    );
    std::fs::write(files.path().join("hdfs-site.xml"), text).unwrap();
    let config = HdfsConfig::default().with_user("alice").with_hadoop_conf_dir(files.path());
    let storage = HdfsStorage::new(config).unwrap();
    let service = Location::parse(&format!("hdfs://prod{}", at.path())).unwrap();
    assert_eq!(storage.read(&service, 0..5).await.unwrap(), "bytes");
    let written = Location::parse(&format!("hdfs://prod{}/written", folder.at.path())).unwrap();
    put(&storage, &written, b"by a service").await;
    assert_eq!(storage.head(&folder.file("written")).await.unwrap().size, 12);
    folder.remove().await;
}

#[tokio::test]
async fn a_name_node_that_is_not_there_is_told_soon() {
    let storage = HdfsStorage::default();
    let at = Location::parse("hdfs://127.0.0.1:1/x").unwrap();
    let started = Instant::now();
    let error = storage.head(&at).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(storage.create(&at).await.is_err());
}

#[tokio::test]
async fn what_a_user_may_not_do_is_permission_denied_and_changes_nothing() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let alice = cluster.storage("alice");
    let at = put(&alice, &folder.file("private/file"), b"secret").await;
    let client = cluster.client("alice");
    client.set_permission(folder.file("private").path(), 0o700).await.unwrap();
    let bob = cluster.storage("bob");
    let denied = [
        bob.head(&at).await.unwrap_err(),
        bob.read(&at, 0..1).await.unwrap_err(),
        bob.create(&folder.file("private/new")).await.unwrap_err(),
        bob.rename(&at, &folder.file("taken")).await.unwrap_err(),
        bob.delete(&at).await.unwrap_err(),
        bob.delete_folder(&folder.file("private")).await.unwrap_err(),
    ];
    for error in denied {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        assert!(error.context().iter().any(|(key, _)| *key == "location"), "{error}");
        assert!(!error.to_string().contains("at org.apache"), "{error}");
    }
    assert_eq!(alice.read(&at, 0..6).await.unwrap(), "secret");
    folder.remove().await;
}

#[tokio::test]
async fn a_name_that_hdfs_does_not_allow_is_an_invalid_request() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let storage = cluster.storage("alice");
    for name in ["x".repeat(256), "a:b".to_owned()] {
        let at = folder.file(&name);
        let written = async {
            let mut writer = storage.create(&at).await?;
            writer.write(Bytes::from_static(b"x")).await?;
            writer.finish().await
        };
        let error = written.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error:?}");
    }
    assert!(folder.paths().await.is_empty());
    folder.remove().await;
}

#[tokio::test]
async fn a_rename_that_races_with_a_new_folder_never_moves_into_it() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let (storage, client) = (cluster.storage("alice"), cluster.client("alice"));
    for round in 0..40 {
        let from = put(&storage, &folder.file(&format!("from-{round}")), b"x").await;
        let to = folder.file(&format!("to-{round}"));
        let (renamed, made) = join(storage.rename(&from, &to), client.mkdirs(to.path(), 0o777, true)).await;
        let paths = folder.paths().await;
        match (&renamed, &made) {
            (Ok(()), Err(_)) => assert!(!paths.contains(&from.file_name().to_owned())),
            (Err(error), Ok(())) => {
                assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
                assert!(paths.contains(&from.file_name().to_owned()));
            }
            both => panic!("both or none: {both:?}"),
        }
        assert!(!paths.iter().any(|path| path.contains('/')), "{paths:?}");
    }
    folder.remove().await;
}
