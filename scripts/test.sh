#!/usr/bin/env bash
# Runs every test of this repository against real PostgreSQL, Redis and git, and ends with "N passed, N failed";
# before that stands one JSON line for each matrix of cases that it went through, and whatever failed, named once more.
#   scripts/test.sh                 everything
#   scripts/test.sh --only AREA     one area: static, build, architecture, e2e, control, systemd, or a package's or app's folder by its name
#   scripts/test.sh --full          also each package alone through turbo, twice: the second time must come from its cache
# Debian's postgresql, redis-server, caddy, nftables, polkit and psycopg2 are installed when missing; the machine's own services
# are neither started nor changed.
set -euo pipefail

readonly ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
readonly PNPM="$ROOT/scripts/pnpm"
readonly REPORTS="$ROOT/.cache/test-reports"
PASSED=0 FAILED=0 SKIPPED=0

main() {
  local only="" full="" project=""
  while (($#)); do
    case "$1" in
      --only) only="${2-}"; [[ -n $only ]] || usage; shift 2 ;;
      --full) full=yes; export OROBOROS_TEST_FULL=1; shift ;;
      *) usage ;;
    esac
  done
  cd "$ROOT"
  install_debian_packages
  scripts/bootstrap.sh --dev
  rm -rf "$REPORTS"
  mkdir -p "$REPORTS"
  keep_temporary_files_in_memory
  # Every program of the tests compiles the same sources.
  export NODE_COMPILE_CACHE="$ROOT/.cache/compiled"

  case "$only" in
    "")
      static_checks
      build_checks
      check "release bundle" scripts/bootstrap.sh
      tests all
      [[ -z $full ]] || isolation_checks
      ;;
    static) static_checks ;;
    build) build_checks ;;
    e2e) end_to_end ;;
    control) control_plane ;;
    systemd) systemd_hosts ;;
    architecture) tests architecture --project architecture ;;
    *)
      project="$(project_of "$only")"
      tests "$only" --project "$project*"
      ;;
  esac
  summary
}

usage() {
  echo "usage: scripts/test.sh [--full] [--only AREA]" >&2
  exit 2
}

project_of() {
  local folder
  for folder in packages apps tests; do
    [[ ! -f "$folder/$1/package.json" ]] || { sed -n 's/^  "name": "\(.*\)",$/\1/p' "$folder/$1/package.json"; return; }
  done
  echo "test: no area is called $1; see packages/ and apps/, or: static, build, architecture, e2e, control, systemd" >&2
  exit 2
}

# Throwaway servers make and delete thousands of files, which is most of what a kernel has to do for these tests: with eight
# gigabytes to spare these lie in memory, up to half of them.
keep_temporary_files_in_memory() {
  local free
  free=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  ((EUID == 0 && free >= 8)) || return 0
  MEMORY="$(mktemp -d "${TMPDIR:-/tmp}/oroboros-test.XXXXXX")"
  trap '{ ! mountpoint --quiet "$MEMORY" || umount --lazy "$MEMORY"; rmdir "$MEMORY"; } || true' EXIT
  if mount -t tmpfs -o "mode=1777,size=$((free / 2))g" tmpfs "$MEMORY"; then
    export TMPDIR="$MEMORY"
  else
    echo "test: temporary files stay on disk, which takes some minutes longer" >&2
  fi
}

static_checks() {
  local name
  for name in format lint types boundaries unused; do check "$name" "$PNPM" run "check:$name"; done
}

build_checks() {
  check "build" "$PNPM" exec turbo run build
  check "published packages" "$PNPM" exec turbo run publish:check
}

# With reduced counts: the whole ones have just been run.
isolation_checks() {
  check "each package alone" env --unset=OROBOROS_TEST_FULL "$PNPM" exec turbo run build test
  check "a second run is cached" fully_cached
}

fully_cached() {
  env --unset=OROBOROS_TEST_FULL "$PNPM" exec turbo run build test | tee /dev/stderr | grep -q "FULL TURBO"
}

end_to_end() {
  check "release bundle" scripts/bootstrap.sh
  tests e2e --project e2e
}

# What the control plane survives, and the proofs of its leases beside the packages' source.
control_plane() {
  check "release bundle" scripts/bootstrap.sh
  tests control --project control
  tests leases --project @oroboros/control-store --project '@oroboros/operations*' src/leases/ schedule
}

# Hosts with a systemd of their own, as root only: tests/support/README.md.
systemd_hosts() {
  check "release bundle" scripts/bootstrap.sh
  tests systemd --project systemd
}

# check LABEL COMMAND...: one check, shown only when it fails.
check() {
  local label="$1" log started=$SECONDS
  log="$REPORTS/${label// /-}.log"
  shift
  if "$@" >"$log" 2>&1; then
    PASSED=$((PASSED + 1))
    echo "ok      $label ($((SECONDS - started)) s)"
  else
    FAILED=$((FAILED + 1))
    echo "FAILED  $label" >>"$REPORTS/failed.txt"
    tail -n 100 "$log"
    echo "FAILED  $label ($((SECONDS - started)) s)"
  fi
}

# tests LABEL VITEST_ARGUMENT...: counts what vitest reports; a run that fails without a failed test counts as one.
tests() {
  local label="$1" report="$REPORTS/$1.json" status=0 passed=0 failed=0 skipped=0
  shift
  "$PNPM" exec vitest run "$@" --reporter=default --reporter=json --outputFile.json="$report" || status=$?
  if [[ -f $report ]]; then
    read -r passed failed skipped < <("$PNPM" exec node scripts/count-tests.mjs "$report" "$REPORTS/failed.txt")
  fi
  if ((status != 0 && failed == 0)); then
    failed=1
    echo "FAILED  $label: vitest ended with exit code $status, though no test failed" >>"$REPORTS/failed.txt"
  fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}

summary() {
  local line="$PASSED passed, $FAILED failed"
  # Written by reportMatrix of tests/support.
  [[ ! -f $REPORTS/matrices.jsonl ]] || cat "$REPORTS/matrices.jsonl"
  [[ ! -f $REPORTS/failed.txt ]] || cat "$REPORTS/failed.txt"
  ((SKIPPED == 0)) || line+=", $SKIPPED skipped"
  echo "$line"
  ((FAILED == 0 && PASSED > 0))
}

install_debian_packages() {
  local missing=()
  [[ -x /usr/lib/postgresql/15/bin/postgres ]] || missing+=(postgresql-15)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v git >/dev/null || missing+=(git)
  command -v curl >/dev/null || missing+=(curl)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v caddy >/dev/null || missing+=(caddy)
  [[ -x /lib/systemd/systemd ]] || missing+=(systemd)
  [[ -x /usr/lib/polkit-1/polkitd ]] || missing+=(polkitd)
  command -v dbus-daemon >/dev/null || missing+=(dbus)
  [[ -x /usr/sbin/nft ]] || missing+=(nftables)
  # Debian's own Python, which runs examples/python-app: another one in PATH does not see Debian's modules.
  [[ -x /usr/bin/python3 ]] || missing+=(python3)
  /usr/bin/python3 -c 'import psycopg2' 2>/dev/null || missing+=(python3-psycopg2)
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    echo "test: missing Debian packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "test: installing ${missing[*]}" >&2
  (install_quietly "${missing[@]}") >&2
}

# The packages only bring their programs: no service starts, now or at the next boot, and no main cluster is made.
install_quietly() {
  # Not local: the trap runs when the subshell ends, after this function has returned.
  local service
  policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/oroboros-tests.conf
  if [[ -e $policy ]]; then policy=""; fi
  trap 'rm -f ${policy:+"$policy"} "$cluster"' EXIT
  [[ -z $policy ]] || install -m 0755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
  install -D -m 0644 /dev/stdin "$cluster" <<<"create_main_cluster = false"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "$@"
  [[ -d /run/systemd/system ]] || return 0
  for service in redis-server caddy; do
    [[ " $* " != *" $service "* ]] || systemctl disable --quiet "$service"
  done
}

main "$@"
