//! A server that answers with whatever bytes a test wants, on a bare connection or behind SASL.

use hiveserver2::{Config, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A change to the bytes of an answer.
pub(crate) type Edit = Box<dyn FnOnce(&mut Vec<u8>) + Send>;

/// What the server does with one call.
pub(crate) enum Reply {
    /// Answers with a struct of these bytes.
    Fields(Vec<u8>),
    /// Sends these bytes as they are, then closes.
    Raw(Vec<u8>),
    /// Answers with a struct of these bytes after the whole answer, with its length where it has one, went through an
    /// edit, then closes.
    Edited(Vec<u8>, Edit),
}

/// A listening server. It ends with the test.
pub(crate) struct Fake {
    port: u16,
    transport: Transport,
    server: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Fake {
    /// A bare server that opens a session, runs any statement at once, and answers metadata and fetches as given.
    pub(crate) async fn with_results(schema: Vec<u8>, fetches: Vec<Reply>) -> Self {
        let mut fetches = fetches.into_iter();
        Self::bare(move |call| match call {
            "GetResultSetMetadata" => Reply::Fields(
                [ok_status(), structure(2, &list(1, 12, std::slice::from_ref(&schema)))].concat(),
            ),
            "FetchResults" => {
                fetches.next().unwrap_or_else(|| Reply::Fields(rows(&[column(7, 11, &[], &[])])))
            }
            call => ordinary(call),
        })
        .await
    }

    /// A server without SASL.
    pub(crate) async fn bare(answer: impl FnMut(&str) -> Reply + Send + 'static) -> Self {
        Self::start(Transport::NoSasl, Vec::new(), answer).await
    }

    /// A server whose part of the login is `login`.
    pub(crate) async fn sasl(login: Vec<u8>, answer: impl FnMut(&str) -> Reply + Send + 'static) -> Self {
        Self::start(Transport::Plain, login, answer).await
    }

    pub(crate) fn config(&self) -> Config {
        Config::new("127.0.0.1", self.port).with_transport(self.transport.clone())
    }

    async fn start(
        transport: Transport,
        login: Vec<u8>,
        mut answer: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let is_framed = transport == Transport::Plain;
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if is_framed {
                    let mut hello = [0; 5 + 5 + 5 + 20];
                    stream.read_exact(&mut hello).await.expect("the login of anonymous");
                    stream.write_all(&login).await.expect("open");
                }
                serve(&mut stream, is_framed, &mut answer).await;
            }
        });
        Self { port, transport, server }
    }
}

async fn serve(stream: &mut TcpStream, is_framed: bool, answer: &mut (impl FnMut(&str) -> Reply + Send)) {
    let mut request = vec![0; 64 << 10];
    // A request is short and written at once, so one read has all of it.
    while let Ok(length @ 1..) = stream.read(&mut request).await {
        let message = &request[if is_framed { 4 } else { 0 }..length];
        match answer(&message_of(message).0) {
            Reply::Fields(fields) => {
                let reply = reply(message, &fields);
                if is_framed {
                    let length = u32::try_from(reply.len()).expect("short");
                    stream.write_all(&length.to_be_bytes()).await.expect("open");
                }
                // The client may have given up on the answer.
                let _ = stream.write_all(&reply).await;
            }
            Reply::Edited(fields, edit) => {
                let mut reply = reply(message, &fields);
                if is_framed {
                    let length = u32::try_from(reply.len()).expect("short");
                    reply.splice(..0, length.to_be_bytes());
                }
                edit(&mut reply);
                let _ = stream.write_all(&reply).await;
                return;
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
        }
    }
}

/// Name of a request's call, and its bytes from the name's length to the sequence number.
pub(crate) fn message_of(request: &[u8]) -> (String, &[u8]) {
    let name_length = usize::from(request[7]);
    let name = std::str::from_utf8(&request[8..8 + name_length]).expect("a name");
    (name.to_owned(), &request[4..12 + name_length])
}

/// The whole answer to a request: a struct of these fields.
pub(crate) fn reply(request: &[u8], fields: &[u8]) -> Vec<u8> {
    [&[0x80, 1, 0, 2][..], message_of(request).1, &[12, 0, 0], fields, &[0, 0]].concat()
}

/// What a well-behaved server answers.
pub(crate) fn ordinary(call: &str) -> Reply {
    let handle = structure(1, &[text(1, b"guid"), text(2, b"secret")].concat());
    Reply::Fields(match call {
        "OpenSession" => [ok_status(), number(2, 7), structure(3, &handle)].concat(),
        "ExecuteStatement" => {
            let operation = [handle, number(2, 0), vec![2, 0, 3, 1]].concat();
            [ok_status(), structure(2, &operation)].concat()
        }
        "GetOperationStatus" => [ok_status(), number(2, 2)].concat(),
        _ => ok_status(),
    })
}

pub(crate) fn ok_status() -> Vec<u8> {
    structure(1, &number(1, 0))
}

pub(crate) fn field(kind: u8, id: i16) -> Vec<u8> {
    [&[kind][..], &id.to_be_bytes()].concat()
}

pub(crate) fn number(id: i16, value: i32) -> Vec<u8> {
    [field(8, id), value.to_be_bytes().to_vec()].concat()
}

pub(crate) fn bare_text(value: &[u8]) -> Vec<u8> {
    [&i32::try_from(value.len()).expect("short").to_be_bytes(), value].concat()
}

pub(crate) fn text(id: i16, value: &[u8]) -> Vec<u8> {
    [field(11, id), bare_text(value)].concat()
}

pub(crate) fn structure(id: i16, fields: &[u8]) -> Vec<u8> {
    [field(12, id), fields.to_vec(), vec![0]].concat()
}

pub(crate) fn list(id: i16, kind: u8, items: &[Vec<u8>]) -> Vec<u8> {
    let count = i32::try_from(items.len()).expect("short");
    [field(15, id), vec![kind], count.to_be_bytes().to_vec(), items.concat()].concat()
}

/// Describes a column of a type without qualifiers.
pub(crate) fn description(name: &str, type_id: i32) -> Vec<u8> {
    let entry = [structure(1, &number(1, type_id)), vec![0]].concat();
    [text(1, name.as_bytes()), structure(2, &list(1, 12, &[entry])), number(3, 1), vec![0]].concat()
}

/// One column: the field of its union, the kind of its values, the values, the null bitmap.
pub(crate) fn column(id: i16, kind: u8, values: &[Vec<u8>], nulls: &[u8]) -> Vec<u8> {
    [structure(id, &[list(1, kind, values), text(2, nulls)].concat()), vec![0]].concat()
}

/// The fields of an answer to a fetch.
pub(crate) fn rows(columns: &[Vec<u8>]) -> Vec<u8> {
    let set = [field(10, 1), vec![0; 8], list(3, 12, columns)].concat();
    [ok_status(), vec![2, 0, 2, 0], structure(3, &set)].concat()
}
