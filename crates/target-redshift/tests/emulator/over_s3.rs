//! Over the real protocols: S3 by HTTP with signed requests, and the wire protocol within TLS.

use std::sync::Arc;

use publish_core::{
    Action, Cancel, Engine, Location, NoEvents, PublishRequest, Registry, RequestOptions, RunContext, RunId,
    RunOutcome, Secret, Source, Storage, TableNaming, Target, action,
};
use publish_storage::{S3Config, S3Storage};
use redshift_emulator::{Emulator, EndpointStore};
use s3_test_server::{ACCESS_KEY, Operation, S3TestServer, SECRET_KEY, Settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use target_redshift::{RedshiftConfig, RedshiftTarget};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

struct Services {
    s3: S3TestServer,
    emulator: Emulator,
    engine: Engine,
    scratch: tempfile::TempDir,
}

async fn services() -> Services {
    let s3 = S3TestServer::start(Settings::default().with_bucket("lake")).unwrap();
    let builder = Emulator::builder().with_objects(EndpointStore::new(s3.endpoint())).with_encryption();
    let emulator = builder.start().await.unwrap();
    let config = S3Config::default()
        .with_keys(ACCESS_KEY, Secret::new(SECRET_KEY))
        .with_region("us-east-1")
        .with_endpoint(s3.endpoint());
    let storage: Arc<dyn Storage> = Arc::new(S3Storage::new(config).unwrap());
    let registry = publish_formats::all().into_iter().fold(Registry::new(), Registry::with_format);
    let engine = Engine::new(registry.with_storage(&storage));
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("ca.pem"), emulator.certificate().unwrap()).unwrap();
    Services { s3, emulator, engine, scratch }
}

impl Services {
    fn target(&self, more: &Value) -> Arc<dyn Target> {
        let mut settings = json!({
            "host": "127.0.0.1", "port": self.emulator.port(), "database": "dev", "user": "awsuser",
            "password": "Passw0rd", "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY,
            "ca_file": self.scratch.path().join("ca.pem"),
        });
        for (name, value) in more.as_object().unwrap() {
            settings[name] = value.clone();
        }
        let mut settings = settings.as_object().unwrap().clone();
        settings.retain(|_, value| !value.is_null());
        Arc::new(RedshiftTarget::new(RedshiftConfig::from_settings(&settings).unwrap()).unwrap())
    }

    async fn publish(&self, action: &dyn Action, key: &str) -> publish_core::Report {
        let options = RequestOptions::default().with_table_naming(TableNaming::Exact);
        let source = Source::new(vec![Location::parse(&format!("s3://lake/{key}")).unwrap()]);
        let request = PublishRequest::new(source, "t", action.name().clone()).with_options(options);
        let (target, switch) = (self.target(&json!({})), Cancel::default());
        Box::pin(self.engine.publish(&target, &request, Arc::new(NoEvents), &switch)).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_sign_what_copy_reads_and_nothing_is_left_in_the_bucket() {
    let services = services().await;
    services.s3.put("lake", "direct/part 0.csv", "id,name\n1,x\n2,\n");
    services.s3.put("lake", "staged/part-0.csv", "id,name\n3,\"\"\n4,\n");
    let before = services.s3.keys("lake");
    for (action, key, rows) in [
        (&action::CreateAndLoad as &dyn Action, "direct/", 2),
        (&action::Load, "staged/", 2),
        (&action::TruncateAndLoad, "staged/", 2),
        (&action::DropAndLoad, "direct/", 2),
    ] {
        let report = services.publish(action, key).await;
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(rows)), "{report:?}");
        assert!(report.leftovers.is_empty(), "{report:?}");
        assert_eq!(services.s3.keys("lake"), before);
    }
    let requests = services.s3.requests();
    let reads = requests.iter().filter(|request| request.operation == Operation::GetObject);
    assert!(reads.clone().count() > 0);
    assert!(reads.clone().all(|request| request.access_key.as_deref() == Some(ACCESS_KEY)), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_authority_or_by_its_very_certificate() {
    let services = services().await;
    let run = RunContext::new(RunId::generate(), std::time::Duration::from_secs(30));
    let certificate = CertificateDer::pem_slice_iter(services.emulator.certificate().unwrap().as_bytes());
    let certificate = certificate.last().unwrap().unwrap();
    let fingerprint: String = Sha256::digest(&certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    for trusted in [json!({}), json!({"ca_file": null, "pinned_certificate": fingerprint})] {
        services.target(&trusted).connect(&run).await.unwrap().close().await.unwrap();
    }
    for strange in [json!({"ca_file": null}), json!({"ca_file": null, "pinned_certificate": "00".repeat(32)})]
    {
        let error = services.target(&strange).connect(&run).await.unwrap_err();
        assert!(error.message().contains("certificate"), "{error}");
    }
}
