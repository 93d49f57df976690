//! A load that runs: seen by another session, and stopped by it.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redshift_emulator::{Access, Object, ObjectEntry, ObjectError, ObjectStore};
use tokio_postgres::NoTls;

use crate::support::{ROLE, Stand, connect, rows, run};

/// One object with rows without end, until it is told to end.
#[derive(Clone, Debug, Default)]
struct Endless {
    is_ended: Arc<AtomicBool>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.is_ended.load(Ordering::Relaxed) {
            return Ok(0);
        }
        std::thread::yield_now();
        let length = buffer.len().min(4096) / 2 * 2;
        for (at, byte) in buffer[..length].iter_mut().enumerate() {
            *byte = if at % 2 == 0 { b'1' } else { b'\n' };
        }
        Ok(length)
    }
}

impl ObjectStore for Endless {
    fn list(&self, _: &Access, _: &str, _: &str) -> Result<Vec<ObjectEntry>, ObjectError> {
        Ok(vec![ObjectEntry::new("x", u64::MAX / 200)])
    }

    fn open(&self, _: &Access, _: &str, _: &str) -> Result<Object, ObjectError> {
        Ok(Object::new(None, self.clone()))
    }
}

async fn wait_for(client: &tokio_postgres::Client, sql: &str, expected: &str) {
    for _ in 0..600 {
        if rows(client, sql).await == [expected] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{sql} never answers {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_seen_while_it_runs_and_stopped_by_a_cancel_request() {
    let stand = Stand::start_with(|builder| builder.with_objects(Endless::default())).await;
    let other = connect(&stand.emulator).await;
    let process = &stand.rows("select pg_backend_pid()").await[0];
    stand.run("create table t (a int); begin").await;
    let sql = format!("copy t from 's3://b/x' {ROLE}");
    let loading = stand.client.batch_execute(&sql);
    let cancelling = async {
        let state =
            format!("select lines > 1000 and num_files = 1 from stv_load_state where session = {process}");
        wait_for(&other, &state, "t").await;
        let running = "select trim(status), loaded_rows > 0 from sys_load_history where status = 'running'";
        wait_for(&other, running, "running|t").await;
        // A wrong session is not stopped: the request of the other client does nothing.
        other.cancel_token().cancel_query(NoTls).await.unwrap();
        stand.client.cancel_token().cancel_query(NoTls).await.unwrap();
    };
    let (loaded, ()) = tokio::join!(loading, cancelling);
    let error = loaded.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "57014");
    assert!(error.message().ends_with("cancelled on user's request"), "{error}");
    stand.run("rollback").await;
    assert_eq!(stand.rows("select count(*) from t").await, ["0"]);
    assert_eq!(rows(&other, "select count(*) from stv_load_state").await, ["0"]);
    assert_eq!(rows(&other, "select trim(status) from sys_load_history").await, ["canceled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_stops_a_load_or_a_query_of_another_session() {
    let endless = Endless::default();
    let objects = endless.clone();
    let stand = Stand::start_with(|builder| builder.with_objects(objects)).await;
    let other = connect(&stand.emulator).await;
    let process = &stand.rows("select pg_backend_pid()").await[0];
    stand.run("create table t (a int)").await;
    let check = format!("copy t from 's3://b/x' {ROLE} noload");
    for sql in [check.as_str(), "select pg_sleep(600)"] {
        let running = stand.client.batch_execute(sql);
        let stopping = async {
            let seen = match sql.starts_with("copy") {
                true => "select count(*) from stv_load_state where lines > 0",
                false => "select count(*) from pg_stat_activity where query like 'select pg_sleep%'",
            };
            wait_for(&other, seen, "1").await;
            run(&other, &format!("cancel {process} 'enough'")).await;
        };
        let (result, ()) = tokio::join!(running, stopping);
        assert_eq!(result.unwrap_err().as_db_error().unwrap().code().code(), "57014", "{sql}");
    }
    // A load that is not stopped ends by itself.
    endless.is_ended.store(true, Ordering::Relaxed);
    stand.run(&format!("copy t from 's3://b/x' {ROLE}")).await;
}
