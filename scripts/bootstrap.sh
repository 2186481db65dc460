#!/usr/bin/env bash
# Prepares this clone and, with --exec, runs one of its commands. Needs only Node 20 or newer and npm; installs nothing globally.
# In a release everything is there already: it runs the release's own command on the release's own Node, and needs neither.
#   scripts/bootstrap.sh                          packages and release bundle
#   scripts/bootstrap.sh --dev                    packages and development tools, no bundle
#   scripts/bootstrap.sh --exec oroboros ARG...   the bundled command, on the pinned Node
#   scripts/bootstrap.sh --exec pnpm ARG...       the pinned pnpm
# Progress goes to stderr; stdout belongs to the command. What is up to date is not done again.
set -euo pipefail

readonly ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
readonly CACHE="$ROOT/.cache/bootstrap"
readonly PNPM="$ROOT/.cache/bin/pnpm"

main() {
  [[ ! -f "$ROOT/release.json" ]] || run_release "$@"
  local mode=bundle command=""
  case "${1-}" in
    "") ;;
    --dev) mode=dev ;;
    --exec)
      command="${2-}"
      case "$command" in
        oroboros) ;;
        # What changes the lockfile cannot wait for an install that demands an unchanged one.
        pnpm) case "${3-}" in install | add | remove | update) mode=tool ;; *) mode=dev ;; esac ;;
        *) usage ;;
      esac
      shift 2
      ;;
    *) usage ;;
  esac

  export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 OROBOROS_CHECKOUT="$ROOT"
  # resolv.conf(5): ask again after one second. An install looks dozens of names up at once, and a resolver that drops some of them
  # costs the default five seconds each time.
  export RES_OPTIONS="${RES_OPTIONS-timeout:1 attempts:5}"
  mkdir -p "$CACHE" "$ROOT/.cache/bin"
  prepare "$mode"
  case "$command" in
    oroboros) OROBOROS_CHECKOUT="$ROOT" exec "$(pinned_node)" "$ROOT/dist/release/apps/cli.js" "$@" ;;
    pnpm)
      use_home
      # turbo looks for the package manager there.
      PATH="$ROOT/.cache/bin:$PATH" exec "$PNPM" "$@"
      ;;
  esac
}

run_release() {
  [[ "${1-} ${2-}" == "--exec oroboros" ]] || { echo "usage, in a release: scripts/bootstrap.sh --exec oroboros ARG..." >&2; exit 2; }
  shift 2
  exec "$ROOT/bin/node" "$ROOT/apps/cli.js" "$@"
}

usage() {
  echo "usage: scripts/bootstrap.sh [--dev | --exec oroboros ARG... | --exec pnpm ARG...]" >&2
  exit 2
}

# One bootstrap at a time. The lock's descriptor closes with this subshell, so no started command inherits it.
prepare() (
  exec 9>"$CACHE/lock"
  if ! flock --nonblock 9; then
    say "waiting for another bootstrap of this clone"
    flock 9
  fi
  use_home
  stage "pnpm" pnpm "$(pnpm_version)" install_pnpm
  [[ $1 != tool ]] || return 0
  install_packages "$1"
  [[ $1 == dev ]] || stage "release bundle" bundle "$(bundle_fingerprint)" build_bundle
)

# pnpm refuses to run without a home it can write to.
use_home() {
  [[ -n "${HOME-}" && -w "$HOME" ]] && return
  export HOME="$ROOT/.cache/home"
  mkdir -p "$HOME"
}

# stage LABEL NAME FINGERPRINT FUNCTION: calls FUNCTION unless it has succeeded for FINGERPRINT before.
stage() {
  local label="$1" stamp="$CACHE/$2.stamp" fingerprint="$3" started=$EPOCHREALTIME
  [[ -f "$stamp" && "$(<"$stamp")" == "$fingerprint" ]] && return
  rm -f "$stamp"
  say "$label: preparing"
  if ! "$4" >"$CACHE/$2.log" 2>&1 9>&-; then
    tail -n 40 "$CACHE/$2.log" >&2
    say "$label: failed; the whole output is in $CACHE/$2.log"
    exit 1
  fi
  echo "$fingerprint" >"$stamp"
  say "$label: ready in $(( (${EPOCHREALTIME/./} - ${started/./}) / 1000 )) ms"
}

say() { echo "bootstrap: $*" >&2; }

pnpm_version() { sed -n 's/.*"packageManager": "pnpm@\([0-9.]*\)".*/\1/p' "$ROOT/package.json"; }

install_pnpm() {
  command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed and not on PATH."; return 1; }
  npm install --prefix "$CACHE/pnpm" --no-save --no-package-lock --no-audit --no-fund --no-update-notifier \
    "pnpm@$(pnpm_version)" || return 1
  # No symlink: an installation links this file to where its slots, which cannot enter every clone, can run it.
  ln -f "$(readlink -f "$CACHE/pnpm/node_modules/.bin/pnpm")" "$PNPM"
}

# Running the product needs neither the checkers nor the test tools; measured with an empty store that saves a third of the time.
# A clone that has the development tools keeps them.
install_packages() {
  local fingerprint
  fingerprint="$(cd "$ROOT" && cat package.json pnpm-lock.yaml pnpm-workspace.yaml {packages,apps}/*/package.json | sha256sum)"
  [[ -d "$ROOT/node_modules" ]] || rm -f "$CACHE"/packages*.stamp
  if [[ $1 == dev || -f "$CACHE/packages-dev.stamp" ]]; then
    stage "packages and development tools" packages-dev "$fingerprint" install_everything
  else
    stage "packages" packages "$fingerprint" install_to_run
  fi
}

install_everything() { "$PNPM" --dir "$ROOT" install --frozen-lockfile; }
install_to_run() { "$PNPM" --dir "$ROOT" install --frozen-lockfile --prod; }

bundle_fingerprint() {
  [[ -f "$ROOT/dist/release/apps/cli.js" ]] || rm -f "$CACHE/bundle.stamp"
  (
    cd "$ROOT"
    find packages apps examples infra scripts -name node_modules -prune -o \( -path '*/src/*' -o -path 'examples/*' -o -path 'infra/*' -o -path 'scripts/*' \) -type f -print0 | sort -z | xargs -0 sha256sum
    sha256sum tsup.config.ts tsconfig.base.json pnpm-lock.yaml
  ) | sha256sum
}

build_bundle() { "$PNPM" --dir "$ROOT" run bundle; }

pinned_node() { echo "$ROOT"/node_modules/node-linux-*/bin/node; }

main "$@"
