//! From a connection to the settings of a target or a storage.

use publish_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::{Connection, ConnectionId, Credentials};

/// Parts of a name by which a setting is known to be secret.
const SECRET_PARTS: [&str; 8] =
    ["password", "secret", "token", "credential", "access_key", "accesskey", "private_key", "privatekey"];

/// The parameter that is the service's own: the connection to the storage that results are read by.
const STORAGE: &str = "storage";

/// The connection to the storage by which results are read that name none themselves.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if it is not written as `{"id": 3}`.
pub(super) fn results_storage(params: &Map<String, Value>) -> Result<Option<ConnectionId>> {
    let Some(value) = params.get(STORAGE) else { return Ok(None) };
    let id =
        value.as_object().filter(|reference| reference.len() == 1).and_then(|reference| reference.get("id"));
    id.and_then(Value::as_i64).map(|id| Some(ConnectionId(id))).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRequest,
            "The parameter `storage` names a connection to a storage, as {\"id\": 3}; correct it",
        )
    })
}

/// The settings that a connection means: its parameters, its host and port under the names that the vendor has for them, and
/// its credentials.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for a host where the vendor has none, and for what is said twice.
pub(super) fn settings(connection: &Connection, credentials: &Credentials) -> Result<Map<String, Value>> {
    let mut settings = Map::new();
    for (name, value) in connection.params.iter().filter(|(name, _)| *name != STORAGE) {
        let name = match (connection.vendor.as_str(), name.as_str()) {
            ("hive" | "redshift", "defaultDatabase") => "database",
            (_, name) => name,
        };
        add(&mut settings, name, value.clone())?;
    }
    add_address(&mut settings, connection)?;
    for (name, value) in credentials.expose() {
        add(&mut settings, credential_setting(&connection.vendor, name), value.clone())?;
    }
    if connection.vendor == "hive" && settings.contains_key("password") {
        settings.entry("auth").or_insert_with(|| "ldap".into());
    }
    Ok(settings)
}

fn add_address(settings: &mut Map<String, Value>, connection: &Connection) -> Result<()> {
    let (host, port) = (connection.host.as_deref(), connection.port);
    let Some(host) = host else {
        return match port {
            Some(port) => Err(Error::new(ErrorKind::InvalidRequest, "A port needs a host; give it")
                .with_context("port", port)),
            None => Ok(()),
        };
    };
    match connection.vendor.as_str() {
        "hive" => add(settings, "hosts", Value::from(vec![format!("{host}:{}", port.unwrap_or(10_000))])),
        "hdfs" => add(settings, "name_node", format!("{host}:{}", port.unwrap_or(8020)).into()),
        "sqlite" | "s3" => Err(Error::new(
            ErrorKind::InvalidRequest,
            "A connection of this vendor has no host; leave it out (an S3 service is named by the parameter endpoint)",
        )
        .with_context("vendor", &connection.vendor)),
        _ => {
            add(settings, "host", host.into())?;
            port.map_or(Ok(()), |port| add(settings, "port", port.into()))
        }
    }
}

/// The setting that a credential is, by the names that clients use.
fn credential_setting<'a>(vendor: &str, name: &'a str) -> &'a str {
    match (vendor, name) {
        (_, "username") => "user",
        ("redshift", "iamRoleArn") => "iam_role",
        ("s3", "iamRoleArn") => "role_arn",
        ("s3", "key") => "access_key_id",
        ("s3", "secret") => "secret_access_key",
        _ => name,
    }
}

fn add(settings: &mut Map<String, Value>, name: &str, value: Value) -> Result<()> {
    if settings.contains_key(name) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "The connection says this setting twice; say it once",
        )
        .with_context("setting", name));
    }
    settings.insert(name.to_owned(), value);
    Ok(())
}

/// Whether a setting of this name is secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Refuses secrets among the parameters, which are shown to whoever may read connections.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the parameter.
pub(super) fn check_no_secrets(params: &Map<String, Value>) -> Result<()> {
    for (name, value) in params {
        if is_secret_name(name) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "Parameters are shown to everybody; give secrets as credentials",
            )
            .with_context("parameter", name));
        }
        each_map(value, &mut check_no_secrets)?;
    }
    Ok(())
}

/// Refuses `{"env": ..}` and `{"file": ..}`, which mean variables and files of the server in its own settings.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the setting.
pub(super) fn check_no_references(settings: &Map<String, Value>) -> Result<()> {
    for (name, value) in settings {
        if let Value::Object(map) = value
            && (map.contains_key("env") || map.contains_key("file"))
        {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "A secret is sent as a text; variables and files of the server can't be named from outside",
            )
            .with_context("setting", name));
        }
        each_map(value, &mut check_no_references)?;
    }
    Ok(())
}

fn each_map(value: &Value, check: &mut dyn FnMut(&Map<String, Value>) -> Result<()>) -> Result<()> {
    match value {
        Value::Object(map) => check(map),
        Value::Array(values) => values.iter().try_for_each(|value| match value {
            // A list is no place where a setting is read from a variable or a file, unless it holds one.
            Value::Object(map) => check(&Map::from_iter([("list".to_owned(), Value::Object(map.clone()))])),
            other => each_map(other, check),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;

    use super::*;
    use crate::{NewConnection, TokenId};

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn made(
        vendor: &str,
        host: Option<&str>,
        port: Option<u16>,
        params: &Value,
        secrets: &Value,
    ) -> Result<Value> {
        let credentials = Credentials::new(map(secrets));
        let new = NewConnection {
            vendor: vendor.to_owned(),
            name: "c".to_owned(),
            host: host.map(str::to_owned),
            port,
            params: map(params),
            credential_type: None,
            credentials: credentials.clone(),
            created_by: TokenId::NOBODY,
        };
        settings(&Connection::new(ConnectionId(1), &new, None, Utc::now()), &credentials).map(Value::Object)
    }

    #[test]
    fn each_vendor_has_its_own_names_for_host_port_and_user() {
        let basic = json!({"username": "etl", "password": "pw"});
        let none = json!({});
        for (vendor, host, port, params, secrets, expected) in [
            (
                "hive",
                Some("h"),
                None,
                json!({"staging": "hdfs://nn/p", "defaultDatabase": "db"}),
                &basic,
                json!({"hosts": ["h:10000"], "staging": "hdfs://nn/p", "database": "db", "user": "etl",
                    "password": "pw", "auth": "ldap"}),
            ),
            (
                "redshift",
                Some("r"),
                Some(5439),
                json!({"database": "dev"}),
                &basic,
                json!({"host": "r", "port": 5439, "database": "dev", "user": "etl", "password": "pw"}),
            ),
            ("hdfs", Some("nn"), None, none.clone(), &none, json!({"name_node": "nn:8020"})),
            ("sqlite", None, None, json!({"file": "a"}), &none, json!({"file": "a"})),
            (
                "s3",
                None,
                None,
                json!({"region": "r"}),
                &json!({"key": "k", "secret": "s"}),
                json!({"region": "r", "access_key_id": "k", "secret_access_key": "s"}),
            ),
        ] {
            assert_eq!(made(vendor, host, port, &params, secrets).unwrap(), expected, "{vendor}");
        }
        assert!(made("sqlite", Some("h"), None, &none, &none).is_err(), "a file has no host");
        assert!(made("hive", None, Some(1), &none, &none).is_err(), "a port alone");
        let twice = made("redshift", Some("r"), None, &json!({"host": "other"}), &none).unwrap_err();
        assert!(twice.to_string().contains("setting: host"), "{twice}");
    }

    #[test]
    fn a_secret_among_the_parameters_is_refused_by_name() {
        for params in [
            json!({"password": "x"}),
            json!({"iam_cluster": {"secret_access_key": "x"}}),
            json!({"list": [{"sessionToken": "x"}]}),
        ] {
            let error = check_no_secrets(&map(&params)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{params}");
        }
        check_no_secrets(&map(&json!({"file": "a", "settings": {"tez.queue.name": "q"}}))).unwrap();
    }

    #[test]
    fn variables_and_files_of_the_server_can_not_be_named_from_outside() {
        for settings in [
            json!({"password": {"env": "AWS_SECRET_ACCESS_KEY"}}),
            json!({"iam_cluster": {"secret_access_key": {"file": "/etc/shadow"}}}),
            json!({"list": [{"env": "X"}]}),
            json!({"list": [[{"file": "X"}]]}),
        ] {
            let error = check_no_references(&map(&settings)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{settings}");
        }
        check_no_references(&map(&json!({"file": "a.sqlite", "tls": {"caFile": "ca.pem"}}))).unwrap();
    }
}
