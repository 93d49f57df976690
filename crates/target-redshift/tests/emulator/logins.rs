//! Logins: temporary passwords that IAM gives, and what the server asks for that this client does not have.

use std::sync::{Arc, Mutex};

use publish_core::{ErrorKind, RunContext, RunId};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::Fixture;

/// Answers every request with the same body, and keeps what was asked.
async fn iam(body: &'static str, status: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                loop {
                    let Ok(read @ 1..) = stream.read(&mut buffer).await else { return };
                    text.extend_from_slice(&buffer[..read]);
                    let seen = String::from_utf8_lossy(&text).into_owned();
                    let Some((head, rest)) = seen.split_once("\r\n\r\n") else { continue };
                    let length = head.to_ascii_lowercase();
                    let length = length.split_once("content-length: ").map_or("0", |(_, rest)| rest);
                    let length: usize = length.split("\r\n").next().unwrap().trim().parse().unwrap();
                    if rest.len() >= length {
                        kept.lock().unwrap().push(seen);
                        let answer = format!(
                            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                            body.len()
                        );
                        stream.write_all(answer.as_bytes()).await.unwrap();
                        return;
                    }
                }
            });
        }
    });
    (address, asked)
}

async fn opened(fixture: &Fixture, login: Value) -> publish_core::Result<()> {
    let mut settings = json!({"user": null, "password": null});
    for (name, value) in login.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let run = RunContext::new(RunId::generate(), std::time::Duration::from_secs(30));
    let target = fixture.target_with(&settings);
    target.connect(&run).await?.close().await
}

const BY_IAM: &str = "<GetClusterCredentialsWithIAMResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\">\
     <GetClusterCredentialsWithIAMResult><DbUser>awsuser</DbUser><DbPassword>Passw0rd</DbPassword>\
     </GetClusterCredentialsWithIAMResult></GetClusterCredentialsWithIAMResponse>";
const BY_USER: &str = "<GetClusterCredentialsResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\">\
     <GetClusterCredentialsResult><DbUser>awsuser</DbUser><DbPassword>Passw0rd</DbPassword>\
     </GetClusterCredentialsResult></GetClusterCredentialsResponse>";

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_entered_with_a_password_of_iam_that_is_new_each_time() {
    let fixture = Fixture::new().await;
    let keys = |endpoint: &str| {
        json!({
            "cluster": "c1", "region": "eu-west-1", "endpoint": endpoint, "access_key_id": "AKID",
            "secret_access_key": "key",
        })
    };
    let (endpoint, asked) = iam(BY_IAM, "200 OK").await;
    for _ in 0..2 {
        opened(&fixture, json!({"iam_cluster": keys(&endpoint)})).await.unwrap();
    }
    {
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 2);
        assert!(
            asked[0].contains("Action=GetClusterCredentialsWithIAM")
                && asked[0].contains("ClusterIdentifier=c1")
        );
    }
    let (endpoint, asked) = iam(BY_USER, "200 OK").await;
    let mut login = keys(&endpoint);
    (login["db_user"], login["db_groups"], login["auto_create"]) =
        (json!("awsuser"), json!(["g"]), json!(true));
    opened(&fixture, json!({"iam_cluster": login})).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].contains("Action=GetClusterCredentials&") && asked[0].contains("DbUser=awsuser"),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains("AutoCreate=true") && asked[0].contains("=g"), "{}", asked[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workgroup_is_entered_with_a_password_of_iam() {
    let fixture = Fixture::new().await;
    let (endpoint, asked) = iam("{\"dbUser\": \"awsuser\", \"dbPassword\": \"Passw0rd\"}", "200 OK").await;
    let login = json!({
        "workgroup": "w1", "region": "eu-west-1", "endpoint": endpoint, "access_key_id": "AKID",
        "secret_access_key": "key", "duration_seconds": 900,
    });
    opened(&fixture, json!({"iam_workgroup": login})).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].contains("RedshiftServerless.GetCredentials") && asked[0].contains("\"w1\""),
        "{}",
        asked[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_iam_is_told_with_its_call_and_without_keys() {
    let fixture = Fixture::new().await;
    let denied = "<ErrorResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\"><Error><Type>Sender</Type>\
                  <Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let (endpoint, _) = iam(denied, "403 Forbidden").await;
    let login = json!({
        "cluster": "c1", "region": "eu-west-1", "endpoint": endpoint, "access_key_id": "CANARY",
        "secret_access_key": "CANARY",
    });
    let error = opened(&fixture, json!({"iam_cluster": login})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
    assert!(
        error.to_string().contains("GetClusterCredentialsWithIAM") && error.to_string().contains("c1"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
}

/// A server that asks for a login of this number and hangs up.
async fn asks_for(method: u32) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut startup = [0; 1024];
        let _ = stream.read(&mut startup).await.unwrap();
        let mut answer = vec![b'R'];
        answer.extend(8_u32.to_be_bytes());
        answer.extend(method.to_be_bytes());
        stream.write_all(&answer).await.unwrap();
        let _ = stream.read(&mut startup).await;
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_the_services_own_is_explained() {
    let fixture = Fixture::new().await;
    for (method, word) in [(13, "md5"), (14, "identity provider")] {
        let port = asks_for(method).await;
        let run = RunContext::new(RunId::generate(), std::time::Duration::from_secs(30));
        let error = fixture.target_with(&json!({"port": port})).connect(&run).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        assert!(error.message().contains(word), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_named() {
    let fixture = Fixture::new().await;
    let run = RunContext::new(RunId::generate(), std::time::Duration::from_secs(30));
    let error = fixture.target_with(&json!({"port": 1})).connect(&run).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("port: 1"), "{error}");
}

/// A server of moto's, which nobody here wrote, ended with the test.
struct Moto(std::process::Child);

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn motos_clusters_give_the_password_that_is_sent_to_the_server() {
    use std::process::{Command, Stdio};

    let python = std::env::var_os("PUBLISH_TEST_PYTHON");
    let has_it = |python: &std::ffi::OsString| {
        let tried = Command::new(python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(python) = python.filter(has_it) else {
        println!("LEFT OUT: moto (PUBLISH_TEST_PYTHON names no Python that has it)");
        return;
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut server = Command::new(&python);
    server.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
    let _moto = Moto(server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    crate::fixture::until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let made = Command::new(&python).args(["-c", MAKE_CLUSTER, &endpoint]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let fixture = Fixture::new().await;
    let login = |cluster: &str| {
        json!({"iam_cluster": {
            "cluster": cluster, "region": "eu-west-1", "endpoint": endpoint, "db_user": "awsuser",
            "access_key_id": "AKID", "secret_access_key": "key",
        }})
    };
    // The name and the password are moto's own, which no server of ours knows.
    let error = opened(&fixture, login("c1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
    assert!(error.to_string().contains("IAM:awsuser"), "{error}");
    let error = opened(&fixture, login("gone")).await.unwrap_err();
    assert!(error.to_string().contains("ClusterNotFound"), "{error}");
}

const MAKE_CLUSTER: &str = "
import sys, boto3
client = boto3.client('redshift', endpoint_url=sys.argv[1], region_name='eu-west-1', aws_access_key_id='AKID',
                      aws_secret_access_key='key')
client.create_cluster(ClusterIdentifier='c1', NodeType='ra3.large', MasterUsername='awsuser',
                      MasterUserPassword='Passw0rd', NumberOfNodes=2)
";
