//! Who is let in: tried through the layer, as requests come.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use publish_core::Secret;
use tokio::time::advance;
use tower::ServiceExt;

use super::*;
use crate::{NewToken, Scope, SqlStore, Store};

struct Place {
    _folder: tempfile::TempDir,
    app: Router,
    store: Arc<dyn Store>,
}

impl Place {
    async fn new(tokens: &[NewToken]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(&folder.path().join("store.sqlite")).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        for token in tokens {
            store.create_token(token).await.unwrap();
        }
        let access = Access::by_tokens(Arc::clone(&store), RateLimits::new(None)).unwrap();
        Self { _folder: folder, app: app(access), store }
    }

    async fn get(&self, header: &str) -> StatusCode {
        ask(&self.app, Method::GET, "/v4/jobs/1", Some(header)).await.status()
    }
}

/// Answers with the caller's name.
fn app(access: Access) -> Router {
    let handler = any(|Extension(caller): Extension<Principal>| async move { caller.name });
    Router::new().route("/{*any}", handler).layer(from_fn_with_state(access, require_access))
}

async fn ask(app: &Router, method: Method, path: &str, header: Option<&str>) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(header) = header {
        request = request.header(AUTHORIZATION, header);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(IpAddr::from([10, 0, 0, 1]), 4321)));
    app.clone().oneshot(request).await.unwrap()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn tokens_and_users_are_let_in_and_nobody_else() {
    let (token, secret) = new_token("ci", Scope::Read).unwrap();
    let user = new_user("ann", &Secret::new("correct horse"), Scope::Read).unwrap();
    let place = Place::new(&[token.clone(), user.clone()]).await;
    let secret = secret.expose();
    for right in [format!("Bearer {secret}"), format!("bearer  {secret}"), basic("ann", "correct horse")] {
        assert_eq!(place.get(&right).await, StatusCode::OK, "{right}");
    }
    for wrong in [
        format!("Bearer {secret}x"),
        format!("Token {secret}"),
        "Bearer".to_owned(),
        "Basic !".to_owned(),
        basic("ci", secret),
        basic("ann", "correct hors"),
        basic("nobody", "correct horse"),
        basic("", ""),
        // What the store holds opens nothing.
        format!("Bearer {}", token.hash),
        format!("Bearer {}", user.hash),
    ] {
        assert_eq!(place.get(&wrong).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let response = ask(&place.app, Method::GET, "/v4/jobs/1", None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains("Bearer") && challenge.contains("Basic"), "{challenge}");
}

#[tokio::test]
async fn a_scope_that_is_too_small_is_forbidden() {
    let scopes = [Scope::Read, Scope::Publish, Scope::Admin];
    let tokens = scopes.map(|scope| new_token(scope.as_str(), scope).unwrap());
    let place = Place::new(&tokens.clone().map(|(token, _)| token)).await;
    for (method, path, needed) in [
        (Method::GET, "/v4/connections", Scope::Read),
        (Method::PUT, "/v3/jobGroups/1/publish", Scope::Publish),
        (Method::POST, "/v4/connections", Scope::Admin),
    ] {
        for (token, secret) in &tokens {
            let header = format!("Bearer {}", secret.expose());
            let status = ask(&place.app, method.clone(), path, Some(&header)).await.status();
            let wanted = if token.scope >= needed { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(status, wanted, "{method} {path} by {}", token.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_token_is_refused_after_five_seconds_and_a_changed_password_too() {
    let (token, secret) = new_token("ci", Scope::Read).unwrap();
    let user = |password| new_user("ann", &Secret::new(password), Scope::Read).unwrap();
    let place = Place::new(&[token, user("first password")]).await;
    let bearer = format!("Bearer {}", secret.expose());
    let (first, second) = (basic("ann", "first password"), basic("ann", "second password"));
    assert_eq!(place.get(&bearer).await, StatusCode::OK);
    assert_eq!(place.get(&first).await, StatusCode::OK);
    for name in ["ci", "ann"] {
        assert!(place.store.delete_token(name).await.unwrap());
    }
    place.store.create_token(&user("second password")).await.unwrap();
    advance(Duration::from_secs(5)).await;
    assert_eq!(place.get(&bearer).await, StatusCode::UNAUTHORIZED);
    assert_eq!(place.get(&first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(place.get(&second).await, StatusCode::OK);
}

#[tokio::test]
async fn wrong_passwords_run_out_and_whoever_is_known_stays_let_in() {
    let user = new_user("ann", &Secret::new("correct horse"), Scope::Read).unwrap();
    let place = Place::new(&[user]).await;
    let right = basic("ann", "correct horse");
    assert_eq!(place.get(&right).await, StatusCode::OK);
    let mut refused = None;
    for number in 0..40 {
        let header = basic("ann", &format!("guess {number}"));
        let response = ask(&place.app, Method::GET, "/v4/jobs/1", Some(&header)).await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(response);
            break;
        }
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = refused.expect("the tries run out");
    assert!(refused.headers().contains_key(RETRY_AFTER));
    assert_eq!(place.get(&right).await, StatusCode::OK);
}

#[tokio::test]
async fn many_requests_of_one_user_at_once_hash_the_password_once() {
    let user = new_user("ann", &Secret::new("correct horse"), Scope::Read).unwrap();
    let place = Place::new(&[user]).await;
    let right = basic("ann", "correct horse");
    let answers = futures::future::join_all((0..200).map(|_| place.get(&right))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_told_when_to_come_back() {
    let app = app(Access::open(RateLimits::new(NonZeroU32::new(2))));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(ask(&app, Method::POST, "/v4/connections", None).await.status());
    }
    assert_eq!(statuses[..4], [StatusCode::OK; 4]);
    assert_eq!(statuses[4], StatusCode::TOO_MANY_REQUESTS);
    advance(Duration::from_secs(1)).await;
    assert_eq!(ask(&app, Method::GET, "/v4/jobs/1", None).await.status(), StatusCode::OK);
}
