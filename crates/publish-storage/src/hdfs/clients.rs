//! A client for each name node, made when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hdfs_native::{Client, ClientBuilder, HdfsError};
use publish_core::{Error, ErrorKind, Location, Result};
use tokio::runtime::{Handle, Id};

use super::config::HdfsConfig;
use super::error::{Call, hdfs_error};

/// The port of a name node that is written without one, as Hadoop has it.
const DEFAULT_PORT: u16 = 8020;

/// Tries at a single name node. Hadoop's setting, which is made for a pair of them of which one takes over, would wait
/// for minutes where one is simply not there.
const SINGLE_NODE_ATTEMPTS: &str = "3";

/// The clients that were made, by the root of their addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    config: Arc<HdfsConfig>,
    made: Arc<Mutex<Made>>,
}

/// A client's connections live on the runtime that it was made on.
type Made = HashMap<(String, Id), Client>;

impl Clients {
    pub(super) fn new(config: HdfsConfig) -> Self {
        Self { config: config.into(), made: Arc::default() }
    }

    /// The client that answers for `at`.
    pub(super) async fn at(&self, at: &Location) -> Result<Client> {
        let root = self.root(at)?;
        let key = (root.clone(), Handle::current().id());
        if let Some(client) = self.made().get(&key) {
            return Ok(client.clone());
        }
        // Reading Hadoop's files and looking names up blocks.
        let config = Arc::clone(&self.config);
        let built = tokio::task::spawn_blocking(move || build(&config, &root)).await.map_err(|error| {
            Error::new(ErrorKind::Unexpected, "Making a client for HDFS stopped unexpectedly")
                .with_source(error)
        })?;
        let client = built.map_err(|error| hdfs_error(error, at, Call::Look))?;
        Ok(self.made().entry(key).or_insert(client).clone())
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scheme and the name node of an address.
    fn root(&self, at: &Location) -> Result<String> {
        let authority = match (at.scheme(), at.authority(), &self.config.name_node) {
            ("hdfs", "", Some(name_node)) => name_node,
            ("hdfs" | "viewfs", authority, _) => authority,
            _ => {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "This store answers for hdfs and viewfs addresses only",
                )
                .with_context("location", at));
            }
        };
        if authority.contains('@') {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "An HDFS address names no user; set the user in the storage's settings",
            )
            .with_context("location", at));
        }
        Ok(format!("{}://{authority}", at.scheme()))
    }
}

fn build(config: &HdfsConfig, root: &str) -> Result<Client, HdfsError> {
    let is_hdfs = root.starts_with("hdfs://");
    let authority = root.split_once("://").map_or("", |(_, authority)| authority);
    if has_port(authority) {
        return build_at(config, root, true);
    }
    match build_at(config, root, false) {
        // No configuration file knows a name service of this name: it is a host.
        Err(HdfsError::InvalidArgument(_)) if is_hdfs && !authority.is_empty() => {
            build_at(config, &format!("{root}:{DEFAULT_PORT}"), true)
        }
        built => built,
    }
}

fn build_at(config: &HdfsConfig, root: &str, is_single: bool) -> Result<Client, HdfsError> {
    let mut builder = ClientBuilder::new().with_url(root);
    if let Some(folder) = config.hadoop_conf_dir.as_deref().and_then(|folder| folder.to_str()) {
        builder = builder.with_config_dir(folder);
    }
    if let Some(user) = &config.user {
        builder = builder.with_user(user);
    }
    if is_single {
        builder = builder.with_config([("dfs.client.failover.max.attempts", SINGLE_NODE_ATTEMPTS)]);
    }
    builder.build()
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(config: HdfsConfig) -> Clients {
        Clients::new(config.checked().unwrap())
    }

    async fn made(clients: &Clients, address: &str) -> Result<String> {
        let at = Location::parse(address).unwrap();
        clients.at(&at).await?;
        clients.root(&at)
    }

    #[tokio::test]
    async fn a_client_is_made_once_for_each_name_node() {
        let clients = clients(HdfsConfig::default().with_name_node("nn1:8020"));
        assert_eq!(made(&clients, "hdfs:///jobs/7").await.unwrap(), "hdfs://nn1:8020");
        assert_eq!(made(&clients, "hdfs://nn1:8020/other").await.unwrap(), "hdfs://nn1:8020");
        assert_eq!(made(&clients, "hdfs://nn2/x").await.unwrap(), "hdfs://nn2");
        assert_eq!(clients.made().len(), 2);
    }

    #[tokio::test]
    async fn hadoop_files_name_the_default_name_node_and_the_nodes_of_a_service() {
        let folder = tempfile::tempdir().unwrap();
        let text = "<configuration>
            <property><name>fs.defaultFS</name><value>hdfs://prod</value></property>
            <property><name>dfs.ha.namenodes.prod</name><value>a,b</value></property>
            <property><name>dfs.namenode.rpc-address.prod.a</name><value>127.0.0.1:1</value></property>
            <property><name>dfs.namenode.rpc-address.prod.b</name><value>127.0.0.1:2</value></property>
        </configuration>";
        std::fs::write(folder.path().join("core-site.xml"), text).unwrap();
        let clients = clients(HdfsConfig::default().with_hadoop_conf_dir(folder.path()));
        assert_eq!(made(&clients, "hdfs:///jobs").await.unwrap(), "hdfs://");
        assert_eq!(made(&clients, "hdfs://prod/jobs").await.unwrap(), "hdfs://prod");
    }

    #[tokio::test]
    async fn an_address_that_names_no_name_node_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("core-site.xml"), "<configuration/>").unwrap();
        let clients = clients(HdfsConfig::default().with_hadoop_conf_dir(folder.path()));
        let error = made(&clients, "hdfs:///jobs").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        for address in ["hdfs://alice@nn/x", "file:///x"] {
            let error = made(&clients, address).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{address}");
        }
    }
}
