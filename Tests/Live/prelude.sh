# Sourced by every script of this folder: processes, waiting, and how to speak. Not a command.
# shellcheck shell=bash

name="$(basename "$0")"
bin="${TICKWAY_BIN:?is the command to test}"

say() { printf '%s: %s\n' "$name" "$*"; }
fail() {
  printf '%s: FAILED: %s\n' "$name" "$*" >&2
  for log in "$work"/*.log; do
    [[ ! -s "$log" ]] || { echo "--- $(basename "$log")" && tail -20 "$log"; } >&2
  done
  exit 1
}

# Goes on as root of a user namespace of its own, in a network of its own. $@: the script's own.
go_inside() {
  if [[ "${LIVE_INSIDE:-}" != yes ]]; then
    unshare -Urn true 2>/dev/null || {
      say "SKIPPED: this kernel allows no user namespaces"
      exit 0
    }
    LIVE_INSIDE=yes exec unshare -Urn "$0" "$@"
  fi
}

# A directory of this run's own in shared memory, and what was started: both gone at the end.
begin() {
  work="$(mktemp -d /dev/shm/tickway-live.XXXXXX)"
  started=()
  trap tidy EXIT
}
tidy() {
  local pid
  for pid in "${started[@]}"; do kill -KILL "$pid" || true; done 2>/dev/null
  wait 2>/dev/null || true
  rm -rf "$work"
}

# start LOG COMMAND…: in the background; its pid is `last`, its output in LOG.log.
start() {
  local log="$work/$1.log"
  shift
  "$@" >"$log" 2>&1 &
  last=$!
  started+=("$last")
}

# until_so SECONDS CONDITION…: whether it comes true in time.
until_so() {
  local tries=$(($1 * 50))
  shift
  while ! "$@" 2>/dev/null; do
    ((tries-- > 0)) || return 1
    sleep 0.02
  done
}

# ended PID SECONDS: its exit code; killed, and 124, if it takes longer.
ended() {
  until_so "$2" eval "! kill -0 $1" || { kill -KILL "$1"; return 124; }
  wait "$1"
}

# stopped PID SECONDS: asks it to end; whether it ended as SIGTERM ends a run whose counts agree.
stopped() {
  local code=0
  kill -TERM "$1"
  ended "$1" "$2" || code=$?
  [[ "$code" == 143 ]]
}

# number FILE PATH: what a report says there, such as `number ingest feed.lines.0.packets`; a `*`
# stands for the sum over a list, and what is absent is 0.
number() {
  python3 - "$work/$1.json" "$2" <<'PYTHON'
import json, sys

def value(node, names):
    if not names: return node or 0
    name, rest = names[0], names[1:]
    if name == "*": return sum(value(entry, rest) for entry in node)
    if isinstance(node, list): return value(node[int(name)], rest)
    return value((node or {}).get(name), rest)

print(value(json.load(open(sys.argv[1])), sys.argv[2].split(".")))
PYTHON
}

# same WHAT A B: fails unless both numbers are equal.
same() { [[ "$2" == "$3" ]] || fail "$1: $2 is not $3"; }

# A port of this run's own, so that two runs do not meet; groups for local use (RFC 2365).
port=$((20000 + $$ % 20000))
