//! The calls of HiveServer2 that this client makes, with the fields it needs.
//!
//! Each struct reads like its IDL: field id, name, type; an `Option` is an optional field. Fields that the client
//! has no use for are left out; those in replies are passed over.

use std::collections::BTreeMap;

use bytes::Bytes;
use hive_thrift::messages;

use super::columns::Column;
use super::envelope::Call;

/// The version asked for: columnar results and intervals as text, on every Hive since 1.2 and on Spark. Later versions
/// would let a server send results in a second, compressed form.
pub(crate) const PROTOCOL_VERSION: i32 = 7;

/// The oldest version with columnar results.
pub(crate) const COLUMNAR_VERSION: i32 = 5;

messages! {
    struct OpenSession {
        1 client_protocol: i32,
        2 username: Option<String>,
        3 password: Option<String>,
        4 configuration: BTreeMap<String, String>,
    }

    struct OpenSessionReply {
        1 status: Status,
        2 server_protocol_version: i32,
        3 session: Option<SessionHandle>,
        4 configuration: Option<BTreeMap<String, String>>,
    }

    struct Status {
        1 code: i32,
        2 details: Option<Vec<String>>,
        3 sql_state: Option<String>,
        4 error_code: Option<i32>,
        5 message: Option<String>,
    }

    struct HandleIdentifier {
        1 guid: Bytes,
        2 secret: Bytes,
    }

    struct SessionHandle {
        1 id: HandleIdentifier,
    }

    struct OperationHandle {
        1 id: HandleIdentifier,
        2 operation_type: i32,
        3 has_result_set: bool,
        4 modified_row_count: Option<f64>,
    }

    /// The reply to a call that only says whether it worked.
    struct StatusReply {
        1 status: Status,
    }

    struct CloseSession {
        1 session: SessionHandle,
    }

    struct GetInfo {
        1 session: SessionHandle,
        2 info: i32,
    }

    struct GetInfoReply {
        1 status: Status,
        2 value: Option<InfoValue>,
    }

    struct InfoValue {
        1 text: Option<String>,
    }

    struct ExecuteStatement {
        1 session: SessionHandle,
        2 statement: String,
        3 settings: Option<BTreeMap<String, String>>,
        4 run_async: bool,
        5 timeout_seconds: Option<i64>,
    }

    struct ExecuteStatementReply {
        1 status: Status,
        2 operation: Option<OperationHandle>,
    }

    struct GetOperationStatus {
        1 operation: OperationHandle,
        2 progress: Option<bool>,
    }

    struct GetOperationStatusReply {
        1 status: Status,
        2 state: Option<i32>,
        3 sql_state: Option<String>,
        4 error_code: Option<i32>,
        5 message: Option<String>,
        9 has_result_set: Option<bool>,
        10 progress: Option<ProgressTable>,
        11 modified_rows: Option<i64>,
    }

    struct ProgressTable {
        1 headers: Vec<String>,
        2 rows: Vec<Vec<String>>,
        3 fraction: f64,
        4 status: Option<i32>,
        5 summary: Option<String>,
    }

    struct CancelOperation {
        1 operation: OperationHandle,
    }

    struct CloseOperation {
        1 operation: OperationHandle,
    }

    struct GetResultSetMetadata {
        1 operation: OperationHandle,
    }

    struct GetResultSetMetadataReply {
        1 status: Status,
        2 schema: Option<TableSchema>,
    }

    struct TableSchema {
        1 columns: Vec<ColumnDescription>,
    }

    struct ColumnDescription {
        1 name: String,
        2 kind: TypeDescription,
        3 position: i32,
        4 comment: Option<String>,
    }

    struct TypeDescription {
        1 entries: Vec<TypeEntry>,
    }

    /// A union: nested types too come as a primitive entry of their own kind, their values as text.
    struct TypeEntry {
        1 primitive: Option<PrimitiveType>,
    }

    struct PrimitiveType {
        1 id: i32,
        2 qualifiers: Option<TypeQualifiers>,
    }

    struct TypeQualifiers {
        1 values: BTreeMap<String, QualifierValue>,
    }

    struct QualifierValue {
        1 number: Option<i32>,
        2 text: Option<String>,
    }

    struct FetchResults {
        1 operation: OperationHandle,
        2 orientation: i32,
        3 max_rows: i64,
        4 source: i16,
    }

    struct FetchResultsReply {
        1 status: Status,
        3 results: Option<RowSet>,
    }

    struct RowSet {
        3 columns: Option<Vec<Column>>,
        4 serialized: Option<Bytes>,
    }
}

macro_rules! calls {
    ($($call:ident as $name:literal -> $reply:ident,)*) => {$(
        impl Call for $call {
            const NAME: &'static str = $name;
            type Reply = $reply;
        }
    )*};
}

calls! {
    OpenSession as "OpenSession" -> OpenSessionReply,
    CloseSession as "CloseSession" -> StatusReply,
    GetInfo as "GetInfo" -> GetInfoReply,
    ExecuteStatement as "ExecuteStatement" -> ExecuteStatementReply,
    GetOperationStatus as "GetOperationStatus" -> GetOperationStatusReply,
    CancelOperation as "CancelOperation" -> StatusReply,
    CloseOperation as "CloseOperation" -> StatusReply,
    GetResultSetMetadata as "GetResultSetMetadata" -> GetResultSetMetadataReply,
    FetchResults as "FetchResults" -> FetchResultsReply,
}

/// `FetchResults::orientation`: what comes after what was fetched last.
pub(crate) const FETCH_NEXT: i32 = 0;

/// `FetchResults::source`: the rows.
pub(crate) const SOURCE_ROWS: i16 = 0;

/// `FetchResults::source`: the operation's log.
pub(crate) const SOURCE_LOG: i16 = 1;

/// `GetInfo::info`: name of the database product.
pub(crate) const INFO_PRODUCT_NAME: i32 = 17;

/// `GetInfo::info`: version of the database product.
pub(crate) const INFO_PRODUCT_VERSION: i32 = 18;
