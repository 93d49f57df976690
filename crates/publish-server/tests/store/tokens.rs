//! Access tokens.

use publish_core::ErrorKind;
use publish_server::{NewToken, Scope, Store, TokenKind};

pub(crate) async fn a_token_is_found_by_name_and_by_hash(store: &dyn Store) {
    let new = |name: &str, hash: &str| NewToken {
        name: name.to_owned(),
        kind: TokenKind::Bearer,
        hash: hash.to_owned(),
        scope: Scope::Publish,
    };
    let token = store.create_token(&new("etl", "abc")).await.unwrap();
    assert!(token.id.0 > 0, "nobody has the id 0");
    assert_eq!(store.token_by_name("etl").await.unwrap().as_ref(), Some(&token));
    assert_eq!(store.token_by_hash("abc").await.unwrap().as_ref(), Some(&token));
    assert_eq!(store.token_by_hash("ABC").await.unwrap(), None);
    let taken = store.create_token(&new("etl", "def")).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    assert_eq!(store.create_token(&new("etl 2", "abc")).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(store.tokens().await.unwrap(), [token]);
    assert!(store.delete_token("etl").await.unwrap());
    assert!(!store.delete_token("etl").await.unwrap());
    assert!(store.tokens().await.unwrap().is_empty());
}
