//! What a real server cannot be made to do: cut frames, huge lengths, short bitmaps, nesting without end.

mod damage;
mod http;
mod server;

use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, RecordBatch};
use hiveserver2::{Error, ErrorKind, Result, Session};

use server::{Fake, Reply, bare_text, column, description, field, ordinary, rows, structure};

async fn fetch_all(fake: &Fake) -> Result<Vec<RecordBatch>> {
    let mut session = Session::open(&fake.config()).await?;
    let mut operation = session.execute("SELECT 1").await?;
    let mut batches = Vec::new();
    while let Some(batch) = operation.fetch().await? {
        batches.push(batch);
    }
    Ok(batches)
}

async fn open_error(fake: &Fake) -> Error {
    Session::open(&fake.config()).await.expect_err("the server misbehaves")
}

fn ints(values: std::ops::Range<i32>) -> Vec<Vec<u8>> {
    values.map(|value| value.to_be_bytes().to_vec()).collect()
}

#[tokio::test]
async fn a_null_bitmap_shorter_than_the_rows_leaves_the_rest_not_null() {
    let fetch = Reply::Fields(rows(&[column(4, 8, &ints(0..20), &[0b10])]));
    let fake = Fake::with_results(description("n", 3), vec![fetch]).await;
    let batches = fetch_all(&fake).await.expect("rows");
    let numbers = batches[0].column(0).as_primitive::<Int32Type>();
    assert_eq!(
        (numbers.len(), numbers.null_count(), numbers.is_null(1), numbers.value(19)),
        (20, 1, true, 19)
    );
}

#[tokio::test]
async fn only_an_empty_answer_ends_the_rows_whatever_has_more_rows_says() {
    let fetch = |range| Reply::Fields(rows(&[column(4, 8, &ints(range), &[])]));
    let fake = Fake::with_results(description("n", 3), vec![fetch(0..3), fetch(3..5)]).await;
    let batches = fetch_all(&fake).await.expect("rows");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [3, 2]);
}

#[tokio::test]
async fn columns_of_unequal_length_or_form_are_refused() {
    let texts = column(7, 11, &[bare_text(b"1")], &[]);
    let two = [column(4, 8, &ints(0..2), &[]), column(4, 8, &ints(0..1), &[])];
    for columns in [vec![texts], two.to_vec()] {
        let fake = Fake::with_results(description("n", 3), vec![Reply::Fields(rows(&columns))]).await;
        assert_eq!(fetch_all(&fake).await.expect_err("refused").kind(), ErrorKind::Protocol);
    }
}

#[tokio::test]
async fn a_text_that_is_not_utf8_is_named_by_its_column_and_row() {
    let values = [bare_text(b"good"), bare_text(&[0xff, 0xfe])];
    let fetch = Reply::Fields(rows(&[column(7, 11, &values, &[])]));
    let fake = Fake::with_results(description("s", 7), vec![fetch]).await;
    let error = fetch_all(&fake).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert_eq!(error.context(), [("row", "1".to_owned()), ("column", "s".to_owned())]);
}

#[tokio::test]
async fn a_type_that_is_not_known_is_refused_by_name() {
    let fake = Fake::with_results(description("odd", 99), Vec::new()).await;
    let error = fetch_all(&fake).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("odd"), "{error}");
}

#[tokio::test]
async fn a_huge_length_is_refused_at_once() {
    // A text of 2 GiB, a list of 2 G structs, a map of 2 G entries; the connection stays open, so waiting would hang.
    let texts = [field(11, 9), vec![0x7f, 0xff, 0xff, 0xff]].concat();
    let structs = [field(15, 9), vec![12, 0x7f, 0xff, 0xff, 0xff]].concat();
    let entries = [field(13, 9), vec![11, 11, 0x7f, 0xff, 0xff, 0xff]].concat();
    for fields in [texts, structs, entries] {
        let fake = Fake::bare(move |_| Reply::Fields(fields.clone())).await;
        let error = open_error(&fake).await;
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Protocol, true), "{error}");
    }
}

#[tokio::test]
async fn a_frame_that_announces_too_much_is_refused_at_once() {
    let fake = Fake::sasl(vec![5, 0, 0, 0, 0], |_| Reply::Raw(vec![0x7f, 0xff, 0xff, 0xff])).await;
    let error = open_error(&fake).await;
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("longer"), "{error}");
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let fake = Fake::bare(|_| Reply::Fields(field(12, 1).repeat(100_000))).await;
    assert_eq!(open_error(&fake).await.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn fields_that_are_not_known_are_passed_over() {
    let fake = Fake::bare(|call| match ordinary(call) {
        Reply::Fields(fields) => Reply::Fields([structure(77, &structure(1, &[])), fields].concat()),
        other => other,
    })
    .await;
    Session::open(&fake.config()).await.expect("a newer server is fine");
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_a_lost_connection_in_doubt() {
    // The login, then the announced length and none or some of its bytes.
    for frame in [vec![], vec![0, 0], vec![0, 0, 0, 9], vec![0, 0, 0, 9, 0x80, 1, 0, 2]] {
        let fake = Fake::sasl(vec![5, 0, 0, 0, 0], move |call| match call {
            "ExecuteStatement" => Reply::Raw(frame.clone()),
            call => ordinary(call),
        })
        .await;
        let mut session = Session::open(&fake.config()).await.expect("open");
        let error = session.execute("DROP TABLE t").await.map(|_| ()).expect_err("cut");
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::ConnectionLost, true), "{error}");
        assert!(session.is_lost());
        let error = session.run("DROP TABLE t").await.expect_err("lost");
        assert_eq!(
            (error.kind(), error.is_in_doubt()),
            (ErrorKind::ConnectionLost, false),
            "nothing was sent"
        );
    }
}

#[tokio::test]
async fn a_refused_login_tells_the_servers_words() {
    let fake = Fake::sasl([vec![4], bare_text(b"Error validating the login")].concat(), ordinary).await;
    let error = open_error(&fake).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.to_string().contains("Error validating the login"), "{error}");
}

#[tokio::test]
async fn a_server_of_another_protocol_is_told_apart() {
    let fake = Fake::sasl(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), ordinary).await;
    assert_eq!(open_error(&fake).await.kind(), ErrorKind::Protocol);
    let fake = Fake::bare(|_| Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    assert_eq!(open_error(&fake).await.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_server_without_columnar_results_is_refused() {
    let fake = Fake::bare(|_| {
        let handle = structure(1, &[server::text(1, b"g"), server::text(2, b"s")].concat());
        Reply::Fields([server::ok_status(), server::number(2, 4), structure(3, &handle)].concat())
    })
    .await;
    assert_eq!(open_error(&fake).await.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn the_next_host_is_tried_when_one_cannot_be_reached() {
    let fake = Fake::bare(ordinary).await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = gone.local_addr().expect("bound").port();
    drop(gone);
    let first = hiveserver2::Config::new("127.0.0.1", port).with_transport(hiveserver2::Transport::NoSasl);
    let error = Session::open(&first).await.expect_err("nobody there");
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Unavailable, false));
    let server = Session::open(&fake.config()).await.expect("open").server();
    let (_, second) = server.rsplit_once(':').expect("a port");
    let both = first.with_host("127.0.0.1", second.parse().expect("a number"));
    assert_eq!(Session::open(&both).await.expect("the second").server(), server);
}

#[tokio::test]
async fn a_silent_server_times_out_and_leaves_the_outcome_in_doubt() {
    // An announced struct whose end never comes, on a connection that stays open.
    let fake = Fake::bare(|call| match call {
        "ExecuteStatement" => Reply::Fields(vec![11, 0, 9, 0, 0, 0, 99]),
        call => ordinary(call),
    })
    .await;
    let config = fake.config().with_call_timeout(Duration::from_millis(50));
    let mut session = Session::open(&config).await.expect("open");
    let error = session.execute("INSERT").await.map(|_| ()).expect_err("silent");
    assert_eq!((error.kind(), error.is_in_doubt(), session.is_lost()), (ErrorKind::TimedOut, true, true));
}
