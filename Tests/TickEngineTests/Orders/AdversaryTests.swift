import Foundation
import Testing
import TickWire

@testable import TickEngine

/// OM1 to OM3: no order twice, none forgotten, and positions that are the venue's own, whatever the
/// venue does. TICKWAY_ADVERSARY_ROUNDS: how many (10,000 is what must hold);
/// TICKWAY_ADVERSARY_SEED: the first seed.
@Suite(.serialized, .timeLimit(.minutes(30))) struct AdversaryTests {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
  }

  @Test(arguments: OrderDialect.allCases)
  func om3EachRoundAgainstTheAdversaryEndsWithTheVenuesTruth(dialect: OrderDialect) throws {
    let rounds = Self.number("TICKWAY_ADVERSARY_ROUNDS") ?? 100
    let first = Self.number("TICKWAY_ADVERSARY_SEED") ?? 1
    var (sent, reconnects, cuts, anomalies): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var failed = 0
    for seed in first..<first + rounds {
      let round = try AdversaryRound(seed: seed, dialect: dialect)
      let wrong = round.run()
      #expect(wrong.isEmpty, "\(dialect), seed \(seed): \(wrong)")
      sent += round.counts.sent
      reconnects += round.counts.reconnects
      cuts += round.faults.cuts
      anomalies += round.counts.anomalies
      if !wrong.isEmpty { failed += 1 }
      if failed > 10 { break }
    }
    print(
      "\(dialect), \(rounds) rounds: \(sent) orders sent, \(cuts) connections cut,"
        + " \(reconnects) made again, \(anomalies) anomalies, \(failed) failed")
    #expect(sent > rounds && cuts > 0)
  }
}
