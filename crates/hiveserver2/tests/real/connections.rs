//! Every transport, with its logins and certificates.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use hiveserver2::{Config, ErrorKind, Session, Tls};

use crate::stack::{Stack, open};

/// Opens a session, runs statements with and without rows in it, and closes it.
async fn works(config: &Config) {
    let mut session = open(config).await;
    let (name, version) = session.server_version().await.expect("a version");
    assert_eq!((name.as_str(), version.as_str()), ("Apache Hive", "4.0.1"));
    session.run("SET hive.fetch.task.conversion=more").await.expect("a statement without rows");
    for number in 0..3 {
        let mut operation = session.execute(format!("SELECT {number}")).await.expect("a statement");
        let batch = operation.fetch().await.expect("rows").expect("one row");
        assert_eq!(batch.column(0).as_primitive::<Int32Type>().value(0), number);
        assert!(operation.fetch().await.expect("the end").is_none());
        operation.close().await.expect("closed");
    }
    session.close().await.expect("closed");
}

async fn refusal(config: &Config) -> ErrorKind {
    Session::open(config).await.expect_err("refused").kind()
}

#[tokio::test]
async fn sasl_plain_works() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.plain()).await;
}

#[tokio::test]
async fn nosasl_works() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.nosasl()).await;
}

#[tokio::test]
async fn http_works_with_the_servers_cookie() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.plain_http()).await;
}

#[tokio::test]
async fn tls_works_with_the_authoritys_certificate_and_a_password() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.secure()).await;
}

#[tokio::test]
async fn https_works_with_a_password_and_the_filter_against_forged_requests() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.secure_http()).await;
}

#[tokio::test]
async fn a_pinned_certificate_is_enough_and_another_is_refused() {
    let Some(stack) = Stack::get() else { return };
    let pinned = Tls::with_pinned_certificate(&stack.fingerprint()).expect("a fingerprint");
    works(&stack.secure().with_tls(pinned)).await;
    let other = Tls::with_pinned_certificate(&"ab".repeat(32)).expect("a fingerprint");
    assert_eq!(refusal(&stack.secure().with_tls(other)).await, ErrorKind::InvalidConfig);
}

#[tokio::test]
async fn a_wrong_password_is_unauthenticated_by_sasl_and_by_http() {
    let Some(stack) = Stack::get() else { return };
    for config in [stack.secure(), stack.secure_http()] {
        assert_eq!(refusal(&config.with_password("wrong")).await, ErrorKind::Unauthenticated);
    }
}

#[tokio::test]
async fn the_wrong_transport_is_an_error_and_not_a_hang() {
    let Some(stack) = Stack::get() else { return };
    let nosasl_to_sasl = stack.plain().with_transport(hiveserver2::Transport::NoSasl);
    let sasl_to_nosasl = stack.nosasl().with_transport(hiveserver2::Transport::Plain);
    let tls_to_plain = stack.plain().with_tls(stack.authority());
    for config in [nosasl_to_sasl, sasl_to_nosasl, tls_to_plain] {
        let config = config.with_connect_timeout(std::time::Duration::from_secs(5));
        let kind = refusal(&config).await;
        assert!(
            matches!(
                kind,
                ErrorKind::Protocol
                    | ErrorKind::Unavailable
                    | ErrorKind::ConnectionLost
                    | ErrorKind::InvalidConfig
            ),
            "{kind:?} for {config:?}"
        );
    }
}

#[tokio::test]
async fn the_database_and_settings_of_the_connection_hold() {
    let Some(stack) = Stack::get() else { return };
    let name = crate::stack::fresh_name("home");
    open(&stack.plain()).await.run(format!("CREATE DATABASE {name}")).await.expect("created");
    let config = stack.plain().with_database(&name).with_setting("hive.query.name", "of this test");
    let mut session = open(&config).await;
    for (sql, expected) in [
        ("SELECT current_database()".to_owned(), name.clone()),
        ("SET hive.query.name".to_owned(), "hive.query.name=of this test".to_owned()),
    ] {
        let mut operation = session.execute(sql).await.expect("a statement");
        let batch = operation.fetch().await.expect("rows").expect("one row");
        assert_eq!(batch.column(0).as_string::<i32>().value(0), expected);
    }
    session.run(format!("DROP DATABASE {name}")).await.expect("dropped");
}
