# The metastore's database on a PostgreSQL of this stack, with MS_DB=postgres. Sourced by stack.sh.

postgres_programs() { # the folder with initdb and postgres, the newest one
  local folder
  folder=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
  if [ ! -x "$folder/initdb" ]; then folder=$(dirname "$(command -v initdb)" 2> /dev/null) || true; fi
  [ -x "$folder/postgres" ] || fail "initdb and postgres are missing; on Debian: apt-get install postgresql"
  echo "$folder"
}

as_database_owner() { # command ...; PostgreSQL refuses root, so root runs it as an ordinary user
  if [ "$(id -u)" -ne 0 ]; then exec "$@"; fi
  local user
  for user in postgres nobody; do
    if id "$user" > /dev/null 2>&1; then
      exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups ${owner:+--pdeathsig INT} "$@"
    fi
  done
  fail "PostgreSQL refuses to run as root, and there is no user postgres or nobody"
}

init_db() { # makes the cluster in db/
  local programs; programs=$(postgres_programs)
  mkdir -p "$base/db"
  if [ "$(id -u)" -eq 0 ]; then
    chmod a+x "$base"
    chown "$(id -u postgres 2> /dev/null || id -u nobody)" "$base/db"
  fi
  (cd "$base/db" && as_database_owner "$programs/initdb" -D "$base/db/data" -U hive -A trust -E UTF8 --locale=C \
    --no-sync --no-instructions) > "$base/db.log" 2>&1 ||
    { cat "$base/db.log" >&2; fail "initdb failed; can that user reach $base?"; }
}

launch_db() { # on a free port
  local programs port; programs=$(postgres_programs)
  for _ in $(seq 1 20); do
    port=$((10000 + RANDOM % 22000))   # below the ports that systems give to clients
    (cd "$base/db" && as_database_owner nohup "$programs/postgres" -D "$base/db/data" -p "$port" \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200 \
      > "$base/db.err" 2>&1 < /dev/null) &
    echo $! > "$base/db.pid"
    for _ in $(seq 1 600); do
      if grep -q 'ready to accept connections' "$base/db.err" 2> /dev/null; then
        echo "$port" > "$base/db/port"
        return
      fi
      kill -0 "$(cat "$base/db.pid")" 2> /dev/null || break
      sleep 0.1
    done
    grep -q 'Address already in use' "$base/db.err" || break
  done
  tail -20 "$base/db.err" >&2
  fail "PostgreSQL did not start"
}

load_schema() { # Hive's own
  local psql=("$(postgres_programs)/psql" -q -h 127.0.0.1 -p "$(cat "$base/db/port")" -U hive -v ON_ERROR_STOP=1)
  [ -x "${psql[0]}" ] || psql[0]=psql
  { "${psql[@]}" -d postgres -c 'CREATE DATABASE metastore' &&
    "${psql[@]}" -d metastore -1 -f "$here/hs2/target/classes/hive-schema-4.0.0.postgres.sql"; } >> "$base/db.log" 2>&1 ||
    { tail -20 "$base/db.log" >&2; fail "the metastore's schema could not be loaded"; }
  echo "READY postgres=127.0.0.1:$(cat "$base/db/port")/metastore user=hive" > "$base/db.out"
}

start_db() { init_db; launch_db; load_schema; }

database_settings() { # how the metastore reaches it; nothing with Derby
  [ ! -f "$base/db.out" ] || echo "javax.jdo.option.ConnectionURL=jdbc:postgresql://127.0.0.1:$(cat "$base/db/port")/metastore" \
    javax.jdo.option.ConnectionDriverName=org.postgresql.Driver javax.jdo.option.ConnectionUserName=hive \
    javax.jdo.option.ConnectionPassword=hive
}
