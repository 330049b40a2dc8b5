import Foundation
import Glibc
import Testing
import TickRing

/// RM5 of an account with two senders, each a process with a venue of its own.
@Suite(.serialized, .timeLimit(.minutes(4))) struct AccountTests {
  private let scratch = Scratch()
  /// 1.5 times 100,000, units of 1e-4.
  private static let total: UInt64 = 1_500_000_000

  private static let small = [
    "portfolio_value": "100000", "position_percent": "1000", "sector_percent": "10000",
    "gross_leverage": "1.5", "warning_percent": "50", "breaker_percent": "90",
  ]

  private var places: [String] {
    ["--ring-dir", scratch.path, "--state-dir", scratch["state"]]
  }

  private func arguments(_ name: String, _ day: String, _ venue: String) throws -> [String] {
    [
      "replay", day, "--strategy", "market-maker", "--venue", venue, "--instance", name,
      "--account", "acme", "--reconnect", "10", "--json", scratch["\(name).json"], "--limits",
      try scratch.limits(openOrders: 4_096, Self.small),
    ] + places
  }

  private func arm(_ name: String) throws {
    let armed = try Command.run(["arm", name, "--who", "anna", "--reason", "first"] + places)
    try #require(armed.status == 0, "\(armed.error)")
  }

  /// What each sender has, by line; nil: there is no ledger yet.
  private func granted() -> [UInt64]? {
    guard
      let lines = try? SharedLines(
        Region.attachReader(.ledger, directory: scratch.path, name: "tickway.acme.ledger"),
        .ledger)
    else { return nil }
    return (1...2).map { lines.acquire($0, 3) }
  }

  private func expectWithin(_ samples: Int) -> [UInt64] {
    var last: [UInt64] = []
    for _ in 0..<samples {
      last = granted() ?? []
      // One line after the other: what the first gives back in between, the second may have.
      if last.reduce(0, +) > Self.total { last = granted() ?? [] }
      #expect(last.allSatisfy { $0 <= Self.total })
      usleep(2_000)
    }
    return last
  }

  @Test func rm5TwoProcessesShareOneCreditAndADeadOnesStaysReserved() throws {
    let day = try scratch.synth(messages: 200_000)
    for name in ["one", "other"] { try arm(name) }
    let venues = try (0..<2).map { _ in
      try RunningVenue(["--capture", day, "--pace", "max", "--cancel-on-disconnect", "off"])
    }
    let first = try Command.start(
      arguments("one", day, venues[0].address) + ["--pace", "40x"])
    let second = try Command.start(
      arguments("other", day, venues[1].address) + ["--pace", "20x"])
    let isFull = eventually(within: 60) {
      guard let granted = granted(), granted.allSatisfy({ $0 > 0 }) else { return false }
      return granted.reduce(0, +) > Self.total * 9 / 10
    }
    try #require(isFull, "\(first.error) \(second.error)")
    _ = expectWithin(100)
    first.signal(SIGSTOP)
    usleep(10_000)
    let line = try #require(granted()).enumerated().max { $0.element < $1.element }?.offset ?? 0
    let all = try #require(granted())
    first.signal(SIGKILL)
    _ = try first.wait(within: 10)
    // Whoever is dead has what it had; the other one has no more than the rest.
    let after = expectWithin(200)
    let isKept = all[0] == after[0] || all[1] == after[1]
    #expect(isKept && after.reduce(0, +) <= Self.total, "\(all) \(after) \(line)")
    // Its successor is told what it did, and gives back what that does not need.
    let successor = try Command.run(arguments("one", day, venues[0].address), within: 120)
    #expect(successor.status == 0, "\(successor.error)")
    second.signal(SIGINT)
    #expect(try second.wait(within: 60).status == 130)
    #expect(try #require(granted()).reduce(0, +) <= Self.total)
    let refused = try ["one", "other"].map {
      try JSONValue(file: scratch["\($0).json"])["orders", "risk_rejected", "account_credit"].count
    }
    #expect(refused.contains { ($0 ?? 0) > 0 }, "the credit was never short: \(refused)")
    for venue in venues { #expect(try venue.end().status == 0) }
  }

  @Test func anAccountThatCannotBeUsedIsRefused() throws {
    let day = try scratch.synth(messages: 5_000)
    let base = ["replay", day, "--strategy", "market-maker"] + places
    let alone = try Command.run(base + ["--account", "acme"])
    #expect(alone.status == 64 && alone.error.contains("--instance"), "\(alone.error)")
    try arm("one")
    let none = try Command.run(
      ["replay", day, "--account", "acme", "--instance", "one"] + places)
    #expect(none.status == 64 && none.error.contains("--strategy"))
    let named = base + ["--instance", "one", "--account"]
    #expect(try Command.run(named + ["../x"]).status == 64)
    // Another total than the one that others were told.
    #expect(try Command.run(named + ["acme"]).status == 0)
    let other = try Command.run(
      named + ["acme", "--limits", scratch.limits(Self.small)])
    #expect(other.status == 78 && other.error.contains("the account's credit"), "\(other.error)")
    // No ledger, or none that can be read: no run.
    _ = try scratch.write("no region", to: "tickway.bad.ledger")
    #expect(try Command.run(named + ["bad"]).status == 74)
  }
}
