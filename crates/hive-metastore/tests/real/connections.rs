//! How a metastore is reached, and how it is not.

use std::time::Duration;

use hive_metastore::{Config, ErrorKind, Metastore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::stack::Stack;

#[tokio::test]
async fn hosts_are_tried_in_turn() {
    let Some(stack) = Stack::postgres() else { return };
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let reached = format!("{:?}", stack.metastore().await);
    let port: u16 = reached.rsplit_once("port: ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    let config = Config::new("127.0.0.1", closed).with_host("127.0.0.1", port);
    assert!(Metastore::connect(&config).await.unwrap().version().await.is_ok());
    let error = Metastore::connect(&Config::new("127.0.0.1", closed)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Unavailable, false));
    assert!(error.to_string().contains(&closed.to_string()), "{error}");
}

#[tokio::test]
async fn a_login_by_sasl_is_checked() {
    let settings = "metastore.authentication=CONFIG metastore.authentication.config.username=alice \
                    metastore.authentication.config.password=secret-1 metastore.execute.setugi=false";
    let Some(stack) = Stack::metastore_with(settings) else { return };
    let config = stack.config();
    let mut metastore = Metastore::connect(&config.clone().with_login("alice", "secret-1")).await.unwrap();
    let error = metastore.table("default", "none").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = Metastore::connect(&config.with_login("alice", "secret-2")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(!error.to_string().contains("secret-2"), "{error}");
}

#[tokio::test]
async fn a_silent_server_times_out_and_leaves_only_a_change_in_doubt() {
    let Some(stack) = Stack::postgres() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = [0; 64];
            let _ = socket.read(&mut bytes).await;
            open.push(socket);
        }
    });
    let config = Config::new("127.0.0.1", port).with_call_timeout(Duration::from_millis(50));
    let mut metastore = Metastore::connect(&config).await.unwrap();
    let error = metastore.table("default", "t").await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::TimedOut, false), "{error}");
    let error = metastore.table("default", "t").await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::ConnectionLost, false), "{error}");

    let mut session = stack.session().await;
    let name = super::stack::fresh_name("t");
    session.run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS PARQUET")).await.unwrap();
    let table = stack.metastore().await.table("default", &name).await.unwrap();
    session.run(format!("DROP TABLE {name}")).await.unwrap();
    let mut metastore = Metastore::connect(&config).await.unwrap();
    let error = metastore.alter_table("default", &name, &table, None).await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::TimedOut, true), "{error}");
    server.abort();
}
