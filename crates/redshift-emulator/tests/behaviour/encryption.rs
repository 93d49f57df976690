//! TLS and the ways to prove who one is, as psql has them.

use std::fs;
use std::process::Command;

use redshift_emulator::{Authentication, Emulator};

/// What psql answers or complains about.
fn psql(emulator: &Emulator, host: &str, options: &str, password: &str) -> Result<String, String> {
    let target = format!("host={host} port={} user=awsuser dbname=dev {options}", emulator.port());
    let output = Command::new("psql")
        .args(["-At", &target, "-c", "select 'in'"])
        .env("PGPASSWORD", password)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_made_and_verified() {
    let emulator = Emulator::builder()
        .with_encryption_required()
        .with_authentication(Authentication::Cleartext)
        .start()
        .await
        .unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("root.pem");
    fs::write(&root, emulator.certificate().unwrap()).unwrap();
    let verified = format!("sslmode=verify-full sslrootcert={}", root.display());
    assert_eq!(psql(&emulator, "localhost", "sslmode=require", "Passw0rd").unwrap(), "in");
    assert_eq!(psql(&emulator, "localhost", &verified, "Passw0rd").unwrap(), "in");
    assert!(
        psql(&emulator, "localhost", &verified, "wrong")
            .unwrap_err()
            .contains("password authentication failed")
    );
    let plain = psql(&emulator, "127.0.0.1", "sslmode=disable", "Passw0rd").unwrap_err();
    assert!(plain.contains("SSL off"), "{plain}");

    // Another emulator's certificate is not trusted.
    let other = Emulator::builder().with_encryption().start().await.unwrap();
    let refused = psql(&other, "localhost", &verified, "Passw0rd").unwrap_err();
    assert!(refused.contains("certificate verify failed"), "{refused}");
    assert_eq!(psql(&other, "127.0.0.1", "sslmode=disable", "Passw0rd").unwrap(), "in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_certificate_is_used_and_without_one_encryption_is_refused() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let emulator = Emulator::builder()
        .with_certificate(made.cert.pem(), made.signing_key.serialize_pem())
        .with_authentication(Authentication::Trust)
        .start()
        .await
        .unwrap();
    assert_eq!(emulator.certificate(), Some(made.cert.pem().as_str()));
    assert_eq!(psql(&emulator, "localhost", "sslmode=require", "anything").unwrap(), "in");
    let open = Emulator::builder().start().await.unwrap();
    assert!(
        psql(&open, "localhost", "sslmode=require", "Passw0rd").unwrap_err().contains("does not support SSL")
    );
    assert!(Emulator::builder().with_certificate("no", "pem").start().await.is_err());
}
