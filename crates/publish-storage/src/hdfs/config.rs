//! How HDFS is reached.

use std::path::{Path, PathBuf};

use publish_core::{Error, ErrorKind, Result};

/// How HDFS is reached. What is not set comes from where Hadoop's own clients take it.
///
/// ```
/// use publish_storage::{HdfsConfig, HdfsStorage};
///
/// let config = HdfsConfig::default().with_name_node("namenode.example.com:8020").with_user("etl");
/// let storage = HdfsStorage::new(config)?;
/// # Ok::<(), publish_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HdfsConfig {
    /// Folder with `core-site.xml` and `hdfs-site.xml`. Default: the environment variable `HADOOP_CONF_DIR`, or
    /// `etc/hadoop` below `HADOOP_HOME`, or no files.
    pub hadoop_conf_dir: Option<PathBuf>,
    /// The user to act as. Default: the environment variable `HADOOP_USER_NAME`, or the user of this process.
    pub user: Option<String>,
    /// The name node of addresses that name none, such as `hdfs:///jobs/7`: `host:port`, or the name of a name service.
    /// Default: `fs.defaultFS` of the configuration files.
    pub name_node: Option<String>,
}

impl HdfsConfig {
    /// Reads Hadoop's configuration files in this folder.
    #[must_use]
    pub fn with_hadoop_conf_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.hadoop_conf_dir = Some(folder.into());
        self
    }

    /// Acts as this user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Uses this name node for addresses that name none.
    #[must_use]
    pub fn with_name_node(mut self, name_node: impl Into<String>) -> Self {
        self.name_node = Some(name_node.into());
        self
    }

    /// Checks what can be checked without asking HDFS, and brings the name node into one form.
    pub(super) fn checked(mut self) -> Result<Self> {
        if let Some(folder) = &self.hadoop_conf_dir {
            check_folder(folder)?;
        }
        if let Some(name_node) = &mut self.name_node {
            let plain = name_node.strip_prefix("hdfs://").unwrap_or(name_node).trim_end_matches('/');
            if plain.is_empty() || plain.contains('/') {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "The name node is host:port, or the name of a name service",
                )
                .with_context("name_node", name_node));
            }
            *name_node = plain.to_owned();
        }
        if self.user.as_deref() == Some("") {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The HDFS user has no name; give one or leave it out",
            ));
        }
        Ok(self)
    }
}

/// The client passes over files that are not there, so a misspelt folder would silently mean no settings at all.
fn check_folder(folder: &Path) -> Result<()> {
    let is_there = ["core-site.xml", "hdfs-site.xml"].iter().any(|name| folder.join(name).is_file());
    if is_there && folder.to_str().is_some() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "This folder has neither a core-site.xml nor an hdfs-site.xml; name Hadoop's configuration folder",
    )
    .with_context("hadoop_conf_dir", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_node_may_be_written_as_an_address() {
        let named = |name: &str| HdfsConfig::default().with_name_node(name).checked();
        for name in ["nn:8020", "hdfs://nn:8020", "hdfs://nn:8020/"] {
            assert_eq!(named(name).unwrap().name_node.as_deref(), Some("nn:8020"));
        }
        for name in ["", "hdfs://", "nn:8020/jobs"] {
            assert_eq!(named(name).unwrap_err().kind(), ErrorKind::InvalidRequest, "{name}");
        }
    }

    #[test]
    fn a_folder_without_configuration_files_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = HdfsConfig::default().with_hadoop_conf_dir(folder.path());
        let error = config.clone().checked().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.context()[0].0, "hadoop_conf_dir");
        std::fs::write(folder.path().join("core-site.xml"), "<configuration/>").unwrap();
        assert!(config.checked().is_ok());
    }
}
