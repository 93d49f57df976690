//! A connection to a metastore, and the calls that concern one table.

use std::collections::BTreeMap;

use crate::channel::Channel;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::protocol::messages::{
    AlterTable, Capabilities, CreateTable, CreateTableRequest, Environment, GetTable, GetTableRequest,
    SetConf, SetUgi,
};
use crate::table::Table;

/// What a change rests on: a table property and the value it must still have when the change is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    key: String,
    value: String,
}

impl Expected {
    /// The property of that name must still have that value. It must exist.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// A connection to a metastore. It makes one call at a time.
///
/// # Cancellation
///
/// When the future of a call is dropped the connection is lost, and the call may have taken effect.
pub struct Metastore {
    channel: Channel,
    user: String,
}

impl Metastore {
    /// Connects to the first host that answers, and says who is there.
    ///
    /// # Errors
    ///
    /// Unavailable, Unauthenticated, or InvalidConfig.
    pub async fn connect(config: &Config) -> Result<Self> {
        let mut channel = Channel::connect(config).await?;
        if let (Some(user), None) = (&config.user, &config.password) {
            channel.call(&SetUgi { user: user.clone(), groups: Vec::new() }).await?;
        }
        tracing::debug!(host = %channel.host(), "connected to the metastore");
        let user = config.user.clone().unwrap_or_else(|| "anonymous".to_owned());
        Ok(Self { channel, user })
    }

    /// Reads a table or view.
    ///
    /// # Errors
    ///
    /// NotFound when it or its database does not exist.
    pub async fn table(&mut self, database: &str, table: &str) -> Result<Table> {
        let request = GetTableRequest {
            database: database.to_owned(),
            table: table.to_owned(),
            capabilities: Capabilities::ours(),
        };
        let reply = self.channel.call(&GetTable { request }).await;
        let reply = reply.map_err(|error| named(error, database, table))?;
        Ok(Table::new(reply.table))
    }

    /// Writes a table back, in one transaction; with `expected` only if that still holds in this transaction.
    ///
    /// Columns, location, properties and owner become those of `new`. Readers see all of it or nothing, but for one
    /// whose own look-up of the table is cut by the commit: the metastore answers it by several queries. Statistics that do
    /// not fit the new location are the metastore's matter.
    ///
    /// # Errors
    ///
    /// Modified when `expected` does not hold. Unsupported when the metastore's database cannot compare. Refused for a
    /// column type that does not fit the one in its place, until [`set_conf`](Self::set_conf) allows it. What is
    /// [in doubt](Error::is_in_doubt) may be done.
    pub async fn alter_table(
        &mut self,
        database: &str,
        table: &str,
        new: &Table,
        expected: Option<&Expected>,
    ) -> Result<()> {
        let mut properties = BTreeMap::new();
        if let Some(Expected { key, value }) = expected {
            properties.insert("expected_parameter_key".to_owned(), key.clone());
            properties.insert("expected_parameter_value".to_owned(), value.clone());
        }
        let call = AlterTable {
            database: database.to_owned(),
            table: table.to_owned(),
            new: new.record().clone(),
            environment: Environment { properties },
        };
        self.channel.call(&call).await.map_err(|error| named(error, database, table))
    }

    /// Creates a table or view that is like another which was read, under the name that it carries.
    ///
    /// # Errors
    ///
    /// AlreadyExists when the name is taken.
    pub async fn create_table(&mut self, table: &Table) -> Result<()> {
        let (database, name) = (table.database()?, table.name()?);
        let call = CreateTable { request: CreateTableRequest { table: table.record().clone() } };
        self.channel.call(&call).await.map_err(|error| named(error, &database, &name))
    }

    /// Sets one of the metastore's own settings for this connection.
    ///
    /// The metastore takes only those that it names safe, such as `metastore.disallow.incompatible.col.type.changes`.
    ///
    /// # Errors
    ///
    /// Failed when it does not.
    pub async fn set_conf(&mut self, key: &str, value: &str) -> Result<()> {
        let call = SetConf { key: key.to_owned(), value: value.to_owned() };
        self.channel.call(&call).await.map_err(|error| error.with_context("key", key))
    }

    pub(crate) fn channel(&mut self) -> &mut Channel {
        &mut self.channel
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }
}

impl std::fmt::Debug for Metastore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metastore").field("host", self.channel.host()).finish_non_exhaustive()
    }
}

/// Adds the table's name.
pub(crate) fn named(error: Error, database: &str, table: &str) -> Error {
    error.with_context("table", format_args!("{database}.{table}"))
}
