//! The Hive stacks that the tests share: one whose metastore is on PostgreSQL, one whose is on Derby.

use std::path::Path;
use std::sync::OnceLock;

use hive_metastore::{Config, Metastore};
use hive_stack::HiveStack;
use hiveserver2::Session;

pub(crate) use hive_stack::fresh_name;

/// A stack with a metastore on a database that the test needs.
#[derive(Debug)]
pub(crate) struct Stack(HiveStack);

impl Stack {
    /// The stack whose metastore is on PostgreSQL, or `None` when the tests are to be left out.
    pub(crate) fn postgres() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(|| Self::find_or_start("postgres")).as_ref()
    }

    /// The stack whose metastore is on Derby.
    pub(crate) fn derby() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(|| Self::find_or_start("derby")).as_ref()
    }

    /// A metastore alone, with settings of its own.
    pub(crate) fn metastore_with(settings: &str) -> Option<Self> {
        let variables = [("MS_DB", "derby"), ("SERVERS", ""), ("MS_CONF", settings)];
        (!HiveStack::is_left_out()).then(|| Self(HiveStack::start(&variables)))
    }

    /// The stack that `HIVE_STACK` names, where its metastore is on that database; else one of its own.
    fn find_or_start(database: &str) -> Option<Self> {
        if HiveStack::is_left_out() {
            return None;
        }
        if let Some(base) = std::env::var_os("HIVE_STACK") {
            let running = HiveStack::at(Path::new(&base));
            if running.find("db", "postgres").is_some() == (database == "postgres") {
                return Some(Self(running));
            }
        }
        Some(Self(HiveStack::start(&[("MS_DB", database), ("SERVERS", "plain")])))
    }

    /// How its metastore is reached, as the user alice.
    pub(crate) fn config(&self) -> Config {
        Config::from_uris(self.0.metastore()).unwrap().with_user("alice")
    }

    pub(crate) async fn metastore(&self) -> Metastore {
        Metastore::connect(&self.config()).await.unwrap()
    }

    /// A session for SQL.
    pub(crate) async fn session(&self) -> Session {
        let (host, port) = self.0.thrift("plain");
        let config = hiveserver2::Config::new(host, port).with_user("alice");
        Session::open(&config).await.unwrap()
    }
}
