//! What a publish needs of a Hive, tried out.

use publish_core::{Check, Error, ErrorKind, Location, Result, RunContext, Storage, Storages};

use super::{HiveSession, Stop};
use crate::config::HiveConfig;
use crate::metastore;

impl HiveSession {
    /// Tries HiveServer2, the metastore where one is named, and the folders that the engine writes to.
    pub(super) async fn try_out(&mut self, run: &RunContext) -> Vec<Check> {
        let hosts = self.config.hosts.join(", ");
        let mut checks = vec![Check::new(format!("HiveServer2 at {hosts}"), self.try_server(run).await)];
        let config = &self.config;
        if let Some(uris) = &config.metastore {
            checks.push(Check::new(format!("metastore at {uris}"), try_metastore(config, run).await));
        }
        let folders =
            [("staging folder", Some(&config.staging)), ("warehouse folder", config.warehouse.as_ref())];
        for (name, folder) in folders {
            let Some(folder) = folder else { continue };
            checks
                .push(Check::new(format!("{name} {folder}"), try_folder(&self.storages, folder, run).await));
        }
        checks
    }

    async fn try_server(&mut self, run: &RunContext) -> Result<String> {
        // A constant: it takes no right, and starts no job.
        let rows = self.server.rows("SELECT version(), logged_in_user()", None, Stop::OnCancel, run).await?;
        let mut cells =
            rows.into_iter().next().unwrap_or_default().into_iter().map(Option::unwrap_or_default);
        let (version, user) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        // After the number stands the commit that it was built of.
        let version = version.split_whitespace().next().unwrap_or("of an unknown version");
        Ok(format!("Hive {version}, as {user}"))
    }
}

async fn try_metastore(config: &HiveConfig, run: &RunContext) -> Result<String> {
    let asking = async {
        let mut metastore = metastore::connect(config).await?;
        metastore.version().await.map_err(metastore::metastore_error)
    };
    match tokio::time::timeout_at(run.deadline(), asking).await {
        Ok(version) => version.map(|version| format!("Hive {version}")),
        Err(elapsed) => Err(Error::new(
            ErrorKind::TimedOut,
            "The metastore does not answer; correct its address, or look at the server",
        )
        .with_source(elapsed)),
    }
}

/// Writes a file, which is deleted again.
async fn try_folder(storages: &Storages, folder: &Location, run: &RunContext) -> Result<String> {
    let storage = storages.at(folder)?;
    let file = folder.join(&format!("check_{}", run.run()))?;
    let written = write(storage.as_ref(), &file).await;
    let deleted = storage.delete(&file).await;
    written.and(deleted).map_err(|error| {
        let message = match error.kind() {
            ErrorKind::PermissionDenied => {
                "The engine may not write here; give its user the right to the folder, or name another one"
            }
            _ => "The engine can't write here; see the cause",
        };
        Error::new(error.kind(), message)
            .with_retry(error.retry())
            .with_context("folder", folder)
            .with_source(error)
    })?;
    Ok("files can be written and deleted".to_owned())
}

async fn write(storage: &dyn Storage, file: &Location) -> Result<()> {
    let mut writer = storage.create(file).await?;
    writer.write("This file only tries the folder out.\n".into()).await?;
    writer.finish().await.map(drop)
}
