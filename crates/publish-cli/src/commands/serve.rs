//! `publish serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use publish_core::{Error, ErrorKind, Registry, Result};
use publish_server::check_ready;
use tokio::net::TcpListener;

use crate::args::ServeArgs;
use crate::connections::Connections;
use crate::exit;
use crate::server::{ServerSettings, build, start_log};

/// Serves until the process is asked to end.
pub(super) async fn serve(
    connections: &Connections,
    registry: Registry,
    args: &ServeArgs,
) -> Result<ExitCode> {
    let settings = ServerSettings::read(connections.server().clone())?;
    let asked = args.listen.as_deref().unwrap_or(&settings.listen);
    if args.check {
        check_ready(address_of(asked).await?, settings.tls()?.as_ref()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    start_log(args.log)?;
    let (listener, address) = listen(asked).await?;
    if args.no_access && !address.ip().is_loopback() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "Without access control a server listens on loopback alone; listen on 127.0.0.1, or leave --no-access out",
        )
        .with_context("listen", address));
    }
    let has_tls = settings.tls()?.is_some();
    if !has_tls && !address.ip().is_loopback() {
        tracing::warn!(
            "credentials pass in clear text: set a certificate, or put a proxy with one before the server"
        );
    }
    let server = build(&settings, registry, args.no_access).await?;
    tracing::info!(%address, tls = has_tls, access = !args.no_access, "serving");
    server.serve(listener, asked_to_end()).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The first address that a host and port stand for.
async fn address_of(asked: &str) -> Result<SocketAddr> {
    let unknown = || {
        Error::new(ErrorKind::InvalidRequest, "There is no such address; write an address and a port")
            .with_context("listen", asked)
    };
    let mut found = tokio::net::lookup_host(asked).await.map_err(|error| unknown().with_source(error))?;
    found.next().ok_or_else(unknown)
}

async fn listen(address: &str) -> Result<(TcpListener, SocketAddr)> {
    let refused = |error| {
        Error::new(ErrorKind::InvalidRequest, "The server can't listen there; choose another address or port")
            .with_context("listen", address)
            .with_source(error)
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Waits for SIGTERM or Ctrl-C. After that a second one ends the process at once: the journals know.
async fn asked_to_end() {
    signal().await;
    tracing::info!("stopping; a second signal ends the process at once");
    tokio::spawn(async {
        signal().await;
        std::process::exit(exit::INTERRUPTED);
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM can't be listened to");
            interrupt().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

/// Waits for Ctrl-C; where that can't be waited for, for ever.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
