#!/usr/bin/env bash
# Passes the tests of the client with Spark's Thrift server: installs PySpark (400 MB) into the build folder, starts the
# server, runs them, and stops it. Needs JDK 17 and Python.
set -euo pipefail

cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
version=4.0.1
python="$target/spark-$version"
base="$(mktemp -d "${TMPDIR:-/tmp}/spark-thrift.XXXXXX")"
server=

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$base"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

if [ ! -f "$python/complete" ]; then
    rm -rf "$python"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check "pyspark==$version"
    touch "$python/complete"
fi
spark="$(cd "$python" && pwd)/lib"
spark="$(echo "$spark"/python3*/site-packages/pyspark)"

port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
(
    cd "$base"
    export SPARK_HOME="$spark" SPARK_LOCAL_IP=127.0.0.1
    exec "$spark/bin/spark-submit" --master 'local[2]' --driver-memory 1g --conf spark.ui.enabled=false \
        --conf spark.sql.warehouse.dir="$base/warehouse" --conf spark.sql.session.timeZone=UTC \
        --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 spark-internal \
        --hiveconf hive.server2.thrift.bind.host=127.0.0.1 --hiveconf "hive.server2.thrift.port=$port"
) >"$base/log" 2>&1 &
server=$!
for _ in $(seq 1 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
done
if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    tail -40 "$base/log" >&2
    echo "error: Spark's Thrift server did not start" >&2
    exit 1
fi
SPARK_THRIFT="127.0.0.1:$port" cargo test --workspace --test spark -- --show-output
