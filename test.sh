#!/usr/bin/env bash
# Runs every check and test, in the order in which they fail soonest.
#
#   ./test.sh [--fast]     --fast: without clippy, the walk in the browser and the check of the API against its document
#
# The Rust tests go through a PgBouncer in transaction mode; the walks and the check of the API speak to PostgreSQL itself,
# as does a plain `cargo nextest run` with DATABASE_URL set to a server whose databases it may create and drop.
#
# Saved with Windows line endings, it runs itself again without them; the `#` keeps the carriage return off that line.
if [ -n "${BASH_SOURCE[0]:-}" ] && grep -q $'\r' "$0"; then exec bash -c "$(tr -d '\r' <"$0")" "$0" "$@"; fi #
set -euo pipefail
cd "$(dirname "$0")"

step_count=8
# shellcheck source=.config/bootstrap.sh
source <(tr -d '\r' <.config/bootstrap.sh)

web=crates/ui/web
fast=
[ "${1:-}" != --fast ] || fast=yes
work=
server_pid=
pgbouncer_pid=
now_running='getting ready'

# Queries are checked against the committed .sqlx: the test database has no tables before each test makes its own.
export SQLX_OFFLINE=true

at_exit() {
  local status=$?
  trap - EXIT
  [ -z "$server_pid" ] || end_server
  [ -z "$pgbouncer_pid" ] || stop_pgbouncer
  [ -z "$work" ] || stop_database
  rm -rf "$cache/fetch.$$" ${work:+"$work"}
  if [ "$status" -eq 0 ]; then
    printf 'All green after %d s.\n' "$SECONDS"
  else
    printf 'FAILED: %s, after %d s.\n' "$now_running" "$SECONDS" >&2
  fi
  exit "$status"
}

timed() { # name, command …
  local began=$SECONDS
  now_running=$1
  printf '== %s\n' "$1"
  "${@:2}"
  printf '== %s: ok, %d s\n' "$1" "$((SECONDS - began))"
}

quietly() { # runs a command and shows its output only when it fails
  logged "$@" || { tail -n 20 "$log" >&2 && return 1; }
}

# What the tests need --------------------------------------------------------------------------------------------

ensure_shared() { # the sample event and the models
  step 'Sample event and models'
  export FINDME_SHARED=${FINDME_SHARED:-$PWD/../shared}
  if [ -d "$FINDME_SHARED/photos/public-event" ] && [ -d "$FINDME_SHARED/models" ]; then
    FINDME_SHARED=$(cd "$FINDME_SHARED" && pwd)
    ok "$FINDME_SHARED"
  elif [ -n "${CI:-}" ]; then
    fail "$FINDME_SHARED has no photos/public-event and models: put them there, or set FINDME_SHARED."
  else
    unset FINDME_SHARED
    ok 'missing: tests that need them are skipped'
  fi
}

ensure_pgbouncer() { # sets pgbouncer
  step 'PgBouncer'
  find_pgbouncer || { apt_install pgbouncer && find_pgbouncer; } ||
    fail 'PgBouncer is missing: sudo apt-get install -y pgbouncer; then start again.'
  ok "$pgbouncer"
}

find_pgbouncer() { # Debian puts it where only root looks
  pgbouncer=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
  [ -x "$pgbouncer" ]
}

ensure_browser() { # exports FINDME_CHROMIUM
  step 'Browser'
  find_browser || { apt_install chromium && find_browser; } ||
    fail 'Chromium is missing: sudo apt-get install -y chromium; then start again.'
  ok "$FINDME_CHROMIUM"
}

ensure_heif() { # libheif with its codecs, and the encoder with which tests make HEIC and AVIF files
  step 'libheif'
  if heif_is_ready; then
    ok "heif-enc $(heif_version)"
  elif apt_install libheif1 libheif-examples && { heif_is_ready || apt_install libheif-plugin-{libde265,dav1d,x265,aomenc}; } && heif_is_ready; then
    ok "installed heif-enc $(heif_version)"
  elif [ -n "${CI:-}" ]; then
    fail 'libheif or its encoder is missing: sudo apt-get install -y libheif1 libheif-examples; from Debian 13 on also libheif-plugin-libde265 libheif-plugin-dav1d libheif-plugin-x265 libheif-plugin-aomenc.'
  else
    ok 'missing: tests that need HEIC and AVIF files are skipped'
  fi
}

heif_is_ready() { # can it encode both? Where plugins are packages of their own, the decoders come with the encoders
  local encoders
  have heif-enc && encoders=$(heif-enc --list-encoders 2>/dev/null) && [[ $encoders == *x265* && $encoders == *aom* ]]
}

heif_version() { heif-enc --help 2>&1 | sed -n 's/.*libheif version: //p'; }

ensure_schemathesis() { # sets schemathesis_python
  local requirements=crates/app/tests/requirements.txt version folder
  version=$(sed -n 's/^schemathesis==\([0-9.]*\).*/\1/p' "$requirements")
  folder="$cache/python/schemathesis-$version"
  schemathesis_python="$folder/bin/python"
  step "Schemathesis $version"
  if cmp -s "$requirements" "$folder/requirements.txt" && "$schemathesis_python" -m schemathesis.cli --version >/dev/null 2>&1; then
    ok 'cached'
  elif fetch_schemathesis "$requirements" "$folder"; then
    ok 'fetched with pip'
  else
    fail "Schemathesis could not be fetched with pip (see $log): check the network, and that python3 is 3.11 or newer with venv (sudo apt-get install -y python3-venv)."
  fi
}

fetch_schemathesis() { # requirements, folder
  local tree="$cache/fetch.$$/schemathesis"
  mkdir -p "$cache/fetch.$$"
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv || return 1
  logged python3 -m venv --clear "$tree" || return 1
  logged "$tree/bin/python" -m pip install --quiet --only-binary=:all: --require-hashes --requirement "$1" || return 1
  cp "$1" "$tree/requirements.txt"
  # Its programs name the folder that they were made in; only `python -m` is used, which finds itself.
  move_into_place "$tree" "$2"
}

find_browser() {
  local name
  for name in "${FINDME_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -z "$name" ] || ! have "$name" || { FINDME_CHROMIUM=$(command -v "$name") && export FINDME_CHROMIUM && return; }
  done
  return 1
}

# A database of our own ------------------------------------------------------------------------------------------

database_user() { # PostgreSQL and PgBouncer refuse to run as root
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
  else
    "$@"
  fi
}

start_database() { # exports DATABASE_URL: a throw-away cluster on a Unix socket; durability is of no use to it
  work=$(mktemp -d "${TMPDIR:-/tmp}/findme-test.XXXXXX")
  chmod 755 "$work"
  mkdir "$work/database"
  [ "$(id -u)" -ne 0 ] || chown nobody "$work/database"
  local options="-c listen_addresses='' -c unix_socket_directories=$work/database -c max_connections=200"
  options+=' -c fsync=off -c synchronous_commit=off -c full_page_writes=off'
  (
    cd "$work"
    quietly database_user "$postgres_bin/initdb" --pgdata=database/data --username=postgres --auth=trust \
      --encoding=UTF8 --locale=C.UTF-8 --no-sync
    quietly database_user "$postgres_bin/pg_ctl" start --pgdata=database/data --wait --log=database/log --options="$options"
  )
  export FINDME_TEST_LOGS="$work/logs"
  mkdir -m 777 "$FINDME_TEST_LOGS"
  export DATABASE_URL="postgres:///postgres?host=$work/database&user=postgres"
}

stop_database() {
  [ ! -f "$work/database/data/postmaster.pid" ] ||
    (cd "$work" && logged database_user "$postgres_bin/pg_ctl" stop --pgdata=database/data --mode=immediate) || true
}

start_pgbouncer() { # exports FINDME_TEST_PGBOUNCER: few connections of the server for many clients, so that they are shared
  local folder="$work/pgbouncer" user=() tries
  mkdir "$folder"
  [ "$(id -u)" -ne 0 ] || { chown nobody "$folder" && user=(--user=nobody); }
  printf '%s\n' >"$folder/pgbouncer.ini" \
    '[databases]' "* = host=$work/database user=postgres" \
    '[pgbouncer]' 'pool_mode = transaction' 'default_pool_size = 5' 'max_client_conn = 2000' \
    'auth_type = any' "unix_socket_dir = $folder" 'listen_port = 6432' 'server_login_retry = 1' \
    'log_connections = 0' 'log_disconnections = 0' \
    '; A database is dropped as its test ends, which waits until nobody is connected to it any more.' \
    'server_idle_timeout = 0.2'
  "$pgbouncer" "${user[@]}" "$folder/pgbouncer.ini" 2>"$FINDME_TEST_LOGS/pgbouncer.log" &
  pgbouncer_pid=$!
  for tries in $(seq 100); do
    [ ! -S "$folder/.s.PGSQL.6432" ] || break
    if [ "$tries" -eq 100 ] || ! kill -0 "$pgbouncer_pid" 2>/dev/null; then
      cat "$FINDME_TEST_LOGS/pgbouncer.log" >&2
      return 1
    fi
    sleep 0.1
  done
  export FINDME_TEST_PGBOUNCER="postgres:///postgres?host=$folder&port=6432&user=postgres"
}

stop_pgbouncer() {
  kill -TERM "$pgbouncer_pid" 2>/dev/null || true
  wait "$pgbouncer_pid" 2>/dev/null || true
}

# The tests ------------------------------------------------------------------------------------------------------

shell_check() {
  if have shellcheck; then
    shellcheck --external-sources start.sh test.sh .ci/run .config/bootstrap.sh
  else
    echo 'shellcheck is not installed: skipped'
  fi
}

rust_tests() {
  local profile=default
  [ -z "${CI:-}" ] || profile=ci
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --locked --profile "$profile"
  else
    cargo test --workspace --locked --lib --bins --tests
  fi
}

no_database_is_left() { # a test's database goes when the test has passed
  local left
  left=$("$postgres_bin/psql" "$DATABASE_URL" --tuples-only --no-align --command \
    "select datname from pg_database where datname like '\_sqlx\_test\_%' or datname like 'findme\_process\_%'")
  [ -z "$left" ] || { printf 'Left behind:\n%s\n' "$left" >&2 && return 1; }
}

npm_packages() { # folder: gets what its package-lock.json names, unless it is there
  [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] || npm --prefix "$1" ci --no-audit --no-fund
}

page_checks() {
  npm_packages "$web"
  npm --prefix "$web" run check
  npm --prefix "$web" test
}

# Walks in the browser -------------------------------------------------------------------------------------------

browser_walk() { # script, name of its data folder: a walk through the pages of the program as it ships
  start_server "$2"
  mkdir -p "target/screenshots/$2"
  FINDME_URL=$server_url FINDME_SETUP_TOKEN=$(setup_token) FINDME_SCREENSHOTS="$PWD/target/screenshots/$2" \
    node "$web/e2e/$1" || { tail -n 30 "$server_log" >&2 && return 1; }
  stop_server
}

start_server() { # name of its data folder; a fresh installation; sets server_url, server_log, server_pid
  local binary="${CARGO_TARGET_DIR:-target}/debug/findme"
  server_url="http://127.0.0.1:$(free_port)"
  server_log="$FINDME_TEST_LOGS/$1.log"
  server_out="$work/$1.out"
  unset DATABASE_URL DATABASE_DIRECT_URL
  export FINDME_DATA="$work/$1" FINDME_LISTEN="${server_url#http://}"
  "$binary" models pull
  # What it says to people, the set-up link among it, is kept apart from what it logs.
  LOG_LEVEL=debug "$binary" serve --with-worker >"$server_out" 2>"$server_log" &
  server_pid=$!
  await_ready "$server_url"
}

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

await_ready() { # URL
  local tries
  for tries in $(seq 120); do
    ! node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$1/ready" || return 0
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.5
  done
  printf 'The server was not ready after %d tries:\n' "$tries" >&2
  tail -n 30 "$server_log" >&2
  return 1
}

setup_token() { # from the one-time link that the server prints
  grep -oE '/setup\?token=[^[:space:]]+' "$server_out" | head -n 1 | cut -d = -f 2
}

end_server() { # after a failure: it gets ten seconds to stop its database
  kill -TERM "$server_pid" 2>/dev/null || return 0
  timeout 10 tail --pid="$server_pid" -f /dev/null || kill -KILL "$server_pid"
}

stop_server() { # as an operator would, and it must end in good order
  local status=0
  kill -TERM "$server_pid"
  wait "$server_pid" || status=$?
  server_pid=
  [ "$status" -eq 0 ] || { printf 'The server ended with status %d on SIGTERM.\n' "$status" >&2 && return 1; }
}

# Uploads by somebody else's client -------------------------------------------------------------------------------

tus_client() { # the tus project's own client, through connections that keep breaking
  npm_packages crates/app/tests/tus
  start_server tus
  FINDME_URL=$server_url FINDME_SETUP_TOKEN=$(setup_token) \
    node crates/app/tests/tus/upload.mjs || { tail -n 30 "$server_log" >&2 && return 1; }
  stop_server
}

# The API beside its document -------------------------------------------------------------------------------------

api_contract() { # every operation, as nobody and as each role; no rate limits, so that handlers are reached
  FINDME_RATE_LIMITS=off start_server contract
  FINDME_URL=$server_url FINDME_SETUP_TOKEN=$(setup_token) \
    "$schemathesis_python" crates/app/tests/contract.py || { tail -n 30 "$server_log" >&2 && return 1; }
  stop_server
}

# Nothing secret in the logs ---------------------------------------------------------------------------------------

logs_hold_no_secret() { # searches all that the tests and the servers have logged
  cargo test --quiet --locked --package app --test it -- --ignored --exact secrets::no_log_of_the_whole_suite_holds_a_secret
}

trap at_exit EXIT
: >"$log"
[ -z "$fast" ] || step_count=6
ensure_tools
ensure_onnx
ensure_postgres
ensure_pgbouncer
ensure_shared
ensure_heif
[ -n "$fast" ] || ensure_browser
[ -n "$fast" ] || ensure_schemathesis

timed 'format' cargo fmt --all --check
timed 'shell scripts' shell_check
[ -n "$fast" ] || timed 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
timed 'database' start_database
timed 'PgBouncer' start_pgbouncer
timed 'Rust tests' rust_tests
timed 'databases left behind' no_database_is_left
timed 'examples in the docs' cargo test --doc --workspace --locked
timed 'pages' page_checks
if [ -z "$fast" ] && [ -n "${FINDME_SHARED:-}" ]; then
  timed 'build' cargo build --locked --bin findme
  timed 'main job in the browser' browser_walk main-job.mjs job
  timed 'accounts in the browser' browser_walk accounts.mjs accounts
  timed 'journeys of every audience' browser_walk journeys.mjs journeys
  timed 'a new photo appears by itself' browser_walk live.mjs live
  # The goal is 1500 ms, which `npm run e2e:budget` holds on a quiet machine; a busy one is no reason to fail here.
  FINDME_LCP_MS_MAX=2500 timed 'budget of the first view' browser_walk budget.mjs budget
  timed 'uploads by a tus client' tus_client
  timed 'API beside its document' api_contract
fi
timed 'secrets in the logs' logs_hold_no_secret
