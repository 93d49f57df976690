#!/usr/bin/env bash
# Passes the tests: makes the Python that checks values, then runs every suite. Needs Rust, and apt or a Python with venv.
set -euo pipefail

cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
python="$target/python"
requirements="tests/data/requirements.txt"

# pyarrow and fastavro say what the files hold; they live in the build folder, not in the tree.
make_python() {
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
            echo "error: Python's venv is missing; install the package python3-venv and run this again" >&2
            exit 1
        fi
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null
    fi
    rm -rf "$python"
    mkdir -p "$target"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$python/made-from.txt"
}

if ! cmp -s "$requirements" "$python/made-from.txt"; then
    echo "making a Python with pyarrow and fastavro in $python"
    make_python
fi
PUBLISH_TEST_PYTHON="$(cd "$python" && pwd)/bin/python"
export PUBLISH_TEST_PYTHON

# The suites tell on their output what they had to leave out.
log="$target/tests.log"
set +e
cargo test --workspace --no-fail-fast -- --show-output 2>&1 | tee "$log"
status="${PIPESTATUS[0]}"
set -e

echo
echo "tests passed: $(grep -c '^test .* \.\.\. ok$' "$log" || true), failed: $(grep -c '^test .* \.\.\. FAILED$' "$log" || true)"
if grep -q '^left out: ' "$log"; then
    grep '^left out: ' "$log" | sort -u
else
    echo "nothing was left out"
fi
exit "$status"
