//! A metastore that is reached by TLS.

use std::sync::Arc;

use hive_stack::HiveStack;
use publish_core::RunOutcome;
use sha2::{Digest, Sha256};
use target_hive::HiveTls;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::place::Place;

/// Puts TLS before the stack's metastore. Gives its address and the fingerprint of its certificate.
async fn behind_tls() -> (String, String) {
    let behind = HiveStack::get().unwrap().metastore().trim_start_matches("thrift://").to_owned();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let fingerprint = Sha256::digest(&certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("thrift://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate goes away here.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, fingerprint)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metastore_is_trusted_by_its_very_certificate_and_no_other() {
    if HiveStack::is_left_out() {
        return;
    }
    let (address, fingerprint) = behind_tls().await;
    for (pinned, is_trusted) in [(fingerprint, true), ("ab".repeat(32), false)] {
        let Some(place) = Place::with(|config| {
            config.metastore = Some(address.clone());
            config.metastore_tls = Some(HiveTls::Pinned(pinned));
        })
        .await
        else {
            return;
        };
        let old = place.put("old.csv", "id,name\n1,Ada\n").await;
        let new = place.put("new.csv", "label\nx\n").await;
        let report = place.publish("r1", "createAndLoad", "t", &[old]).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
        if is_trusted {
            assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
            assert!(report.leftovers.is_empty(), "{report:?}");
            assert_eq!(place.rows_of("t").await, ["\"x\""]);
        } else {
            assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
            assert_eq!(place.rows_of("t").await, ["1|\"Ada\""]);
        }
    }
}
