//! Every protection of messages, both transports, and logins that fail.

use std::process::Command;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use hiveserver2::{Config, ErrorKind, Protection, Session, Transport};

use crate::stack::{Stack, kerberos};

/// Set for the process that has no ticket.
const NO_TICKET: &str = "TEST_WITHOUT_TICKET";

async fn open(config: &Config) -> Session {
    Session::open(config).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// Opens a session as alice, and passes a request and results that are longer than a protected frame.
async fn works(config: &Config) {
    let mut session = open(config).await;
    // The server knows us by the ticket, not by what the request says of the user.
    let mut operation = session.execute("SELECT logged_in_user()").await.expect("a statement");
    let batch = operation.fetch().await.expect("rows").expect("one row");
    assert_eq!(batch.column(0).as_string::<i32>().value(0), "alice");
    operation.close().await.expect("closed");

    let long = "x".repeat(300_000);
    let mut operation = session.execute(format!("SELECT '{long}', 7L")).await.expect("a long statement");
    let batch = operation.fetch().await.expect("rows").expect("one row");
    assert!(batch.column(0).as_string::<i32>().value(0) == long, "the long text came changed");
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(0), 7);
    operation.close().await.expect("closed");
    session.close().await.expect("closed");
}

async fn refusal(config: &Config) -> hiveserver2::Error {
    Session::open(config).await.expect_err("refused")
}

#[tokio::test]
async fn a_ticket_is_enough_for_a_server_that_protects_only_the_login() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.sasl("kerberos").with_kerberos(kerberos())).await;
}

#[tokio::test]
async fn messages_are_signed_where_the_server_wants_it() {
    let Some(stack) = Stack::get() else { return };
    let kerberos = kerberos().with_protection(Protection::Integrity);
    works(&stack.sasl("kerberos-int").with_kerberos(kerberos)).await;
}

#[tokio::test]
async fn messages_are_encrypted_where_the_server_wants_it() {
    let Some(stack) = Stack::get() else { return };
    let kerberos = kerberos().with_protection(Protection::Privacy);
    works(&stack.sasl("kerberos-conf").with_kerberos(kerberos)).await;
}

#[tokio::test]
async fn http_works_by_negotiate_and_then_by_the_servers_cookie() {
    let Some(stack) = Stack::get() else { return };
    works(&stack.http("kerberos").with_kerberos(kerberos())).await;
}

#[tokio::test]
async fn less_protection_than_asked_for_is_refused() {
    let Some(stack) = Stack::get() else { return };
    for server in ["kerberos", "kerberos-int"] {
        let kerberos = kerberos().with_protection(Protection::Privacy);
        let error = refusal(&stack.sasl(server).with_kerberos(kerberos)).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.to_string().contains("asked: Privacy"), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_the_kdc_does_not_know_is_named() {
    let Some(stack) = Stack::get() else { return };
    let nobody = hiveserver2::Kerberos::new("nobody/_HOST@EXAMPLE.COM");
    for config in [stack.sasl("kerberos"), stack.http("kerberos")] {
        let error = refusal(&config.with_kerberos(nobody.clone())).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.to_string().contains("nobody/localhost@EXAMPLE.COM"), "{error}");
    }
}

#[tokio::test]
async fn a_login_without_kerberos_is_refused() {
    let Some(stack) = Stack::get() else { return };
    let password = |config: Config| config.with_user("alice").with_password("secret");
    for config in [password(stack.sasl("kerberos")), password(stack.http("kerberos"))] {
        let error = refusal(&config).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    }
}

#[tokio::test]
async fn kerberos_without_sasl_is_not_possible() {
    let Some(stack) = Stack::get() else { return };
    let config = stack.sasl("kerberos").with_transport(Transport::NoSasl).with_kerberos(kerberos());
    assert_eq!(refusal(&config).await.kind(), ErrorKind::InvalidConfig);
}

#[tokio::test]
async fn without_a_ticket_the_login_says_so() {
    let Some(stack) = Stack::get() else { return };
    if std::env::var_os(NO_TICKET).is_none() {
        // The ticket is the process's own, so another one has to go without it.
        let this = std::env::current_exe().expect("this test");
        let mut other = Command::new(this);
        other.args(["--exact", "connections::without_a_ticket_the_login_says_so", "--nocapture"]);
        other.env(NO_TICKET, "1").env("KRB5CCNAME", "FILE:/no/such/cache").env_remove("KRB5_CLIENT_KTNAME");
        let output = other.output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    for config in [stack.sasl("kerberos"), stack.http("kerberos")] {
        let error = refusal(&config.with_kerberos(kerberos())).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(error.message().contains("klist"), "{error}");
    }
}
