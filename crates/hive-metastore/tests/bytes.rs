//! Answers that no metastore sends: any bytes are an error or an answer, and never a panic.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use hive_metastore::{Config, ErrorKind, Metastore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves one answer after another: each connection gets the next, then its end.
async fn serve(answers: Vec<Vec<u8>>) -> Config {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&answer).await;
        }
    });
    Config::new("127.0.0.1", port).with_max_message_bytes(1 << 20)
}

/// What a metastore answers to `get_table_req`, with `fields` as the bytes of the table.
fn answer_with(fields: &[u8]) -> Vec<u8> {
    let name = b"get_table_req";
    let mut bytes = vec![0x80, 1, 0, 2, 0, 0, 0, u8::try_from(name.len()).unwrap()];
    bytes.extend_from_slice(name);
    // Sequence 1; field 0, a struct; its field 1, a struct.
    bytes.extend([0, 0, 0, 1, 12, 0, 0, 12, 0, 1]);
    bytes.extend_from_slice(fields);
    bytes.extend([0, 0, 0]);
    bytes
}

#[tokio::test]
async fn random_bytes_and_damaged_answers_never_panic() {
    let mut random = fastrand::Rng::with_seed(20);
    // Name, database, storage with one column and a location, properties.
    let mut fields = b"\x0b\0\x01\0\0\0\x01t\x0b\0\x02\0\0\0\x01d".to_vec();
    fields.extend(b"\x0c\0\x07\x0f\0\x01\x0c\0\0\0\x01\x0b\0\x01\0\0\0\x01a\x0b\0\x02\0\0\0\x03int\0");
    fields.extend(b"\x0b\0\x02\0\0\0\x03h:x\0\x0d\0\x09\x0b\x0b\0\0\0\x01\0\0\0\x01k\0\0\0\x01v");
    let whole = answer_with(&fields);
    let mut answers = vec![whole.clone()];
    for _ in 0..1500 {
        let mut answer = whole.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(8..answer.len());
            answer[at] = random.u8(..);
        }
        if random.bool() {
            answer.truncate(random.usize(1..answer.len()));
        }
        answers.push(answer);
    }
    for _ in 0..200 {
        let length = random.usize(1..200);
        answers.push(std::iter::repeat_with(|| random.u8(..)).take(length).collect());
    }
    let count = answers.len();
    let config = serve(answers).await;
    let mut understood = 0;
    for index in 0..count {
        let mut metastore = Metastore::connect(&config).await.unwrap();
        let Ok(mut table) = metastore.table("d", "t").await else { continue };
        understood += 1;
        // Every view of it, readable or not.
        let _ = (table.name(), table.columns(), table.location(), table.all_parameters(), table.table_type());
        let _ =
            (table.set_location("x"), table.set_parameter("a", "b"), table.partition_keys(), table.serde());
        assert!(index > 0 || table.columns().unwrap_or_default().len() == 1);
    }
    assert!(understood > 30, "the damage leaves some answers readable: {understood}");
}

#[tokio::test]
async fn an_announced_length_allocates_nothing() {
    // A text of 2 GB, a list of 2 billion columns, and nesting without end.
    let text = b"\x0b\0\x01\x7f\xff\xff\xff".to_vec();
    let list = b"\x0f\0\x08\x0c\x7f\xff\xff\xff".to_vec();
    let nested = b"\x0c\0\x07".repeat(10_000);
    let config = serve([text, list, nested].iter().map(|fields| answer_with(fields)).collect()).await;
    for _ in 0..3 {
        let mut metastore = Metastore::connect(&config).await.unwrap();
        let error = metastore.table("d", "t").await.unwrap_err();
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Protocol, false), "{error}");
    }
}
