//! The start of a session: what clients send, who they are, what they are told.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};

use crate::server::SUPERUSER;
use crate::session::client::Client;
use crate::session::tls::Stream;
use crate::session::{Session, Shared};
use crate::wire::{Backend, Message, Report, Severity, StartupPacket, read_startup};

/// Parameters of the service's own drivers, which PostgreSQL refuses.
const DRIVER_PARAMETERS: [&str; 8] = [
    "client_protocol_version",
    "driver_version",
    "os_version",
    "driver_discovery_version",
    "plugin_name",
    "idp_type",
    "provider_name",
    "idc_client_display_name",
];

/// Opens a session for a client; `None` if the client wanted something else or was refused.
pub(crate) async fn open_session(stream: TcpStream, shared: Arc<Shared>) -> io::Result<Option<Session>> {
    let Some((stream, is_encrypted, parameters)) = negotiate(stream, &shared).await? else { return Ok(None) };
    let mut client = Client::new(stream);
    let value =
        |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let user = value("user").unwrap_or_default();
    let database = value("database").unwrap_or_else(|| user.clone());
    let is_open = !is_encrypted && shared.tls.as_ref().is_some_and(|tls| tls.is_required);
    if user == SUPERUSER || is_open {
        let message = if is_open {
            format!("no pg_hba.conf entry for user \"{user}\", database \"{database}\", SSL off")
        } else {
            format!("password authentication failed for user \"{user}\"")
        };
        client.report(&Report::new(Severity::Fatal, "28000", message)).await;
        client.flush().await;
        return Ok(None);
    }
    let is_own_driver = value("client_protocol_version").is_some();
    let upstream: Vec<_> =
        parameters.into_iter().filter(|(name, _)| !DRIVER_PARAMETERS.contains(&name.as_str())).collect();
    let backend = Backend::open(&shared.socket, &upstream).await?;
    let mut session = Session::new(client, backend, shared, database);
    if !authenticate(&mut session).await? {
        session.client.flush().await;
        return Ok(None);
    }
    if is_own_driver {
        // Text only: the binary formats of the service's own protocol are not here.
        session.client.send(&Message::parameter_status("server_protocol_version", "0")).await;
    }
    session.ready().await?;
    Ok(Some(session))
}

/// What a client that wants a session has: its stream, whether that is encrypted, and its parameters.
type Wanted = (Box<dyn Stream>, bool, Vec<(String, String)>);

/// Answers what comes before a session: questions for encryption, requests to cancel.
async fn negotiate(mut stream: TcpStream, shared: &Shared) -> io::Result<Option<Wanted>> {
    loop {
        match read_startup(&mut stream).await? {
            StartupPacket::Encryption { is_tls: true } if shared.tls.is_some() => {
                stream.write_all(b"S").await?;
                break;
            }
            StartupPacket::Encryption { .. } => stream.write_all(b"N").await?,
            StartupPacket::Cancel(packet) => return cancel(&packet, shared).await.map(|()| None),
            StartupPacket::Session(parameters) => return Ok(Some((Box::new(stream), false, parameters))),
        }
    }
    let Some(tls) = &shared.tls else { return Ok(None) };
    let mut stream = tls.accept(stream).await?;
    match read_startup(&mut stream).await? {
        StartupPacket::Session(parameters) => Ok(Some((stream, true, parameters))),
        StartupPacket::Cancel(packet) => cancel(&packet, shared).await.map(|()| None),
        StartupPacket::Encryption { .. } => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "encrypted already"))
        }
    }
}

/// Stops a load, or hands the request to PostgreSQL.
async fn cancel(packet: &[u8], shared: &Shared) -> io::Result<()> {
    let (process, key) = cancel_key(packet);
    if shared.cancels.ask(process, key) {
        return Ok(());
    }
    UnixStream::connect(&shared.socket).await?.write_all(packet).await
}

/// Passes the questions of PostgreSQL to the client, and its answers back.
async fn authenticate(session: &mut Session) -> io::Result<bool> {
    loop {
        let message = session.backend.receive().await?;
        match message.tag {
            b'R' => {
                let is_question = message.body.get(..4) != Some(&[0; 4]);
                session.client.send(&message).await;
                if is_question {
                    session.client.flush().await;
                    let Some(answer) = session.client.next().await? else { return Ok(false) };
                    session.backend.send(&answer).await?;
                    session.backend.flush().await?;
                }
            }
            b'K' => {
                let (process, key) = process_and_key(&message.body);
                session.process = process;
                session.shared.cancels.begin(process, key);
                session.client.send(&message).await;
            }
            b'Z' => return Ok(true),
            b'E' => {
                session.pass(message).await;
                return Ok(false);
            }
            _ => session.pass(message).await,
        }
    }
}

/// The process and the key of a cancel request, as it came.
fn cancel_key(packet: &[u8]) -> (i32, [u8; 4]) {
    process_and_key(packet.get(8..).unwrap_or_default())
}

fn process_and_key(bytes: &[u8]) -> (i32, [u8; 4]) {
    let part =
        |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    (i32::from_be_bytes(part(0)), part(4))
}
