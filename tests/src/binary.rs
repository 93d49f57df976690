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
    // Of the whole workspace and with a test, as the tests are: another choice would have other features, those of
    // dev-dependencies among them, and build everything anew.
    build.args(["build", "--quiet", "--workspace", "--bin", "publish", "--test", "book"]);
    if cfg!(feature = "kerberos") {
        build.args(["--features", "publish-cli/kerberos"]);
    }
    build.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    build.env("CARGO_TARGET_DIR", target);
    // What cargo told this test of its own package: build scripts that look at it, such as ring's, would run again, and
    // everything above them with them.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            build.env_remove(&name);
        }
    }
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo runs").success(), "the binary can't be built");
    profile.join(format!("publish{}", std::env::consts::EXE_SUFFIX))
}
