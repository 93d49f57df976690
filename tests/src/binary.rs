//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of `publish`, built once a process as the tests themselves are built.
///
/// # Panics
/// If it can't be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // The test is at `target/PROFILE/deps/NAME`.
    let profile = test.ancestors().nth(2).expect("a test is three folders deep").to_owned();
    let target = profile.parent().expect("a profile is in the target folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // Of the whole workspace, as the tests are: another choice would have other features, and build everything anew.
    build.args(["build", "--quiet", "--workspace", "--bin", "publish"]);
    if cfg!(feature = "kerberos") {
        build.args(["--features", "publish-cli/kerberos"]);
    }
    build.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    build.env("CARGO_TARGET_DIR", target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo runs").success(), "the binary can't be built");
    profile.join(format!("publish{}", std::env::consts::EXE_SUFFIX))
}
