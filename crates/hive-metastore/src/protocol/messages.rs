//! The calls of the metastore that this client makes, with the fields it needs.
//!
//! Each struct reads like its IDL: field id, name, type; an `Option` is an optional field. Fields that the client
//! has no use for are left out; those in replies are passed over. A table is a [`Record`], so that nothing of it gets lost.

use std::collections::BTreeMap;

use hive_thrift::codec::{Record, Wire, WireError};
use hive_thrift::messages;

use super::fault::Fault;
use crate::channel::returned;

/// Insert-only tables are shown only to a client that says it knows them.
const INSERT_ONLY_TABLES: i32 = 2;

/// A call: its arguments, what it returns, and the exceptions it declares in the order of their fields.
pub(crate) trait Call: Wire {
    const NAME: &'static str;
    const FAULTS: &'static [Fault];
    /// Whether anything can be different after it.
    const CHANGES: bool;
    type Success;

    fn success(result: &Record) -> Result<Self::Success, WireError>;
}

macro_rules! calls {
    ($($arguments:ty = $name:literal, $changes:literal, [$($fault:ident),*], $success:ty, $read:expr;)*) => {$(
        impl Call for $arguments {
            const NAME: &'static str = $name;
            const FAULTS: &'static [Fault] = &[$(Fault::$fault),*];
            const CHANGES: bool = $changes;
            type Success = $success;

            fn success(result: &Record) -> Result<Self::Success, WireError> {
                let read: fn(&Record) -> Result<$success, WireError> = $read;
                read(result)
            }
        }
    )*};
}

calls! {
    SetUgi = "set_ugi", false, [Meta], (), |_| Ok(());
    SetConf = "setMetaConf", false, [Meta], (), |_| Ok(());
    GetTable = "get_table_req", false, [Meta, NoSuchObject], GetTableResult, returned;
    AlterTable = "alter_table_with_environment_context", true, [InvalidOperation, Meta], (), |_| Ok(());
    CreateTable = "create_table_req", true, [AlreadyExists, InvalidObject, Meta, NoSuchObject], (), |_| Ok(());
    GetDatabases = "get_databases", false, [Meta], Vec<String>, returned;
    GetTableNames = "get_all_tables", false, [Meta], Vec<String>, returned;
    GetTables = "get_table_objects_by_name_req", false, [Meta, InvalidOperation, UnknownDatabase], GetTablesResult, returned;
    GetPartitions = "get_partitions_with_specs", false, [Meta], GetPartitionsResult, returned;
    TakeLock = "lock", true, [NoSuchTransaction, TransactionAborted], LockReply, returned;
    CheckLock = "check_lock", false, [NoSuchTransaction, TransactionAborted, NoSuchLock], LockReply, returned;
    KeepLock = "heartbeat", false, [NoSuchLock, NoSuchTransaction, TransactionAborted], (), |_| Ok(());
    ReleaseLock = "unlock", true, [NoSuchLock, TransactionOpen], (), |_| Ok(());
}

messages! {
    struct SetUgi {
        1 user: String,
        2 groups: Vec<String>,
    }

    struct SetConf {
        1 key: String,
        2 value: String,
    }

    struct GetTable {
        1 request: GetTableRequest,
    }

    struct GetTableRequest {
        1 database: String,
        2 table: String,
        3 capabilities: Capabilities,
    }

    struct Capabilities {
        1 values: Vec<i32>,
    }

    struct GetTableResult {
        1 table: Record,
    }

    struct AlterTable {
        1 database: String,
        2 table: String,
        3 new: Record,
        4 environment: Environment,
    }

    struct Environment {
        1 properties: BTreeMap<String, String>,
    }

    struct CreateTable {
        1 request: CreateTableRequest,
    }

    struct CreateTableRequest {
        1 table: Record,
    }

    struct GetDatabases {
        1 pattern: String,
    }

    struct GetTableNames {
        1 database: String,
    }

    struct GetTables {
        1 request: GetTablesRequest,
    }

    struct GetTablesRequest {
        1 database: String,
        2 tables: Vec<String>,
        3 capabilities: Capabilities,
    }

    struct GetTablesResult {
        1 tables: Vec<Record>,
    }

    struct GetPartitions {
        1 request: GetPartitionsRequest,
    }

    struct GetPartitionsRequest {
        2 database: String,
        3 table: String,
        7 projection: Projection,
    }

    struct Projection {
        1 fields: Vec<String>,
    }

    struct GetPartitionsResult {
        1 specs: Vec<PartitionSpec>,
    }

    struct PartitionSpec {
        3 root: Option<String>,
        4 shared: Option<SharedPartitions>,
        5 listed: Option<ListedPartitions>,
    }

    struct SharedPartitions {
        1 partitions: Vec<RelativePartition>,
        2 storage: Option<Storage>,
    }

    struct RelativePartition {
        4 path: Option<String>,
    }

    struct ListedPartitions {
        1 partitions: Vec<Partition>,
    }

    struct Partition {
        6 storage: Option<Storage>,
    }

    struct Storage {
        2 location: Option<String>,
    }

    struct TakeLock {
        1 request: LockRequest,
    }

    struct LockRequest {
        1 components: Vec<LockComponent>,
        3 user: String,
        4 host: String,
        5 agent: String,
    }

    struct LockComponent {
        1 kind: i32,
        2 level: i32,
        3 database: String,
        4 table: String,
        6 operation: i32,
        7 is_transactional: bool,
    }

    struct LockReply {
        1 id: i64,
        2 state: i32,
        3 error: Option<String>,
    }

    struct CheckLock {
        1 request: LockId,
    }

    struct ReleaseLock {
        1 request: LockId,
    }

    struct KeepLock {
        1 request: LockId,
    }

    struct LockId {
        1 id: i64,
    }
}

impl Capabilities {
    /// What this client can handle.
    pub(crate) fn ours() -> Self {
        Self { values: vec![INSERT_ONLY_TABLES] }
    }
}
