//! What the server's errors become.

use hiveserver2::{ErrorKind, Session};

use crate::stack::{Stack, fresh_name, open};

async fn failure(session: &mut Session, sql: &str) -> hiveserver2::Error {
    session.run(sql).await.expect_err(sql)
}

#[tokio::test]
async fn errors_have_kind_code_and_state() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let name = fresh_name("there");
    session.run(format!("CREATE DATABASE {name}")).await.expect("created");
    session.run(format!("CREATE TABLE {name}.t (a INT) STORED AS PARQUET")).await.expect("created");
    for (sql, kind, code, state) in [
        ("SELECT * FROM no_such_table".to_owned(), ErrorKind::NotFound, 10001, "42S02"),
        ("USE no_such_database".to_owned(), ErrorKind::NotFound, 10072, "42000"),
        (format!("CREATE DATABASE {name}"), ErrorKind::AlreadyExists, 10242, "42000"),
        (format!("CREATE TABLE {name}.t (a INT)"), ErrorKind::AlreadyExists, 40000, "08S01"),
        ("SELEKT 1".to_owned(), ErrorKind::InvalidStatement, 40000, "42000"),
        (format!("SELECT b FROM {name}.t"), ErrorKind::InvalidStatement, 10004, "42000"),
        (format!("LOAD DATA INPATH '/no/such' INTO TABLE {name}.t"), ErrorKind::NotFound, 40000, "42000"),
    ] {
        let error = failure(&mut session, &sql).await;
        assert_eq!(
            (error.kind(), error.code(), error.sql_state()),
            (kind, Some(code), Some(state)),
            "{error}"
        );
        assert!(!error.is_in_doubt() && !session.is_lost());
    }
    session.run(format!("DROP DATABASE {name} CASCADE")).await.expect("the session still works");
}

#[tokio::test]
async fn a_failing_task_fails_the_statement() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let error =
        failure(&mut session, "SELECT assert_true(count(*) < 0) FROM (SELECT explode(array(1, 2)) AS x) t")
            .await;
    assert_eq!(error.kind(), ErrorKind::Failed, "{error}");
}
