#!/usr/bin/env bash
# Starts FindMe: gets what is missing, builds, and serves. Run it again at any time; what is there already is kept.
#
#   ./start.sh [--prepare] [options of `findme serve`]
#
# --prepare does everything but serving. FINDME_BIN names a program that is built already, as in the Docker image.
#
# Saved with Windows line endings, it runs itself again without them; the `#` keeps the carriage return off that line.
if [ -n "${BASH_SOURCE[0]:-}" ] && grep -q $'\r' "$0"; then exec bash -c "$(tr -d '\r' <"$0")" "$0" "$@"; fi #
set -euo pipefail
cd "$(dirname "$0")"

step_count=5
[ -z "${FINDME_BIN:-}" ] || step_count=$((step_count - 2))
[ -z "${DATABASE_URL:-}" ] || step_count=$((step_count - 1))
# shellcheck source=.config/bootstrap.sh
source <(tr -d '\r' <.config/bootstrap.sh)

build() { # sets FINDME_BIN
  local began=$SECONDS quiet=(--quiet)
  step 'Building (minutes the first time, seconds after)'
  # On a screen cargo shows how far it is; in a log its hundreds of lines would bury the others.
  if [ -t 2 ]; then quiet=() && printf '\n'; fi
  # Queries are checked against the committed .sqlx, not against a database that may not have its tables yet.
  SQLX_OFFLINE=true cargo build --release --locked --bin findme "${quiet[@]}" || fail 'the build failed: see above.'
  FINDME_BIN="${CARGO_TARGET_DIR:-target}/release/findme"
  ok "$((SECONDS - began)) s"
}

pull_models() {
  step 'Models'
  logged "$FINDME_BIN" models pull || fail "$(tail -n 1 "$log")"
  ok
}

prepare_only=
if [ "${1:-}" = --prepare ]; then
  prepare_only=yes
  shift
fi
: >"$log"
[ -n "${FINDME_BIN:-}" ] || ensure_tools
ensure_onnx
[ -n "${DATABASE_URL:-}" ] || ensure_postgres
[ -n "${FINDME_BIN:-}" ] || build
pull_models
[ -z "$prepare_only" ] || exit 0

# In place of this shell, so that signals reach the server. It prints the address and, the first time, a set-up link.
exec "$FINDME_BIN" serve --with-worker "$@"
