import Glibc
import TickEngine
import TickRing

// A sender reduced to what it does with the account's credit.
//
// ledger-sender DIRECTORY LEDGER KEY TOTAL WORK COUNT
//   hold   leases COUNT, says so, and waits for its end
//   walk   takes and gives back exposure COUNT times, at random by its key, and adds what it has to
//          what the others have, in a region beside the ledger: "over" if that is above the total
// Says "ready GRANTED" once its line is its own, or "refused REASON".

/// Says it at once: it may be killed.
func say(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = write(1, line, line.count)
}

/// All senders' exposure, added up as each has it: what no grant may ever let above the total.
func change(_ use: borrowing SharedLines, by difference: Int64) -> Int64 {
  var seen = use.acquire(0, 1)
  while true {
    let changed = Int64(bitPattern: seen) + difference
    let found = use.exchange(0, 1, expected: seen, UInt64(bitPattern: changed))
    if found == seen { return changed }
    seen = found
  }
}

func walk(
  _ ledger: inout AccountLedger, _ use: borrowing SharedLines, seed: UInt64, count: Int
) -> Bool {
  var random = SeededRandom(seed: seed)
  var used: Int64 = 0
  for _ in 0..<count {
    let wanted = Int64(random.below(Int(ledger.totalE4) + 1))
    if wanted > used, !ledger.lease(wanted) { continue }
    guard change(use, by: wanted - used) <= ledger.totalE4 else { return false }
    used = wanted
    if random.once(in: 2) { ledger.giveBack(keeping: used) }
  }
  return change(use, by: -used) <= ledger.totalE4
}

func main() throws {
  let arguments = CommandLine.arguments
  guard arguments.count == 7, let key = UInt64(arguments[3]), let total = Int64(arguments[4]),
    let count = Int64(arguments[6])
  else { exit(64) }
  let (directory, name) = (arguments[1], arguments[2])
  let use = try SharedLines(
    Region.attach(.ledger, directory: directory, name: "\(name).use"), .ledger)
  var ledger: AccountLedger
  do {
    ledger = try AccountLedger.open(
      Region.attach(.ledger, directory: directory, name: name), key: key, totalE4: total,
      chunkE4: max(1, total / 16))
  } catch {
    say("refused \(error)")
    return
  }
  if arguments[5] == "hold" {
    guard ledger.lease(count) else {
      say("refused no room")
      return
    }
    say("ready \(ledger.grantedE4)")
    while true { pause() }
  }
  say("ready \(ledger.grantedE4)")
  say(walk(&ledger, use, seed: key, count: Int(count)) ? "within" : "over")
}

try main()
