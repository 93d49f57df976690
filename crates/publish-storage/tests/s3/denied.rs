//! Keys, regions, certificates: what is refused and what it is told as.

use publish_core::{Error, ErrorKind, Secret, Storage};
use publish_storage::{S3Config, S3Storage};
use s3_test_server::{Fault, Identity, Operation, Rights, S3TestServer, Settings, Tls};

use super::{at, config, write};

fn guarded() -> S3TestServer {
    let settings = Settings::default()
        .with_bucket("bucket")
        .with_identity(Identity::new("AKFULL", "canary-full"))
        .with_identity(Identity::new("AKREAD", "canary-read").with_rights(Rights::Read))
        .with_identity(Identity::new("AKNONE", "canary-none").with_rights(Rights::None))
        .with_identity(Identity::new("AKTEMP", "canary-temp").with_session_token("canary-token"));
    let server = S3TestServer::start(settings).unwrap();
    server.put("bucket", "k", "x");
    server
}

fn with_keys(server: &S3TestServer, id: &str, secret: &str) -> S3Storage {
    S3Storage::new(config(server).with_keys(id, Secret::new(secret))).unwrap()
}

fn permission(error: &Error) -> &str {
    error.context().iter().find(|(key, _)| *key == "permission").map_or("", |(_, value)| value)
}

#[tokio::test]
async fn wrong_keys_are_told_apart_and_never_shown() {
    let server = guarded();
    for (id, secret, part) in [
        ("AKFULL", "canary-wrong", "secret_access_key"),
        ("AKNOBODY", "canary-full", "access_key_id"),
        ("AKTEMP", "canary-temp", "session token"),
    ] {
        let storage = with_keys(&server, id, secret);
        // The answer to a look has no body: the reason is asked for.
        for error in [
            storage.head(&at("k")).await.unwrap_err(),
            storage.read(&at("k"), 0..1).await.unwrap_err(),
            write(&storage, "n", "x").await.unwrap_err(),
            storage.delete_folder(&at("k")).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            assert!(error.message().contains(part), "{error}");
            let shown = format!("{error} {error:?} {:?} {storage:?}", error.causes());
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
    let token = config(&server).with_keys("AKTEMP", Secret::new("canary-temp"));
    let storage = S3Storage::new(token.with_session_token(Secret::new("canary-token"))).unwrap();
    assert_eq!(storage.head(&at("k")).await.unwrap().size, 1);
}

#[tokio::test]
async fn what_is_denied_names_the_right() {
    let server = guarded();
    let reader = with_keys(&server, "AKREAD", "canary-read");
    assert_eq!(reader.read(&at("k"), 0..1).await.unwrap(), "x");
    let error = write(&reader, "n", "x").await.unwrap_err();
    assert_eq!((error.kind(), permission(&error)), (ErrorKind::PermissionDenied, "s3:PutObject"));
    let error = reader.delete(&at("k")).await.unwrap_err();
    assert_eq!((error.kind(), permission(&error)), (ErrorKind::PermissionDenied, "s3:DeleteObject"));
    let nobody = with_keys(&server, "AKNONE", "canary-none");
    let error = nobody.head(&at("k")).await.unwrap_err();
    assert_eq!((error.kind(), permission(&error)), (ErrorKind::PermissionDenied, "s3:GetObject"));
    let error = nobody.delete_folder(&at("a")).await.unwrap_err();
    assert_eq!((error.kind(), permission(&error)), (ErrorKind::PermissionDenied, "s3:ListBucket"));
    assert_eq!(server.get("bucket", "k").unwrap(), b"x");
}

#[tokio::test]
async fn what_expired_or_went_wrong_is_told_as_that() {
    let server = guarded();
    let storage = with_keys(&server, "AKFULL", "canary-full");
    for (status, code, kind, part) in [
        (400, "ExpiredToken", ErrorKind::Unauthenticated, "expired"),
        (403, "RequestTimeTooSkewed", ErrorKind::Unauthenticated, "clock"),
        (403, "InvalidObjectState", ErrorKind::Unsupported, "archived"),
        (403, "KMS.DisabledException", ErrorKind::PermissionDenied, "encrypts"),
    ] {
        server.inject(Fault::answer(status, code).on(Operation::GetObject).every(1));
        let error = storage.read(&at("k"), 0..1).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(part), "{error}");
        server.heal();
    }
}

#[tokio::test]
async fn a_bucket_of_another_region_is_found_once() {
    let server = S3TestServer::start(Settings::default().with_bucket_in("bucket", "eu-west-1")).unwrap();
    for region in ["us-east-1", "eu-north-1"] {
        let storage = S3Storage::new(config(&server).with_region(region)).unwrap();
        server.forget_requests();
        write(&storage, region, "x").await.unwrap();
        assert_eq!(storage.read(&at(region), 0..1).await.unwrap(), "x");
        let astray = server.requests().iter().filter(|request| matches!(request.status, 301 | 400)).count();
        assert_eq!(astray, 1);
    }
    assert_eq!(server.keys("bucket"), ["eu-north-1", "us-east-1"]);
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_when_named() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let tls = Tls::new(made.cert.pem(), made.signing_key.serialize_pem());
    let server = S3TestServer::start(Settings::default().with_bucket("bucket").with_tls(tls)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, format!("# ours\n{}", made.cert.pem())).unwrap();

    let storage = S3Storage::new(config(&server).with_ca_file(&file)).unwrap();
    write(&storage, "k", "x").await.unwrap();
    let stranger = S3Storage::new(config(&server).with_max_attempts(1)).unwrap();
    let error = stranger.read(&at("k"), 0..1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.causes().concat().contains("certificate"), "{error:?}");
    std::fs::write(&file, "nothing").unwrap();
    let storage = S3Storage::new(config(&server).with_ca_file(&file)).unwrap();
    assert_eq!(storage.head(&at("k")).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = S3Config::default()
        .with_endpoint(format!("http://{free}"))
        .with_keys("AK", Secret::new("canary"))
        .with_max_attempts(2)
        .with_first_wait(std::time::Duration::from_millis(1));
    let error = S3Storage::new(config).unwrap().head(&at("k")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("endpoint"), "{error}");
}
