//! By what right a session is opened.

use publish_core::{Error, ErrorKind, Result, Secret};
use serde::Deserialize;

/// By what right a session is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// A database user's own password.
    Password {
        /// The user.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// A temporary password that IAM gives for a provisioned cluster, a new one for each connection.
    Cluster(ClusterLogin),
    /// A temporary password that IAM gives for a serverless workgroup, a new one for each connection.
    Workgroup(WorkgroupLogin),
}

/// How IAM is asked for a password of a provisioned cluster.
///
/// `GetClusterCredentialsWithIAM` is asked, whose database user is the caller's own identity. Where a `db_user` is set it is
/// the older `GetClusterCredentials`, which becomes that user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ClusterLogin {
    /// The cluster's identifier.
    pub cluster: String,
    /// Its region. The environment's unless given.
    pub region: Option<String>,
    /// Where the service is asked, for private endpoints and for tests.
    pub endpoint: Option<String>,
    /// The database user to become.
    pub db_user: Option<String>,
    /// Whether that user is made where it does not exist.
    pub auto_create: bool,
    /// Groups that user joins for the session.
    pub db_groups: Vec<String>,
    /// Seconds for which the password is good, 900 to 3600.
    pub duration_seconds: Option<i32>,
    /// Id of the key that signs the question. The environment's credentials sign it unless one is given.
    pub access_key_id: Option<Secret>,
    /// That key.
    pub secret_access_key: Option<Secret>,
    /// Its token, where it is a temporary one.
    pub session_token: Option<Secret>,
}

/// How IAM is asked for a password of a serverless workgroup: `GetCredentials`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct WorkgroupLogin {
    /// The workgroup's name.
    pub workgroup: String,
    /// Its region. The environment's unless given.
    pub region: Option<String>,
    /// Where the service is asked, for private endpoints and for tests.
    pub endpoint: Option<String>,
    /// Seconds for which the password is good, 900 to 3600.
    pub duration_seconds: Option<i32>,
    /// Id of the key that signs the question. The environment's credentials sign it unless one is given.
    pub access_key_id: Option<Secret>,
    /// That key.
    pub secret_access_key: Option<Secret>,
    /// Its token, where it is a temporary one.
    pub session_token: Option<Secret>,
}

impl Login {
    /// Reads the settings, of which exactly one way must be given.
    pub(super) fn read(
        user: Option<String>,
        password: Option<Secret>,
        cluster: Option<ClusterLogin>,
        workgroup: Option<WorkgroupLogin>,
    ) -> Result<Self> {
        let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message);
        match (user, password, cluster, workgroup) {
            (Some(user), Some(password), None, None) => Ok(Self::Password { user, password }),
            (None, Some(_), None, None) => Err(invalid("A password needs the setting `user`; give it")),
            (None, None, Some(cluster), None) => {
                if cluster.cluster.is_empty() {
                    return Err(invalid(
                        "The setting `iam_cluster` needs `cluster`, the cluster's identifier",
                    ));
                }
                check_duration(cluster.duration_seconds)?;
                check_keys(&cluster.access_key_id, &cluster.secret_access_key)?;
                Ok(Self::Cluster(cluster))
            }
            (None, None, None, Some(workgroup)) => {
                if workgroup.workgroup.is_empty() {
                    return Err(invalid(
                        "The setting `iam_workgroup` needs `workgroup`, the workgroup's name",
                    ));
                }
                check_duration(workgroup.duration_seconds)?;
                check_keys(&workgroup.access_key_id, &workgroup.secret_access_key)?;
                Ok(Self::Workgroup(workgroup))
            }
            (Some(_), None, Some(_), None) => {
                Err(invalid("With `iam_cluster` the database user is its `db_user`; leave `user` out"))
            }
            _ => Err(invalid(
                "A session is opened with `user` and `password`, with `iam_cluster`, or with `iam_workgroup`; give \
                 exactly one of the three",
            )),
        }
    }
}

fn check_duration(seconds: Option<i32>) -> Result<()> {
    match seconds {
        None | Some(900..=3600) => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::InvalidRequest,
            "A temporary password is good for 900 to 3600 seconds; correct the setting",
        )
        .with_context("duration_seconds", other)),
    }
}

fn check_keys(id: &Option<Secret>, key: &Option<Secret>) -> Result<()> {
    if id.is_some() == key.is_some() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "A key for IAM is `access_key_id` and `secret_access_key`; give both, or neither for the environment's",
    ))
}
