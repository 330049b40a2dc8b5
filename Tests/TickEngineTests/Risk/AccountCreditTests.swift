import Foundation
import Glibc
import Testing
import TickRing

@testable import TickEngine

/// RM5 of an account: its senders use what its ledger hands them, and no more.
@Suite(.timeLimit(.minutes(1))) struct AccountCreditTests {
  /// 100,000.0000 in all; each sender's own limits are far above.
  private static let total: Int64 = 1_000_000_000

  private func bench(_ ledger: borrowing Region, _ key: UInt64) throws -> GateBench {
    let bench = try GateBench { $0.ordersPerSecondMax = 1_000_000 }
    try bench.share(ledger, key: key, totalE4: Self.total)
    return bench
  }

  private func ledger() throws -> Region {
    try Region.createUnnamed(.ledger, capacity: AccountLedger.capacity)
  }

  private func gross(_ bench: GateBench) -> Int128 {
    var gross: Int128 = 0
    bench.tell { gross = $0.exposure.grossE4 }
    return gross
  }

  private func granted(_ bench: GateBench) -> Int64 {
    var granted: Int64 = 0
    bench.tell { granted = $0.grantedE4 }
    return granted
  }

  @Test func rm5TheAccountsLimitIsExactAcrossItsSenders() throws {
    let ledger = try ledger()
    let (one, other) = (try bench(ledger, 1), try bench(ledger, 2))
    #expect(one.send(100, quantity: 600) == nil)
    #expect(other.send(100, quantity: 401) == .accountCredit)
    #expect(other.send(100, quantity: 390) == nil)
    // What one of them gives back is the other's.
    one.tell {
      $0.closed(1, strategy: 1, .buy, 600)
      $0.balanceCredit(isSettled: true)
      $0.releaseCredit()
    }
    #expect(granted(one) == 0)
    #expect(other.send(100, quantity: 610) == nil)
    #expect(other.send(100, quantity: 1) == .accountCredit)
    #expect(one.send(100, quantity: 1) == .accountCredit)
  }

  @Test func whatReducesNeedsNoCredit() throws {
    let ledger = try ledger()
    let (one, other) = (try bench(ledger, 1), try bench(ledger, 2))
    one.hold(500)
    one.tell { $0.mark(1, 1_000_000) }
    #expect(other.send(100, quantity: 1_000) == nil)
    // Held before there was credit for it: nothing new, and all the way down.
    #expect(one.send(100, quantity: 1) == .accountCredit)
    #expect(one.send(100, quantity: 500, side: .sell) == nil)
  }

  @Test func nothingIsGivenBackBeforeTheVenueHasSaidAll() throws {
    let ledger = try ledger()
    do {
      let one = try bench(ledger, 1)
      #expect(one.send(100, quantity: 600) == nil)
    }
    let (successor, other) = (try bench(ledger, 1), try bench(ledger, 2))
    successor.tell { $0.balanceCredit(isSettled: false) }
    #expect(other.send(100, quantity: 500) == .accountCredit, "its predecessor's stays out")
    successor.tell { $0.balanceCredit(isSettled: true) }
    #expect(other.send(100, quantity: 500) == nil)
  }

  /// Nobody's claims can be seen in it any more.
  @Test func aLedgerThatIsCutShortGrantsNothing() throws {
    let scratch = try Scratch()
    let region = try Region.create(
      .ledger, directory: scratch.path, name: "l", capacity: AccountLedger.capacity)
    try region.guardAgainstTruncation()
    let bench = try GateBench()
    let shared = try Region.attach(.ledger, directory: scratch.path, name: "l")
    try shared.guardAgainstTruncation()
    try bench.share(guarded: shared, totalE4: Self.total)
    #expect(bench.send(100, quantity: 10) == nil)
    #expect(truncate("\(scratch.path)/l", 0) == 0)
    #expect(bench.send(100, quantity: 500) == .accountCredit)
  }

  @Test(arguments: 1...4) func rm5NoWalkOfThreeSendersPassesTheAccountsLimit(seed: UInt64) throws {
    let ledger = try ledger()
    let benches = try (1...3).map { try bench(ledger, $0) }
    var random = SeededRandom(seed: seed)
    var open = [0, 0, 0]
    var seen: [RiskReason?: Int] = [:]
    for _ in 0..<5_000 {
      let sender = random.below(3)
      let bench = benches[sender]
      bench.now += 1_000_000
      if open[sender] > 0, random.once(in: 3) {
        let part = random.within(1...open[sender])
        bench.tell { $0.closed(1, strategy: 1, .buy, UInt32(part)) }
        open[sender] -= part
      }
      if random.once(in: 4) { bench.tell { $0.balanceCredit(isSettled: true) } }
      let quantity = random.within(1...300)
      let reason = bench.send(100, quantity: UInt32(quantity))
      seen[reason, default: 0] += 1
      if reason == nil { open[sender] += quantity }
      let gross = benches.reduce(Int128(0)) { $0 + self.gross($1) }
      let granted = benches.reduce(Int64(0)) { $0 + self.granted($1) }
      try #require(gross <= Int128(Self.total) && granted <= Self.total)
    }
    for reason in [nil, RiskReason.accountCredit] { #expect(seen[reason, default: 0] > 100) }
  }
}
