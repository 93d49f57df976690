//! The server by TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use publish_tests::{Place, Server};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{NO_ACCESS, start};

const SETTINGS: &str = "certificate = \"cert.pem\"\ncertificate_key = \"key.pem\"";

/// Writes a certificate for `localhost` and its key, and gives who trusts it.
fn certificate(place: &Place) -> Arc<ClientConfig> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    place.write("cert.pem", made.cert.pem());
    place.write("key.pem", made.signing_key.serialize_pem());
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn ask(server: &Server, config: Arc<ClientConfig>) -> std::io::Result<String> {
    let stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream);
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn whoever_trusts_the_certificate_is_answered_and_clear_text_is_not() {
    let place = Place::new();
    let trusting = certificate(&place);
    let server = start(&place, SETTINGS, NO_ACCESS);
    let answer = ask(&server, trusting).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let check = |place: &Place| place.publish(["serve", "--check", "--listen", server.address()]).code;
    assert_eq!(check(&place), 0, "its own settings know it");
    let other = Place::new();
    let stranger = certificate(&other);
    other.write("publish.toml", format!("[server]\n{SETTINGS}\n"));
    assert_eq!(check(&other), 1, "another certificate is taken for its own");
    assert!(ask(&server, stranger).is_err(), "another certificate is trusted");
    let mut clear = TcpStream::connect(server.address()).unwrap();
    clear.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = clear.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "clear text is answered");
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_certificate_that_can_not_be_used_is_named_at_the_start() {
    let place = Place::new();
    certificate(&place);
    place.write("key.pem", "no key");
    place.write("publish.toml", format!("[server]\n{SETTINGS}\n"));
    let answer = place.publish(["serve", "--no-access", "--listen", "127.0.0.1:0"]);
    assert_eq!(answer.code, 2, "{answer}");
    assert!(answer.err.contains("key.pem") && !answer.err.contains("no key\n"), "{answer}");
}
