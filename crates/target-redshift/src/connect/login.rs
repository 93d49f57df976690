//! The user and password of a connection: fixed ones, or temporary ones that IAM gives.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_redshift::config::Credentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use publish_core::{Error, ErrorKind, Result, Retry, Secret};

use crate::config::{ClusterLogin, Login, WorkgroupLogin};

/// A user and its password.
#[derive(Clone, Debug)]
pub(super) struct DatabaseUser {
    pub(super) user: String,
    pub(super) password: Secret,
}

/// Finds the credentials of one connection. Temporary ones are asked for anew each time.
pub(super) async fn credentials(login: &Login, database: &str) -> Result<DatabaseUser> {
    match login {
        Login::Password { user, password } => {
            Ok(DatabaseUser { user: user.clone(), password: password.clone() })
        }
        Login::Cluster(login) => for_cluster(login, database).await,
        Login::Workgroup(login) => for_workgroup(login, database).await,
    }
}

/// Who asks IAM, and where.
struct Asker<'a> {
    region: Option<&'a String>,
    endpoint: Option<&'a String>,
    /// Id, key and token. The environment's own credentials, as every tool of the vendor finds them, where there is none.
    keys: [Option<&'a Secret>; 3],
}

impl Asker<'_> {
    async fn config(&self) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(region) = self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let [Some(id), Some(key), token] = self.keys {
            let token = token.map(|token| token.expose().to_owned());
            loader = loader.credentials_provider(Credentials::new(
                id.expose(),
                key.expose(),
                token,
                None,
                "settings",
            ));
        }
        loader.load().await
    }
}

async fn for_cluster(login: &ClusterLogin, database: &str) -> Result<DatabaseUser> {
    let asker = Asker {
        region: login.region.as_ref(),
        endpoint: login.endpoint.as_ref(),
        keys: [login.access_key_id.as_ref(), login.secret_access_key.as_ref(), login.session_token.as_ref()],
    };
    let client = aws_sdk_redshift::Client::new(&asker.config().await);
    if login.db_user.is_none() {
        let asked = client
            .get_cluster_credentials_with_iam()
            .cluster_identifier(&login.cluster)
            .db_name(database)
            .set_duration_seconds(login.duration_seconds)
            .send()
            .await;
        match asked {
            Ok(given) => return complete(given.db_user(), given.db_password()),
            // Whoever may not ask this may still ask the older call, which needs a user.
            Err(error) => {
                return Err(refused("GetClusterCredentialsWithIAM", &error)
                    .with_context("cluster", &login.cluster)
                    .with_context("hint", "set `db_user` to ask GetClusterCredentials instead"));
            }
        }
    }
    let groups = (!login.db_groups.is_empty()).then(|| login.db_groups.clone());
    let given = client
        .get_cluster_credentials()
        .cluster_identifier(&login.cluster)
        .db_name(database)
        .set_db_user(login.db_user.clone())
        .auto_create(login.auto_create)
        .set_db_groups(groups)
        .set_duration_seconds(login.duration_seconds)
        .send()
        .await
        .map_err(|error| refused("GetClusterCredentials", &error).with_context("cluster", &login.cluster))?;
    complete(given.db_user(), given.db_password())
}

async fn for_workgroup(login: &WorkgroupLogin, database: &str) -> Result<DatabaseUser> {
    let asker = Asker {
        region: login.region.as_ref(),
        endpoint: login.endpoint.as_ref(),
        keys: [login.access_key_id.as_ref(), login.secret_access_key.as_ref(), login.session_token.as_ref()],
    };
    let given = aws_sdk_redshiftserverless::Client::new(&asker.config().await)
        .get_credentials()
        .workgroup_name(&login.workgroup)
        .db_name(database)
        .set_duration_seconds(login.duration_seconds)
        .send()
        .await
        .map_err(|error| refused("GetCredentials", &error).with_context("workgroup", &login.workgroup))?;
    complete(given.db_user(), given.db_password())
}

fn complete(user: Option<&str>, password: Option<&str>) -> Result<DatabaseUser> {
    match (user, password) {
        (Some(user), Some(password)) => {
            Ok(DatabaseUser { user: user.to_owned(), password: Secret::new(password) })
        }
        _ => Err(Error::new(ErrorKind::Unexpected, "IAM answered without a user or a password; ask again")
            .with_retry(Retry::Safe)),
    }
}

fn refused(call: &'static str, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut words = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        words.push(cause.to_string());
        next = cause.source();
    }
    let text = words.join(": ");
    let has = |part: &str| text.contains(part);
    let (kind, retry) = if has("AccessDenied") || has("UnauthorizedOperation") {
        (ErrorKind::PermissionDenied, Retry::Never)
    } else if has("NotFound") {
        (ErrorKind::InvalidRequest, Retry::Never)
    } else if has("dispatch failure") || has("Throttl") || has("timeout") {
        (ErrorKind::Unavailable, Retry::Safe)
    } else {
        (ErrorKind::Unauthenticated, Retry::Never)
    };
    Error::new(kind, "IAM gave no password for the database; see its words")
        .with_retry(retry)
        .with_context("call", call)
        .with_context("cause", text)
}
