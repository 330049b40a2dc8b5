# Sourced by every script: where the project is, and how to speak. Not a command of its own.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
verb="scripts/$(basename "$0")"

# What swift-format reads, from the project's root.
# shellcheck disable=SC2034
swift_sources=(Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources)

say() { printf '%s: %s\n' "$verb" "$*"; }

fail() {
  printf '%s: %s\n' "$verb" "$*" >&2
  exit 1
}

# Ends with a line that names what was being done, whatever fails. Set `step` before each part.
step="starting"
on_error() { printf '\n%s: FAILED while %s\n' "$verb" "$step" >&2; }
trap on_error ERR

# need_swift [INSTEAD]: what can be done without it.
need_swift() {
  command -v swift >/dev/null ||
    fail "swift is not in PATH: install Swift 6.2 or newer from https://www.swift.org/install${1:-}"
}

# Builds the command for release and sets `tickway_bin`.
build_release() {
  step="building for release"
  say "$step (some minutes the first time)"
  swift build --package-path "$root" -c release --product tickway --quiet
  tickway_bin="$(swift build --package-path "$root" -c release --show-bin-path)/tickway"
}
