//! One PostgreSQL server in a scratch folder.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::StartError;
use crate::wire::Backend;

/// The owner of the server and of everything in its catalog; named as on the service.
pub(crate) const SUPERUSER: &str = "rdsdb";

const START_LIMIT: Duration = Duration::from_secs(30);
/// The port names the socket file only: the server listens on no network.
const SOCKET_PORT: &str = "5432";

/// Waits until its input ends, which it also does when the emulator is killed, then stops the server at once and
/// removes the scratch folder.
const KEEPER: &str = r#"
scratch=$1; shift
"$@" >"$scratch/log" 2>&1 &
child=$!
cat >/dev/null
kill -QUIT "$child" 2>/dev/null
wait "$child" 2>/dev/null
rm -rf "$scratch"
"#;

const SETTINGS: [&str; 17] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "max_connections=200",
    "max_wal_size=4GB",
    "password_encryption=md5",
    // The service reads a backslash in any string as an escape.
    "standard_conforming_strings=off",
    "escape_string_warning=off",
    "backslash_quote=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "datestyle=ISO, MDY",
    "jit=off",
    "max_prepared_transactions=0",
    "unix_socket_permissions=0700",
];

/// A running PostgreSQL server, stopped when dropped and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Server {
    keeper: Child,
    scratch: TempDir,
}

impl Server {
    /// Makes a database cluster and starts it, with the method by which users prove who they are. Blocks.
    pub(crate) fn start(programs: &Path, method: &str) -> Result<Self, StartError> {
        let scratch = tempfile::Builder::new()
            .prefix("redshift-emulator-")
            .tempdir()
            .map_err(|error| StartError::new("The scratch folder can't be made").with_source(error))?;
        let owner = Owner::of(scratch.path())?;
        let data = scratch.path().join("data");
        initialise(programs, &data, owner.as_ref())?;
        let access = format!("local all {SUPERUSER} trust\nlocal all all {method}\n");
        fs::write(data.join("pg_hba.conf"), access)
            .map_err(|error| StartError::new("The access file can't be written").with_source(error))?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(scratch.path());
        command.arg(programs.join("postgres")).arg("-D").arg(&data).args(["-p", SOCKET_PORT]);
        command.arg("-c").arg(format!("unix_socket_directories={}", scratch.path().display()));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        run_as(&mut command, owner.as_ref());
        let keeper =
            command.spawn().map_err(|error| StartError::new("PostgreSQL can't be run").with_source(error))?;
        Ok(Self { keeper, scratch })
    }

    /// The socket that the server listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.scratch.path().join(format!(".s.PGSQL.{SOCKET_PORT}"))
    }

    /// Waits until the server takes connections.
    pub(crate) async fn wait_ready(&self, database: &str) -> Result<Backend, StartError> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            match Backend::connect(&self.socket(), SUPERUSER, database).await {
                Ok(backend) => return Ok(backend),
                Err(error) if Instant::now() > deadline => {
                    let log = fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
                    let last = log.lines().last().unwrap_or_default();
                    return Err(
                        StartError::new(format!("PostgreSQL doesn't start ({last})")).with_source(error)
                    );
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            tracing::warn!(error = %error, "the end of the server could not be awaited");
        }
    }
}

/// The ordinary user whom the server runs as, where we are root: PostgreSQL refuses root.
#[derive(Clone, Copy, Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// The owner for a folder that we made; the folder is handed over to it.
    fn of(folder: &Path) -> Result<Option<Self>, StartError> {
        let failed = |error| StartError::new("The scratch folder can't be handed over").with_source(error);
        if fs::metadata(folder).map_err(failed)?.uid() != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(failed)?;
        let owner =
            ["postgres", "nobody"].iter().find_map(|name| find_user(&users, name)).ok_or_else(|| {
                StartError::new("PostgreSQL refuses to run as root and there is no user postgres or nobody")
            })?;
        chown(folder, Some(owner.user), Some(owner.group)).map_err(failed)?;
        Ok(Some(owner))
    }
}

fn find_user(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        match fields[..] {
            [user, _, id, group, ..] if user == name => {
                Some(Owner { user: id.parse().ok()?, group: group.parse().ok()? })
            }
            _ => None,
        }
    })
}

fn initialise(programs: &Path, data: &Path, owner: Option<&Owner>) -> Result<(), StartError> {
    let mut command = Command::new(programs.join("initdb"));
    command.arg("-D").arg(data).args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C"]);
    command.args(["--no-sync", "--no-instructions"]).stdin(Stdio::null());
    command.current_dir("/");
    run_as(&mut command, owner);
    let output =
        command.output().map_err(|error| StartError::new("initdb can't be run").with_source(error))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(StartError::new(format!("initdb failed: {}", errors.trim().lines().last().unwrap_or_default())))
}

fn run_as(command: &mut Command, owner: Option<&Owner>) {
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:7::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        let owner = find_user(users, "postgres").unwrap();
        assert_eq!((owner.user, owner.group), (101, 104));
        assert!(find_user(users, "nobody").is_none());
    }
}
