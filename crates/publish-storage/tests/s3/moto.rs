//! The contract on moto's server, which nobody here wrote.
//!
//! `PUBLISH_TEST_PYTHON` names a Python that has it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use publish_core::{Location, Secret, Storage};
use publish_storage::{S3Config, S3Storage};
use publish_testkit::storage::check_all;

/// A server of moto's, ended with the test.
struct Moto {
    process: Child,
    endpoint: String,
}

impl Moto {
    /// `None`: there is no Python with moto.
    async fn start() -> Option<Self> {
        let python = std::env::var("PUBLISH_TEST_PYTHON").ok()?;
        let has_it = Command::new(&python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status();
        if !has_it.is_ok_and(|status| status.success()) {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Self { process, endpoint: format!("http://127.0.0.1:{port}") };
        tokio::time::timeout(Duration::from_secs(60), async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .unwrap();
        // There is no way to make a bucket with a store, and with moto a plain PUT does.
        let made = Command::new(&python).args(["-c", MAKE_BUCKET, &moto.endpoint]).status().unwrap();
        assert!(made.success());
        Some(moto)
    }

    fn config(&self) -> S3Config {
        S3Config::default()
            .with_endpoint(&self.endpoint)
            .with_keys("AKANY", Secret::new("any"))
            .with_region("us-east-1")
            .with_first_wait(Duration::from_millis(10))
    }
}

const MAKE_BUCKET: &str = "
import sys, urllib.request
request = urllib.request.Request(sys.argv[1] + '/bucket', method='PUT')
urllib.request.urlopen(request).read()
";

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_of_moto_keep_the_contract() {
    let Some(moto) = Moto::start().await else {
        println!("left out: moto (PUBLISH_TEST_PYTHON names no Python that has it)");
        return;
    };
    let storage = S3Storage::new(moto.config()).unwrap();
    let scratch = Location::parse("s3://bucket/scratch").unwrap();
    check_all(&storage, &scratch).await.unwrap_or_else(|violation| panic!("{violation}"));

    let in_parts = S3Storage::new(moto.config().with_part_size(5 * 1024 * 1024)).unwrap();
    let at = Location::parse("s3://bucket/large").unwrap();
    let bytes = super::noise(12 * 1024 * 1024);
    let mut writer = in_parts.create(&at).await.unwrap();
    writer.write(bytes.clone().into()).await.unwrap();
    let file = writer.finish().await.unwrap();
    assert!(storage.read(&at, 0..file.size).await.unwrap() == bytes);

    let mut sts = moto.config().with_role("arn:aws:iam::123456789012:role/loader");
    sts.sts_endpoint = Some(moto.endpoint.clone());
    let by_role = S3Storage::new(sts).unwrap();
    assert_eq!(by_role.head(&at).await.unwrap(), file);
}
