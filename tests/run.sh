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
need flock util-linux

if ! cmp -s "$requirements" "$python/made-from.txt"; then
    echo "making the Python of the tests in $python"
    make_python
fi
PUBLISH_TEST_PYTHON="$(cd "$python" && pwd)/bin/python"
REDSHIFT_EMULATOR_TEST_PYTHON="$PUBLISH_TEST_PYTHON"
export PUBLISH_TEST_PYTHON REDSHIFT_EMULATOR_TEST_PYTHON

# The suites tell on their output what they had to leave out.
log="$target/tests.log"
set +e
cargo test --workspace --no-fail-fast -- --show-output 2>&1 | tee "$log"
status="${PIPESTATUS[0]}"
set -e

echo
echo "tests passed: $(grep -c '^test .* \.\.\. ok$' "$log" || true), failed: $(grep -c '^test .* \.\.\. FAILED$' "$log" || true)"
if grep -qi '^left out: ' "$log"; then
    grep -i '^left out: ' "$log" | sort -u
else
    echo "nothing was left out"
fi
exit "$status"
