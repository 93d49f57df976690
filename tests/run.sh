#!/usr/bin/env bash
# Passes the tests: finds or installs what they need, then runs every suite. Needs Rust, and apt or what it would install.
set -euo pipefail

cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
python="$target/python"
requirements="tests/data/requirements.txt"

# Installs packages of the system.
install() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "error: a program is missing; install $* and run this again" >&2
        exit 1
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Installs the packages that hold a program, if it is missing.
need() { # program, packages
    command -v "$1" >/dev/null || install "${@:2}"
}

# pyarrow and fastavro say what files hold, psycopg2 and redshift_connector speak to the stand-in for Redshift, moto is an
# S3 to try. They live in the build folder, not in the tree.
make_python() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || install python3 python3-venv
    rm -rf "$python"
    mkdir -p "$target"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$python/made-from.txt"
}

# The programs of a PostgreSQL: no service has to run.
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
need psql postgresql-client
need javac openjdk-17-jdk-headless
need mvn maven
need curl curl
need flock util-linux

if ! cmp -s "$requirements" "$python/made-from.txt"; then
    echo "making the Python of the tests in $python"
    make_python
fi
PUBLISH_TEST_PYTHON="$(cd "$python" && pwd)/bin/python"
REDSHIFT_EMULATOR_TEST_PYTHON="$PUBLISH_TEST_PYTHON"
export PUBLISH_TEST_PYTHON REDSHIFT_EMULATOR_TEST_PYTHON

# One Hive and HDFS for all suites. It starts while the suites are built, and ends when its input does: with this script,
# also when that is killed.
start_stack() {
    coproc STACK { MS_DB=postgres DATANODES=2 exec tests/hive-stack/stack.sh run; }
    stack_pid="$STACK_PID" stack_input="${STACK[1]}" stack_output="${STACK[0]}"
}

# Waits for it, and tells the suites where it is.
find_stack() {
    local line
    while IFS= read -r line <&"$stack_output"; do
        case "$line" in
            base=*) HIVE_STACK="${line#base=}" ;;
            "STACK READY") export HIVE_STACK; return ;;
        esac
    done
    echo "error: the Hive stack did not start; its own words are above. HIVE_TESTS=skip leaves its suites out" >&2
    exit 1
}

stop_stack() {
    eval "exec $stack_input>&-"
    wait "$stack_pid" || true
}

# The suites tell on their output what they had to leave out.
log="$target/tests.log"
uses_stack=
if [ "${HIVE_TESTS:-}" != skip ] && [ -z "${HIVE_STACK:-}" ]; then
    uses_stack=1
    start_stack
fi
cargo test --workspace --no-run
if [ -n "$uses_stack" ]; then find_stack; fi
set +e
cargo test --workspace --no-fail-fast -- --show-output 2>&1 | tee "$log"
status="${PIPESTATUS[0]}"
if [ -n "$uses_stack" ]; then stop_stack; fi

# A suite of its own, when it is asked for: its feature takes libraries of the system to build, and its servers are a
# second stack.
if [ "${KERBEROS_TESTS:-}" != run ]; then
    echo "LEFT OUT: the tests with Kerberos, unless KERBEROS_TESTS=run" | tee -a "$log"
else
    { command -v kinit && dpkg -s libkrb5-dev libclang-dev; } >/dev/null 2>&1 || install krb5-user libkrb5-dev libclang-dev
    tests/kerberos.sh 2>&1 | tee -a "$log"
    kerberos_status="${PIPESTATUS[0]}"
    [ "$status" -ne 0 ] || status="$kerberos_status"
fi
set -e

echo
echo "tests passed: $(grep -c '^test .* \.\.\. ok$' "$log" || true), failed: $(grep -c '^test .* \.\.\. FAILED$' "$log" || true)"
if grep -qi '^left out: ' "$log"; then
    grep -i '^left out: ' "$log" | sort -u
else
    echo "nothing was left out"
fi
exit "$status"
