//! Connections: making them, and showing them without their secrets.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::exception::Exception;
use super::super::fields::Fields;
use super::{Moment, Reference};
use crate::{Connection, ConnectionId, Credentials, NewConnection, TokenId};

/// Longest name of a connection, in characters.
const MAX_NAME: usize = 255;

/// Reads the body that makes a connection.
///
/// Credentials are texts: a mistake in one is then told without showing it.
pub(crate) fn new_connection(body: Value, created_by: TokenId) -> Result<NewConnection, Exception> {
    Fields::read(body, |body| {
        let name = body.text("name");
        if name.chars().count() > MAX_NAME {
            body.mistake("name", "has more than 255 characters");
        }
        let credentials = body.optional_map("credentials").unwrap_or_default();
        for (name, value) in &credentials {
            if !value.is_string() {
                body.mistake(&format!("credentials.{name}"), "must be a text");
            }
        }
        NewConnection {
            vendor: body.text("vendor"),
            name,
            host: body.optional_text("host").filter(|host| !host.is_empty()),
            port: body.optional_port("port"),
            params: body.optional_map("params").unwrap_or_default(),
            credential_type: body.optional_text("credentialType"),
            credentials: Credentials::new(credentials),
            created_by,
        }
    })
}

/// A connection, without its credentials.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionShape {
    id: ConnectionId,
    vendor: String,
    vendor_name: String,
    name: String,
    host: Option<String>,
    port: Option<u16>,
    params: Map<String, Value>,
    credential_type: Option<String>,
    has_credentials: bool,
    is_deleted: bool,
    created_at: Moment,
    updated_at: Moment,
    creator: Reference,
    updater: Reference,
}

impl From<Connection> for ConnectionShape {
    fn from(connection: Connection) -> Self {
        let creator = Reference { id: connection.created_by.0 };
        Self {
            id: connection.id,
            vendor_name: connection.vendor.clone(),
            vendor: connection.vendor,
            name: connection.name,
            host: connection.host,
            port: connection.port,
            params: connection.params,
            credential_type: connection.credential_type,
            has_credentials: connection.credentials.is_some(),
            is_deleted: connection.deleted_at.is_some(),
            created_at: Moment(connection.created_at),
            updated_at: Moment(connection.updated_at),
            creator,
            updater: creator,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<NewConnection, Exception> {
        new_connection(body, TokenId::NOBODY)
    }

    #[test]
    fn a_connection_is_read() {
        let connection = read(json!({
            "vendor": "redshift", "name": "dw", "host": "dw.example.com", "port": 5439,
            "params": {"database": "dev"},
            "credentialType": "basic", "credentials": {"username": "etl", "password": "hunter2"}
        }))
        .unwrap();
        assert_eq!((connection.vendor.as_str(), connection.port), ("redshift", Some(5439)));
        assert_eq!(connection.credentials.expose()["password"], "hunter2");
        assert!(!format!("{connection:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_refused_and_not_shown() {
        for (params, credentials, named) in [
            (json!({}), json!({"password": 123_456}), "credentials.password"),
            (json!({}), json!({"password": {"file": "/etc/hunter2"}}), "credentials.password"),
            (json!({}), json!({"password": {"env": "hunter2"}}), "credentials.password"),
            (json!({}), json!("hunter2"), "credentials"),
            (json!("hunter2"), json!({}), "params"),
        ] {
            let body =
                json!({"vendor": "redshift", "name": "dw", "params": params, "credentials": credentials});
            let exception = read(body.clone()).unwrap_err();
            assert!(exception.details().contains(named), "{body}: {exception:?}");
            assert!(
                !exception.details().contains("hunter2") && !exception.details().contains("123456"),
                "{exception:?}"
            );
        }
    }

    #[test]
    fn a_name_that_lists_could_not_show_is_refused() {
        assert!(read(json!({"vendor": "hive", "name": "é".repeat(255)})).is_ok());
        assert!(read(json!({"vendor": "hive", "name": "é".repeat(256)})).is_err());
        assert!(read(json!({"vendor": "hive", "name": ""})).is_err());
    }
}
