//! A proxy before a warehouse that cuts the connection at a chosen statement.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Where the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The statement of this number, from 1, never reaches the server.
    Before(usize),
    /// The server takes the statement of this number, and its answer is lost.
    After(usize),
}

/// Which of a client's messages send a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// HiveServer2's protocol.
    Thrift,
    /// PostgreSQL's protocol: simple queries.
    Postgres,
}

impl Wire {
    /// A message is one write of the client, and what it is stands at its beginning.
    fn is_statement(self, message: &[u8]) -> bool {
        match self {
            Self::Thrift => {
                let name = b"ExecuteStatement";
                message[..message.len().min(128)].windows(name.len()).any(|window| window == name)
            }
            Self::Postgres => message.first() == Some(&b'Q'),
        }
    }
}

/// Passes everything on, and cuts one connection once.
#[derive(Debug)]
pub struct CuttingProxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    server: String,
    wire: Wire,
    cut: Mutex<Option<Cut>>,
    statements: AtomicUsize,
    cuts: AtomicUsize,
}

impl CuttingProxy {
    /// Listens before the server at `server`.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start(server: &str, wire: Wire, cut: Option<Cut>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            server: server.to_owned(),
            wire,
            cut: Mutex::new(cut),
            statements: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.serve(&client));
            }
        });
        Self { address, state }
    }

    /// Where it listens, as `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many statements came by.
    pub fn statements(&self) -> usize {
        self.state.statements.load(Ordering::SeqCst)
    }

    /// How many connections were cut: one at most.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl State {
    /// Passes one connection on in both directions. Ends, as every error does, by closing it.
    fn serve(&self, client: &TcpStream) -> Option<()> {
        let server = TcpStream::connect(&self.server).ok()?;
        let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
        let is_answer_lost = Arc::new(Mutex::new(false));
        let lost = Arc::clone(&is_answer_lost);
        thread::spawn(move || {
            let mut chunk = [0; 64 * 1024];
            while let Ok(count @ 1..) = from_server.read(&mut chunk) {
                if *lost.lock().unwrap_or_else(PoisonError::into_inner)
                    || to_client.write_all(&chunk[..count]).is_err()
                {
                    break;
                }
            }
            close(&from_server, &to_client);
        });
        let _ = self.pass(client, &server, &is_answer_lost);
        close(client, &server);
        Some(())
    }

    fn pass(
        &self,
        mut client: &TcpStream,
        mut server: &TcpStream,
        is_answer_lost: &Mutex<bool>,
    ) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        loop {
            let count = client.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            if self.wire.is_statement(&chunk[..count]) {
                let number = self.statements.fetch_add(1, Ordering::SeqCst) + 1;
                let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
                match *cut {
                    Some(Cut::Before(at)) if at == number => {
                        *cut = None;
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    }
                    Some(Cut::After(at)) if at == number => {
                        *cut = None;
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        // Its answer is the next thing that comes, and ends the connection.
                        *is_answer_lost.lock().unwrap_or_else(PoisonError::into_inner) = true;
                    }
                    _ => {}
                }
            }
            server.write_all(&chunk[..count])?;
        }
    }
}

fn close(one: &TcpStream, other: &TcpStream) {
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}
