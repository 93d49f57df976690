//! A real HDFS: the one of the Hive stack that runs, or one of the test's own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use hdfs_native::{Client, ClientBuilder};
use publish_core::Location;
use publish_storage::{HdfsConfig, HdfsStorage};

/// Base folder of a Hive stack that runs already.
const RUNNING: &str = "HIVE_STACK";

/// Leaves these tests out, and says so.
const LEFT_OUT: &str = "HIVE_TESTS";

/// Where an HDFS is.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// `hdfs://host:port`.
    pub(crate) name_node: String,
    /// Folder with its configuration files for clients.
    conf_dir: PathBuf,
    control: Option<String>,
    jvm: Option<Child>,
}

impl Cluster {
    /// The HDFS that the tests share, or `None` when they are to be left out.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            if is_left_out() {
                return None;
            }
            let Some(base) = std::env::var_os(RUNNING).map(PathBuf::from) else {
                return Some(Self::start("hdfs-shared", 2));
            };
            let endpoints = std::fs::read_to_string(base.join("endpoints")).unwrap();
            let line = endpoints.lines().find(|line| line.starts_with("dfs ")).unwrap();
            Some(Self {
                name_node: value(line, "hdfs").unwrap(),
                conf_dir: base.join("conf"),
                control: None,
                jvm: None,
            })
        });
        shared.as_ref()
    }

    /// An HDFS of the test's own, whose data nodes it may stop, or `None` when it is to be left out.
    pub(crate) fn own(nodes: usize) -> Option<Self> {
        (!is_left_out()).then(|| Self::start("hdfs-own", nodes))
    }

    fn start(name: &str, nodes: usize) -> Self {
        let stack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hive-stack");
        let built = Command::new(stack.join("stack.sh")).arg("build").status().unwrap();
        assert!(built.success(), "the stack's script needs bash, JDK 17 and Maven, or set HIVE_TESTS=skip");
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&base);
        std::fs::create_dir_all(&base).unwrap();
        let path = std::fs::read_to_string(stack.join("minidfs/target/cp")).unwrap();
        let java =
            std::env::var_os("JAVA_HOME").map_or("java".into(), |home| Path::new(&home).join("bin/java"));
        let mut jvm = Command::new(java)
            .args(["-Xmx512m", &format!("-Dstack.owner={}", std::process::id()), "-cp"])
            .arg(format!("{}:{}", stack.join("minidfs/target/classes").display(), path.trim()))
            .arg("stack.MiniDfs")
            .arg(&base)
            .args(["0", "0", &nodes.to_string()])
            .current_dir(&base)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(base.join("err")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(jvm.stdout.take().unwrap()).lines();
        let ready = lines
            .find_map(|line| line.ok().filter(|line| line.starts_with("READY")))
            .unwrap_or_else(|| panic!("HDFS did not start; its words are in {}", base.join("err").display()));
        let control = value(&ready, "control");
        let name_node = value(&ready, "hdfs").unwrap();
        Self { name_node, conf_dir: base.join("conf"), control, jvm: Some(jvm) }
    }

    /// Stops one data node, as a crash of its machine would.
    pub(crate) fn stop_data_node(&self, number: usize) {
        let mut control = TcpStream::connect(self.control.as_deref().unwrap()).unwrap();
        writeln!(control, "stop-dn {number}").unwrap();
        let mut answer = String::new();
        BufReader::new(control).read_line(&mut answer).unwrap();
        assert!(answer.starts_with("OK"), "{answer}");
    }

    /// The store under test, as `user`.
    pub(crate) fn storage(&self, user: &str) -> HdfsStorage {
        let config = HdfsConfig::default().with_user(user).with_hadoop_conf_dir(&self.conf_dir);
        HdfsStorage::new(config).unwrap()
    }

    /// The client below it, to see and do what the store does not.
    pub(crate) fn client(&self, user: &str) -> Client {
        ClientBuilder::new().with_url(&self.name_node).with_user(user).build().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(jvm) = &mut self.jvm {
            let _ = jvm.kill();
            let _ = jvm.wait();
        }
    }
}

/// A folder that no other test uses, and everybody may write to. It is deleted at the end.
pub(crate) struct Folder {
    pub(crate) at: Location,
    client: Client,
}

impl Folder {
    pub(crate) async fn new(cluster: &Cluster) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let client = cluster.client(SUPERUSER);
        let path = format!("/work-hdfs/{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        client.mkdirs(&path, 0o777, true).await.unwrap();
        for path in ["/work-hdfs", &path] {
            client.set_permission(path, 0o777).await.unwrap();
        }
        Self { at: Location::parse(&format!("{}{path}", cluster.name_node)).unwrap(), client }
    }

    pub(crate) fn file(&self, name: &str) -> Location {
        self.at.join(name).unwrap()
    }

    /// Every path below it, hidden ones and folders too.
    pub(crate) async fn paths(&self) -> Vec<String> {
        let listed = self.client.list_status(self.at.path(), true).await.unwrap();
        let start = self.at.path().len() + 1;
        listed.into_iter().map(|found| found.path[start..].to_owned()).collect()
    }

    pub(crate) async fn remove(self) {
        self.client.delete(self.at.path(), true).await.unwrap();
    }
}

/// Whoever started the name node may do everything.
pub(crate) const SUPERUSER: &str = match option_env!("USER") {
    Some(user) => user,
    None => "root",
};

fn is_left_out() -> bool {
    let is_left_out = std::env::var_os(LEFT_OUT).is_some_and(|value| value == "skip");
    if is_left_out {
        // Straight to the terminal: a test's own output is hidden when it passes.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: the tests against a real HDFS, by {LEFT_OUT}=skip");
    }
    is_left_out
}

fn value(line: &str, key: &str) -> Option<String> {
    let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
    words.find(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
}
