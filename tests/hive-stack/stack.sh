#!/bin/bash
# A real HiveServer2 over a real HDFS on 127.0.0.1: HDFS (MiniDFSCluster), a metastore, and HiveServer2s, a JVM each.
#   stack.sh run [BASE_DIR]        starts everything, prints the endpoints, and stops when its standard input ends
#   stack.sh start BASE_DIR        the same, detached; wipes BASE_DIR
#   stack.sh stop BASE_DIR
#   stack.sh build                 compiles and downloads what is missing, and nothing else
#   stack.sh restart-hs2 BASE_DIR NAME [key=value ...]   one HiveServer2 anew, on its old ports; HDFS and metastore are kept
#   stack.sh restart-ms BASE_DIR   the metastore anew (with MS_CONF="k=v ...")
#   stack.sh stop-dn|start-dn BASE_DIR N                 one DataNode of DATANODES, counted from 0
#   stack.sh kill|pause|resume BASE_DIR NAME             a process by its name among the endpoints: SIGKILL, STOP, CONT
#   stack.sh hdfs BASE_DIR -put|-cat|...                 Hadoop's own FsShell, as HADOOP_USER_NAME or whoever calls
# BASE_DIR is a scratch folder; `run` makes one of its own when none is given, and removes it at the end.
# Environment: SERVERS (default "plain nosasl secure", may be empty; or servers with Kerberos), DATANODES, NN_PORT, NN_HTTP_PORT, MS_PORT (default: free
# ports), BIND (default 127.0.0.1; HDFS and metastore alone, servers by HS2_CONF), DN_PORT (of the one DataNode), MS_DB (derby or postgres), HDFS_PROTECTION, MS_HEAP, MS_OPTS, MS_CONF, HS2_HEAP, HS2_OPTS, HS2_CONF, JAVA_HOME, REBUILD.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java   # JDK 17
keytool=${JAVA_HOME:+$JAVA_HOME/bin/}keytool
owner=
. "$here/postgres.sh"
. "$here/kerberos.sh"

fail() { echo "stack.sh: $*" >&2; exit 1; }

need() { # program ...
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || fail "$tool is missing; on Debian: apt-get install openjdk-17-jdk-headless maven util-linux"
  done
}

build() {
  need "$java" "$keytool" flock
  mkdir -p "$here/target"
  (
    flock 9   # Two test commands may start at once.
    if [ -n "${REBUILD:-}" ] || [ ! -f "$here/target/built" ] || [ -n "$(find "$here" -newer "$here/target/built" \( -name '*.java' -o -name '*.xml' -o -name '*.properties' \) -not -path '*/target/*' -print -quit)" ]; then
      need mvn
      cd "$here"
      mvn -q -B compile dependency:build-classpath -Dmdep.outputFile=target/cp -Dmdep.includeScope=runtime >&2
      touch target/built
    fi
  ) 9> "$here/target/lock"
}

opens() { # what Hive and Hadoop of this age need on JDK 17
  for p in java.lang java.lang.reflect java.io java.net java.nio java.time java.util java.util.concurrent java.util.concurrent.atomic java.util.regex sun.nio.ch; do
    printf -- '--add-opens=java.base/%s=ALL-UNNAMED ' $p
  done
}

launch() { # name, class path, java options, main class and its arguments
  local name=$1 path=$2; shift 2
  mkdir -p "$base/$name/tmp"
  rm -f "$base/$name.out"
  # Tez copies hive-exec (40 MB) into the working directory for each session.
  (cd "$base/$name" && exec nohup "$java" -Djava.io.tmpdir="$base/$name/tmp" ${owner:+-Dstack.owner=$owner} $(kerberos_options) $(opens) -cp "$path" "$@" \
    > "$base/$name.out" 2> "$base/$name.err" < /dev/null) &
  echo $! > "$base/$name.pid"
}

wait_ready() { # name
  local gone=0   # A process that was just forked is not to be known by its arguments yet.
  for _ in $(seq 1 1800); do
    grep -q '^READY' "$base/$1.out" 2> /dev/null && return
    if alive "$1"; then gone=0; else gone=$((gone + 1)); fi
    [ "$gone" -lt 20 ] || break
    sleep 0.1
  done
  tail -40 "$base/$1.err" >&2 || true
  fail "$1 did not start"
}

alive() { # name; a pid may have been given to another process since
  local pid; pid=$(cat "$base/$1.pid" 2> /dev/null) && grep -qa "$base" "/proc/$pid/cmdline" 2> /dev/null
}

stop_one() { # name, signal
  if alive "$1"; then
    local pid; pid=$(cat "$base/$1.pid")
    kill -s "${2:-TERM}" "$pid" 2> /dev/null || true
    for _ in $(seq 1 100); do alive "$1" || break; sleep 0.1; done
    if alive "$1"; then kill -9 "$pid" 2> /dev/null || true; fi
  fi
  rm -f "$base/$1.pid"
}

kill_one() { # name; as a crash does, and waits until it is gone
  kill -9 "$(cat "$base/$1.pid")"
  for _ in $(seq 1 100); do alive "$1" || break; sleep 0.05; done
}

servers() { for pid in "$base"/hs2-*.pid; do [ -e "$pid" ] && basename "$pid" .pid; done; true; }

stop_all() {
  local name stopping=()
  for name in $(servers); do stop_one "$name" & stopping+=($!); done
  # Not a bare wait: the other JVMs are children too, and still run.
  if [ ${#stopping[@]} -gt 0 ]; then wait "${stopping[@]}" || true; fi
  stop_one ms
  stop_one dfs
  stop_one kdc
  stop_one db INT   # at once, whoever is still connected
}

start_dfs() {
  launch dfs "$here/minidfs/target/classes:$(cat "$here/minidfs/target/cp")" -Xmx512m \
    stack.MiniDfs "$base" "${NN_PORT:-0}" "${NN_HTTP_PORT:-0}" "${DATANODES:-1}" "${BIND:-127.0.0.1}" "${DN_PORT:-0}"
  wait_ready dfs
}

tell_dfs() { # command; prints the answer, fails unless it is OK
  local address answer; address=$(sed -n 's/^READY.* control=\(\S*\).*/\1/p' "$base/dfs.out")
  exec 3<> "/dev/tcp/${address%:*}/${address#*:}"
  echo "$*" >&3
  read -r -t 150 answer <&3 || fail "no answer from the DataNodes"
  echo "$answer"
  [ "${answer%% *}" = OK ]
}

hive_path() { echo "$base/conf-$1:$base/conf:$here/hs2/target/classes:$(cat "$here/hs2/target/cp")"; }

start_ms() { # the metastore's own JVM; owns Derby unless there is a PostgreSQL
  mkdir -p "$base/conf-ms"
  HADOOP_USER_NAME=hive launch ms "$(hive_path ms)" -Xmx"${MS_HEAP:-1g}" ${MS_OPTS:-} \
    stack.Ms "$base" "${MS_PORT:-0}" metastore.thrift.bind.host="${BIND:-127.0.0.1}" $(database_settings) $(kerberos_settings) ${MS_CONF:-}
  wait_ready ms
}

settings_of() { # server name: how it differs from stack-site.xml
  case $1 in
    plain) ;;
    nosasl) echo hive.server2.authentication=NOSASL hive.server2.transport.mode=binary ;;
    secure) echo hive.server2.authentication=CUSTOM hive.server2.custom.authentication.class=stack.OneUser hive.server2.use.SSL=true \
      hive.server2.keystore.path="$base/tls/server.p12" hive.server2.keystore.type=PKCS12 hive.server2.keystore.password=changeit \
      hive.server2.xsrf.filter.enabled=true ;;
    kerberos) kerberos_server auth ;;
    kerberos-int) kerberos_server auth-int ;;
    kerberos-conf) kerberos_server auth-conf ;;
    *) fail "no server is called $1; there are plain, nosasl, secure, kerberos, kerberos-int and kerberos-conf" ;;
  esac
}

zone_of() { # server name: the options of its JVM that set its time zone
  # One server is elsewhere: Hive shifts some times of files by the zone of the JVM that reads them.
  case $1 in nosasl) echo -Duser.timezone=America/New_York ;; esac
}

launch_hs2() { # server name, key=value ...
  local name=$1 settings; shift
  settings=$(settings_of "$name")
  mkdir -p "$base/conf-hs2-$name"
  HADOOP_USER_NAME=hive launch "hs2-$name" "$(hive_path "hs2-$name")" -Xmx"${HS2_HEAP:-2g}" -XX:+ExitOnOutOfMemoryError $(zone_of "$name") ${HS2_OPTS:-} \
    stack.Hs2 "$base" "$name" "$(sed -n 's/^READY hms=\(\S*\).*/hive.metastore.uris=\1/p' "$base/ms.out")" $settings ${HS2_CONF:-} "$@"
}

certificates() { # an authority and a server certificate of it: tls/ca.pem, tls/server.p12, tls/fingerprint
  mkdir -p "$base/tls"
  (
    cd "$base/tls"
    local ca="-keystore ca.p12 -storetype PKCS12 -storepass changeit -alias ca" server="-keystore server.p12 -storetype PKCS12 -storepass changeit -alias server"
    "$keytool" -genkeypair $ca -keyalg EC -groupname secp256r1 -dname "CN=Test authority" -ext bc:c=ca:true -ext ku:c=keyCertSign
    "$keytool" -exportcert $ca -rfc -file ca.pem
    "$keytool" -genkeypair $server -keyalg RSA -keysize 2048 -dname CN=localhost
    "$keytool" -certreq $server | "$keytool" -gencert $ca -rfc -ext san=dns:localhost,ip:127.0.0.1 > server.pem
    "$keytool" -importcert -noprompt -keystore server.p12 -storetype PKCS12 -storepass changeit -alias ca -file ca.pem
    "$keytool" -importcert -noprompt $server -file server.pem
    "$keytool" -printcert -file server.pem | sed -n 's/.*SHA256: //p' > fingerprint.new
    mv fingerprint.new fingerprint
  ) > "$base/tls/log" 2>&1 || { cat "$base/tls/log" >&2; fail "the certificates could not be made"; }
}

start_all() {
  mkdir -p "$base/conf"
  local name list=${SERVERS-plain nosasl secure}
  case " $list " in *" secure "*) certificates & esac
  case ${MS_DB:-derby} in
    derby) ;;
    postgres) start_db ;;
    *) fail "MS_DB is derby or postgres, not $MS_DB" ;;
  esac
  start_kdc "$list"
  start_dfs
  start_ms
  wait_certificates
  for name in $list; do launch_hs2 "$name"; done
  for name in $list; do wait_ready "hs2-$name"; done
  endpoints > "$base/endpoints"
}

wait_certificates() {
  case " ${SERVERS-plain nosasl secure} " in *" secure "*)
    for _ in $(seq 1 300); do [ -s "$base/tls/fingerprint" ] && return; sleep 0.1; done
    fail "the certificates could not be made" ;;
  esac
}

endpoints() { # one line each: "dfs hdfs=.. webhdfs=..", "ms hms=..", "plain thrift=.. http=.. auth=.."
  local file
  for file in "$base"/kdc.out "$base"/dfs.out "$base"/db.out "$base"/ms.out "$base"/hs2-*.out; do
    [ ! -e "$file" ] || sed -n "s/^READY/$(basename "$file" .out)/p" "$file" | sed 's/^hs2-//'
  done
}

command=${1:-}; base=${2:+$(realpath -m "$2")}
case $command in
  build) build ;;
  run | serve)
    build
    if [ -z "$base" ]; then base=$(mktemp -d "${TMPDIR:-/tmp}/hive-stack.XXXXXX"); fi
    owner=$$   # The JVMs end with this script, even when it is killed.
    trap 'exit 130' INT TERM HUP
    trap 'stop_all; rm -rf "$base"' EXIT
    rm -rf "$base"
    start_all
    cat "$base/endpoints"
    echo "base=$base"
    echo "STACK READY"
    case $command in
      run) cat > /dev/null ;;
      serve) sleep infinity & wait $! ;;   # A trap runs at once only while the shell itself waits.
    esac ;;
  start)
    [ -n "$base" ] || fail "start needs BASE_DIR"
    build
    stop_all
    rm -rf "$base"
    start_all
    cat "$base/endpoints" ;;
  stop)
    [ -n "$base" ] || fail "stop needs BASE_DIR"
    stop_all ;;
  restart-hs2)
    name=${3:-plain}; shift $(($# < 3 ? $# : 3))
    ports=$(sed -n 's/^READY\( thrift=[0-9.]*:\([0-9]*\)\)\?\( http=https\?:..[0-9.]*:\([0-9]*\)\)\?.*/hive.server2.thrift.port=\2 hive.server2.thrift.http.port=\4/p' "$base/hs2-$name.out" 2> /dev/null \
      | tr ' ' '\n' | grep '=[0-9]' || true)
    stop_one "hs2-$name"; launch_hs2 "$name" $ports "$@"; wait_ready "hs2-$name"; endpoints | tee "$base/endpoints" ;;
  restart-ms)
    MS_PORT=$(sed -n 's/^READY hms=thrift:..127.0.0.1:\([0-9]*\).*/\1/p' "$base/ms.out")
    stop_one ms; start_ms ;;
  stop-dn|start-dn)
    tell_dfs "$command ${3:?the number of the DataNode}" ;;
  kill|kill-hs2|pause|resume)
    name=${3:?the name of the process}
    if [ -e "$base/hs2-$name.pid" ]; then name=hs2-$name; fi
    alive "$name" || fail "$name does not run"
    case $command in
      kill|kill-hs2) kill_one "$name" ;;
      pause) kill -STOP "$(cat "$base/$name.pid")" ;;
      resume) kill -CONT "$(cat "$base/$name.pid")" ;;
    esac ;;
  hdfs)
    shift 2
    exec "$java" -Xmx512m $(kerberos_options) $(opens) -cp "$base/conf:$here/minidfs/target/classes:$(cat "$here/minidfs/target/cp")" \
      org.apache.hadoop.fs.FsShell "$@" ;;
  *) sed -n 2,14p "$0"; exit 2 ;;
esac
