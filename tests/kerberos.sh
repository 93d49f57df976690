#!/usr/bin/env bash
# Passes the tests with Kerberos: starts the secured Hive stack, logs in, runs them, and stops the stack.
# Needs kinit, libclang and the headers of MIT's Kerberos; on Debian: krb5-user libclang-dev libkrb5-dev.
set -euo pipefail

cd "$(dirname "$0")/.."
base="$(mktemp -d "${TMPDIR:-/tmp}/hive-kerberos.XXXXXX")"
stop() {
    tests/hive-stack/stack.sh stop "$base" || true
    rm -rf "$base"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

SERVERS="kerberos kerberos-int kerberos-conf" tests/hive-stack/stack.sh start "$base"
export KRB5_CONFIG="$base/krb/krb5.conf" KRB5CCNAME="FILE:$base/krb/alice.cache" HIVE_KERBEROS_STACK="$base"
kinit -k -t "$base/krb/alice.keytab" alice
# As a part of the workspace, so that all but a few crates are those that the other tests have built.
cargo test --workspace --features hiveserver2/kerberos,publish-cli/kerberos,publish-tests/kerberos --test kerberos -- --show-output
