//! A proxy before a warehouse that cuts the connection at a chosen statement, or lets something else happen there.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Where the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The statement of this number, from 1, never reaches the server.
    Before(usize),
    /// The server takes the statement of this number, and its answer is lost.
    After(usize),
    /// The server takes the statement of this number and says so; the answer to the client's next message is lost.
    Running(usize),
}

/// What becomes of the connection after a fault of the test's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is cut.
    Cut,
    /// It goes on as if nothing had happened.
    PassOn,
}

/// A fault of the test's own, which happens once.
type Act = Box<dyn FnOnce() -> Then + Send>;

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

struct State {
    server: String,
    wire: Wire,
    cut: Mutex<Option<Cut>>,
    act: Mutex<Option<Act>>,
    statements: Mutex<Vec<String>>,
    cuts: AtomicUsize,
}

/// What the two directions of one connection know of each other.
#[derive(Debug, Default)]
struct Shared {
    /// The next thing that the server says comes after the chosen moment.
    is_answer_due: AtomicBool,
}

impl CuttingProxy {
    /// Listens before the server at `server`.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start(server: &str, wire: Wire, cut: Option<Cut>) -> Self {
        Self::start_with(server, wire, cut, || Then::Cut)
    }

    /// The same, with a fault of the test's own at the moment where the connection would be cut.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start_with(
        server: &str,
        wire: Wire,
        cut: Option<Cut>,
        act: impl FnOnce() -> Then + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            server: server.to_owned(),
            wire,
            cut: Mutex::new(cut),
            act: Mutex::new(Some(Box::new(act))),
            statements: Mutex::default(),
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
        self.texts().len()
    }

    /// The messages of the statements that came by, as text: what is none in them is replaced.
    pub fn texts(&self) -> Vec<String> {
        lock(&self.state.statements).clone()
    }

    /// How often the chosen moment came: once at most.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("server", &self.server).field("cut", &self.cut).finish_non_exhaustive()
    }
}

impl State {
    /// Passes one connection on in both directions. Ends, as every error does, by closing it.
    fn serve(self: &Arc<Self>, client: &TcpStream) -> Option<()> {
        let server = TcpStream::connect(&self.server).ok()?;
        let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
        let shared = Arc::new(Shared::default());
        let (state, seen) = (Arc::clone(self), Arc::clone(&shared));
        thread::spawn(move || {
            let mut chunk = [0; 64 * 1024];
            while let Ok(count @ 1..) = from_server.read(&mut chunk) {
                let is_due = seen.is_answer_due.swap(false, Ordering::SeqCst);
                if is_due && state.happens() == Then::Cut || to_client.write_all(&chunk[..count]).is_err() {
                    break;
                }
            }
            close(&from_server, &to_client);
        });
        let _ = self.pass(client, &server, &shared);
        close(client, &server);
        Some(())
    }

    fn pass(&self, mut client: &TcpStream, mut server: &TcpStream, shared: &Shared) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        let mut is_running = false;
        loop {
            let count = client.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            if std::mem::take(&mut is_running) {
                shared.is_answer_due.store(true, Ordering::SeqCst);
            }
            if self.wire.is_statement(&chunk[..count]) {
                let number = {
                    let mut statements = lock(&self.statements);
                    statements.push(String::from_utf8_lossy(&chunk[..count]).into_owned());
                    statements.len()
                };
                let moment = *lock(&self.cut);
                if moment == Some(Cut::Before(number)) && self.happens() == Then::Cut {
                    return Ok(());
                }
                if moment == Some(Cut::After(number)) {
                    // Its answer is the next thing that comes.
                    shared.is_answer_due.store(true, Ordering::SeqCst);
                }
                is_running = moment == Some(Cut::Running(number));
            }
            server.write_all(&chunk[..count])?;
        }
    }

    /// The chosen moment is here.
    fn happens(&self) -> Then {
        self.cuts.fetch_add(1, Ordering::SeqCst);
        let act = lock(&self.act).take();
        act.map_or(Then::PassOn, |act| act())
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn close(one: &TcpStream, other: &TcpStream) {
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}
