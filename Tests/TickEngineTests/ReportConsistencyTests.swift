import Testing

@testable import TickEngine

@Suite struct ReportConsistencyTests {
  private func faults(_ change: (inout Report) -> Void) -> [String] {
    var report = Report.filled()
    change(&report)
    return report.consistency()
  }

  @Test func aFilledReportIsConsistent() {
    #expect(Report.filled().consistency() == [])
    #expect(Report().consistency() == [])
  }

  @Test func ticksThatNoRingSawAreFound() {
    let found = faults { $0.ticks.published += 1 }
    #expect(
      found == [
        "ticks published plus copies is 73, but what the tick rings say was published is 72: "
          + "1 too many",
        "ticks published plus copies is 73, but what the tick rings say was polled, lost or left"
          + " unread is 72: 1 too many",
      ])
  }

  @Test func uncountedCopiesAreFound() {
    #expect(faults { $0.ticks.copies = 0 }.count == 2)
  }

  @Test func aRingThatLostSilentlyIsFoundByName() {
    let found = faults { $0.rings[1].lost = 0 }
    #expect(found.count == 2)
    #expect(
      found.contains {
        $0 == "published to ring tick.1 is 32, but polled, lost or left unread is 31: 1 too many"
      })
  }

  @Test func lossesThatBalanceAcrossRingsAreStillFound() {
    let found = faults {
      $0.rings[0].polled -= 1
      $0.rings[1].polled += 1
    }
    #expect(found.count == 2)
    #expect(found.allSatisfy { $0.hasPrefix("published to ring tick.") })
  }

  @Test func anOrderRingIsCheckedAndCountsForNoTicks() {
    let found = faults { $0.rings[2].polled = 9 }
    #expect(
      found == [
        "published to ring order.0 is 10, but polled, lost or left unread is 9: 1 too many"
      ])
  }

  @Test func anOrderThatVanishedBeforeTheGateIsFound() {
    let found = faults { $0.orders.requested = 11 }
    #expect(
      found == [
        "orders requested is 11, but risk-rejected plus unsent plus sent is 10: 1 too many"
      ])
    #expect(faults { $0.orders.riskRejected["rate"] = 0 }.count == 1)
    #expect(faults { $0.orders.unsent = 0 }.count == 1)
  }

  @Test func anOrderThatVanishedAtTheVenueIsFound() {
    let found = faults { $0.orders.acked = 5 }
    #expect(
      found == [
        "orders sent is 6, but acknowledged plus venue-rejected plus in flight is 7: 1 too few"
      ])
    #expect(faults { $0.orders.inFlight = 0 }.count == 1)
    #expect(faults { $0.orders.venueRejected = 0 }.count == 1)
  }

  @Test func damagedCountersAreReportedAndNotTrappedOn() {
    let found = faults { report in
      report.rings[0].polled = .max
      report.rings[0].lost = .max
      report.ticks.copies = .max
      report.orders.riskRejected = ["a": .max, "b": .max]
      report.orders.inFlight = .max
    }
    #expect(found.count >= 4)
  }
}
