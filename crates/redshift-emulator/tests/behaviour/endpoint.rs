//! COPY from an S3 endpoint: signatures, roles, ranges, and what goes wrong on the way.

use redshift_emulator::{Credentials, Emulator, EndpointStore};
use s3_test_server::{ACCESS_KEY, Fault, Identity, Operation, S3TestServer, SECRET_KEY, Settings};
use tokio_postgres::Client;

use crate::support::{ROLE, connect, refusal, rows, run};

async fn start(settings: Settings) -> (S3TestServer, Emulator, Client) {
    let server = S3TestServer::start(settings.with_bucket("data")).unwrap();
    let store =
        EndpointStore::new(server.endpoint()).with_role_credentials(Credentials::new(ACCESS_KEY, SECRET_KEY));
    let emulator = Emulator::builder().with_objects(store).start().await.unwrap();
    let client = connect(&emulator).await;
    run(&client, "create table t (a int, b varchar(100))").await;
    (server, emulator, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_credentials_is_sent_and_judged() {
    let (server, _emulator, client) = start(Settings::default()).await;
    server.put("data", "x y/ä.csv", "1,one\n");
    let keys = format!("access_key_id '{ACCESS_KEY}' secret_access_key '{SECRET_KEY}'");
    let pair = format!("aws_access_key_id={ACCESS_KEY};aws_secret_access_key={SECRET_KEY}");
    for authorization in [
        ROLE.to_owned(),
        "iam_role default".to_owned(),
        "credentials 'aws_iam_role=arn:aws:iam::1:role/a'".to_owned(),
        keys,
        format!("with credentials as '{pair}'"),
    ] {
        run(&client, &format!("copy t from 's3://data/x y/ä.csv' {authorization} csv")).await;
    }
    assert_eq!(rows(&client, "select count(*) from t").await, ["5"]);

    let wrong = format!("access_key_id '{ACCESS_KEY}' secret_access_key 'wrong'");
    let refused = refusal(&client, &format!("copy t from 's3://data/x' {wrong} csv")).await;
    assert!(refused.message.contains("SignatureDoesNotMatch"), "{refused:?}");
    let unknown = "access_key_id 'nobody' secret_access_key 'wrong'";
    let refused = refusal(&client, &format!("copy t from 's3://data/x' {unknown} csv")).await;
    assert!(refused.message.contains("Status 403"), "{refused:?}");
    assert!(!refused.message.contains(SECRET_KEY), "{refused:?}");
    let refused = refusal(&client, &format!("copy t from 's3://gone/x' {ROLE} csv")).await;
    assert!(refused.message.contains("NoSuchBucket"), "{refused:?}");
    let refused = refusal(&client, &format!("copy t from 's3://data/nothing' {ROLE} csv")).await;
    assert!(refused.message.contains("does not exist"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_or_broken_endpoint_is_asked_again() {
    let (server, _emulator, client) = start(Settings::default()).await;
    // Larger than one part, so that it is read by several ranges.
    let line = format!("1,{}\n", "x".repeat(97));
    let lines = 100_000;
    server.put("data", "big.csv", line.repeat(lines));
    server.inject(Fault::slow_down().on(Operation::ListObjects).times(2));
    server.inject(Fault::internal_error().on(Operation::HeadObject).times(1));
    server.inject(Fault::slow_down().on(Operation::GetObject).every(2));
    server.inject(Fault::cut_body(1000).on(Operation::GetObject).times(1));
    run(&client, &format!("copy t from 's3://data/big' {ROLE} csv")).await;
    assert_eq!(rows(&client, "select count(*) from t").await, [lines.to_string()]);

    // Not for ever: the load fails and leaves nothing.
    server.heal();
    server.inject(Fault::slow_down().on(Operation::GetObject).every(1));
    let refused = refusal(&client, &format!("copy t from 's3://data/big' {ROLE} csv")).await;
    assert!(refused.code == "XX000" && refused.message.contains("SlowDown"), "{refused:?}");
    assert_eq!(rows(&client, "select count(*) from t").await, [lines.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_keys_need_their_token() {
    let identity = Identity::new("temporary", "secret").with_session_token("canary-token");
    let (server, _emulator, client) = start(Settings::default().with_identity(identity)).await;
    server.put("data", "x.csv", "1,one\n");
    let keys = "aws_access_key_id=temporary;aws_secret_access_key=secret";
    for (authorization, is_taken) in [
        (format!("credentials '{keys};token=canary-token'"), true),
        (
            "access_key_id 'temporary' secret_access_key 'secret' session_token 'canary-token'".to_owned(),
            true,
        ),
        (format!("credentials '{keys};token=wrong'"), false),
        (format!("credentials '{keys}'"), false),
    ] {
        let copy = format!("copy t from 's3://data/x' {authorization} csv");
        if is_taken {
            run(&client, &copy).await;
        } else {
            let refused = refusal(&client, &copy).await;
            assert!(
                refused.message.contains("Status 40") && !refused.message.contains("canary"),
                "{refused:?}"
            );
        }
    }
    assert_eq!(rows(&client, "select count(*) from t").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_another_region_is_read_only_where_copy_names_it() {
    let (server, _emulator, client) = start(Settings::default().with_bucket_in("far", "eu-west-1")).await;
    server.put("far", "x.csv", "1,one\n");
    let refused = refusal(&client, &format!("copy t from 's3://far/x' {ROLE} csv")).await;
    for part in ["S3ServiceException", "specified endpoint", "Status 301", "Error PermanentRedirect"] {
        assert!(refused.message.contains(part), "{refused:?}");
    }
    run(&client, &format!("copy t from 's3://far/x' {ROLE} csv region 'eu-west-1'")).await;
    assert_eq!(rows(&client, "select b from t").await, ["one"]);
    server.put("far", "m", "{\"entries\": [{\"url\": \"s3://far/x.csv\", \"mandatory\": true}]}");
    let refused = refusal(&client, &format!("copy t from 's3://far/m' {ROLE} csv manifest")).await;
    assert!(refused.message.contains("PermanentRedirect"), "{refused:?}");
}
