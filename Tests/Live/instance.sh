# Sourced, after prelude.sh, by the scripts of this folder that run instances: their configuration,
# what is published to them, and how they end. Not a command.
# shellcheck shell=bash

lines=(--line-a "239.255.85.1:$port" --line-b "239.255.85.2:$port" --interface 127.0.0.1)

# configure NAME TEXT…: an instance whose further sections are TEXT, line by line. A packet is
# waited for until both lines are past it, however long the publisher has no core between its sends.
configure() {
  local instance="$1"
  shift
  mkdir -p "$work/rings"
  cat >"$work/$instance.yaml" <<YAML
instance: $instance
directories: {rings: $work/rings, state: $work/state, reports: $work/reports}
feed:
  {protocol: iex, interface: 127.0.0.1, wait_us: 5000000,
   line_a: "239.255.85.1:$port", line_b: "239.255.85.2:$port"}
venue: {address: builtin}
risk: {arm_simulation: true}
YAML
  printf '%s\n' "$@" >>"$work/$instance.yaml"
}

# The set of most scripts: both strategies that trade, and policies that lose rather than wait.
two_workers="sets:
  - workers:
      - {strategy: market-maker, symbols: share, policy: conflate}
      - {strategy: momentum, symbols: share, policy: drop}"

# run_instance NAME: its processes, all of them ready; the supervisor's pid is `last`.
run_instance() {
  start "$1" "$bin" run --config "$work/$1.yaml" --json "$work/$1.json"
  until_so 60 grep -q "ready: every role is" "$work/$1.log" || fail "$1 does not start"
}

# make_day MESSAGES SYMBOLS: a capture to publish, at `day`; at full length too large for memory.
make_day() {
  day="$(mktemp "${TMPDIR:-/tmp}/tickway-live.XXXXXX")"
  trap 'rm -f "$day"; tidy' EXIT
  "$bin" synth --out "$day" --messages "$1" --symbols "$2" >/dev/null
}

# tell_positions NAME: what an instance says that it holds, before its end.
tell_positions() {
  "$bin" positions "$1" --ring-dir "$work/rings" --json >"$work/$1.positions.json" ||
    fail "$1 tells no positions"
}

# end_instance NAME PID [CODE]: as an operator ends it; with CODE (0), or not well.
end_instance() {
  local code=0
  kill -TERM "$2"
  ended "$2" 60 || code=$?
  [[ "$code" == "${3:-0}" ]] || fail "$1 ended with $code"
}

# reconcile NAME CHECK…: what is left of an instance, judged; see there.
reconcile() { "$here/reconcile" "$work" "$@" || fail "what is left of $1 does not agree"; }

# tell_machine NAME: what a number was measured on, and what else ran when the script began.
load="$(cut -d' ' -f1 /proc/loadavg)"
tell_machine() {
  python3 - "$work/$1.json" "$load" <<'PYTHON'
import json, sys

machine = json.load(open(sys.argv[1]))["machine"]
floor = machine.pop("jitter_floor_ns", {})
text = [f"{key} {value}" for key, value in machine.items()]
text += [f"jitter floor {name} {floor[name] / 1000:.1f} us" for name in ("p99", "max") if floor]
print("machine: " + ", ".join(text) + f", load average before {sys.argv[2]}")
PYTHON
}
