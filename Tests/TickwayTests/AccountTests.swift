import Foundation
import Glibc
import Testing
import TickEngine
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

  private func arguments(_ name: String, _ day: String, _ venue: String) throws -> [String] {
    [
      "replay", day, "--strategy", "market-maker", "--venue", venue, "--instance", name,
      "--account", "acme", "--reconnect", "10", "--json", scratch["\(name).json"], "--limits",
      try scratch.limits(openOrders: 4_096, Self.small),
    ] + scratch.places
  }

  /// What a sender has; nil: it has no line yet.
  private func granted(_ name: String) -> UInt64? {
    guard
      let lines = try? SharedLines(
        Region.attachReader(.ledger, directory: scratch.path, name: "tickway.acme.ledger"),
        .ledger)
    else { return nil }
    let key = AccountLedger.key(of: name)
    return (1..<lines.count).first { lines.acquire($0, 1) == key }.map { lines.acquire($0, 3) }
  }

  private func isWithin() -> Bool {
    // One line after the other: what the first gives back in between, the second may have.
    (0..<3).contains { _ in
      (granted("one") ?? 0) + (granted("other") ?? 0) <= Self.total
    }
  }

  @Test func rm5TwoProcessesShareOneCreditAndADeadOnesStaysReserved() throws {
    let day = try scratch.synth(messages: 200_000)
    for name in ["one", "other"] { try scratch.arm(name) }
    let venues = try (0..<2).map { _ in
      try RunningVenue(["--capture", day, "--pace", "max", "--cancel-on-disconnect", "off"])
    }
    let first = try Command.start(arguments("one", day, venues[0].address) + ["--pace", "10x"])
    let isHalf = eventually(within: 60) { granted("one") ?? 0 > Self.total / 2 }
    try #require(isHalf, "\(first.error)")
    let second = try Command.start(arguments("other", day, venues[1].address) + ["--pace", "10x"])
    try #require(eventually(within: 60) { granted("other") != nil }, "\(second.error)")
    for _ in 0..<300 {
      #expect(isWithin())
      usleep(5_000)
    }
    first.signal(SIGKILL)
    #expect(try first.wait(within: 10).status == -SIGKILL)
    let left = try #require(granted("one"))
    #expect(left > 0)
    // Whoever is dead has what it had; the other one has no more than the rest.
    for _ in 0..<300 {
      #expect(granted("one") == left && (granted("other") ?? .max) <= Self.total - left)
      usleep(2_000)
    }
    // Its successor is told what it did, and gives back what that does not need.
    let successor = try Command.run(arguments("one", day, venues[0].address), within: 120)
    #expect(successor.status == 0, "\(successor.error)")
    #expect(try #require(granted("one")) < Self.total && isWithin())
    second.signal(SIGINT)
    #expect(try second.wait(within: 60).status == 130)
    #expect(isWithin())
    let refused = try JSONValue(file: scratch["other.json"])["orders", "risk_rejected"]
    #expect(refused["account_credit"].count ?? 0 > 0, "the credit was never short")
    for venue in venues { #expect(try venue.end().status == 0) }
  }

  @Test func anAccountThatCannotBeUsedIsRefused() throws {
    let day = try scratch.synth(messages: 5_000)
    let base = ["replay", day, "--strategy", "market-maker"] + scratch.places
    let alone = try Command.run(base + ["--account", "acme"])
    #expect(alone.status == 64 && alone.error.contains("--instance"), "\(alone.error)")
    try scratch.arm("one")
    let none = try Command.run(
      ["replay", day, "--account", "acme", "--instance", "one"] + scratch.places)
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
