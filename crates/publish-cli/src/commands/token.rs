//! `publish token`.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use publish_core::{Error, ErrorKind, Result, Secret};
use publish_server::{Store, TokenKind, new_token, new_user};
use serde_json::json;

use crate::args::{TokenAddArgs, TokenCommand};
use crate::connections::Connections;
use crate::output::{print, print_json};
use crate::server::{ServerSettings, open_store};
use crate::table::layout;

/// Longest file with a password.
const MAX_PASSWORD_FILE: u64 = 4096;

/// Changes who may call the server, in its store; the server may be running.
pub(super) async fn token(connections: &Connections, command: &TokenCommand) -> Result<ExitCode> {
    let settings = ServerSettings::read(connections.server().clone())?;
    let store = open_store(&settings).await?;
    match command {
        TokenCommand::Add(args) => add(&*store, args).await?,
        TokenCommand::List { json } => list(&*store, *json).await?,
        TokenCommand::Remove { name } => remove(&*store, name).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &dyn Store, args: &TokenAddArgs) -> Result<()> {
    let (stored, token) = match &args.password_file {
        Some(file) => (new_user(&args.name, &read_password(file)?, args.scope)?, None),
        None => {
            let (stored, token) = new_token(&args.name, args.scope)?;
            (stored, Some(token))
        }
    };
    store.create_token(&stored).await?;
    // The one place where a token is shown.
    let token = token.as_ref().map(Secret::expose);
    match token {
        _ if args.json => print_json(&json!({ "name": args.name, "scope": args.scope, "token": token })),
        Some(token) => print(&format!("{token}\n")),
        None => print(&format!("added the user {} with the scope {}\n", args.name, args.scope)),
    }
    Ok(())
}

async fn list(store: &dyn Store, is_json: bool) -> Result<()> {
    let tokens = store.tokens().await?;
    if is_json {
        let tokens: Vec<_> = tokens
            .iter()
            .map(|token| json!({"name": token.name, "kind": token.kind, "scope": token.scope, "createdAt": token.created_at.to_rfc3339()}))
            .collect();
        print_json(&json!({ "tokens": tokens }));
        return Ok(());
    }
    let rows = tokens.iter().map(|token| {
        let kind = if token.kind == TokenKind::Password { "user" } else { "token" };
        vec![token.name.clone(), kind.to_owned(), token.scope.to_string(), token.created_at.to_rfc3339()]
    });
    let header = ["name", "kind", "scope", "made at"].map(str::to_owned);
    print(&layout(&header, &rows.collect::<Vec<_>>(), 64));
    Ok(())
}

async fn remove(store: &dyn Store, name: &str) -> Result<()> {
    if store.delete_token(name).await? {
        print(&format!("removed {name}\n"));
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotFound,
        "There is no token or user of this name; publish token list shows them",
    )
    .with_context("name", name))
}

fn read_password(file: &Path) -> Result<Secret> {
    let unreadable = |error| {
        Error::new(ErrorKind::InvalidRequest, "The password can't be read; correct the path of its file")
            .with_context("file", file.display())
            .with_source(error)
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(MAX_PASSWORD_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_PASSWORD_FILE).read_to_string(&mut text))
    };
    read.map_err(unreadable)?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
