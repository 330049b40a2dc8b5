import Testing

@testable import TickEngine

/// MD2, MD3 over many seeds: what two faulty lines bring, against what is known of every message.
@Suite(.timeLimit(.minutes(5))) struct ArbitrationModelTests {
  private static func rates(
    loss: Double = 0.05, burst: Double = 0.002, delay: Double = 0, corrupt: Double = 0
  ) -> FaultRates {
    var rates = FaultRates()
    rates.loss = loss
    rates.burstLoss = burst
    rates.duplicate = 0.03
    rates.reorder = 0.05
    rates.delay = delay
    rates.corrupt = corrupt
    return rates
  }

  /// A simulation, run to its end.
  private func simulation<W>(
    _ wire: W.Type, _ seed: UInt64, packets: Int,
    _ change: (inout FeedSimulation<W>.Plan) -> Void
  ) -> FeedSimulation<W> {
    var plan = FeedSimulation<W>.Plan()
    plan.seed = seed
    plan.packets = packets
    change(&plan)
    let simulation = FeedSimulation<W>(plan)
    simulation.run()
    return simulation
  }

  /// Each message once and in order, each other told as lost: together, all of them.
  private func expectAll<W>(
    _ epoch: WitnessDecoder<W>.Epoch, from first: UInt64, to end: UInt64
  ) -> Set<UInt64> {
    let lost = Set(epoch.lost.flatMap { Array($0) })
    #expect(zip(epoch.delivered, epoch.delivered.dropFirst()).allSatisfy(<), "in order, once")
    #expect(UInt64(lost.count) == epoch.missing, "no message is lost twice")
    #expect(lost.isDisjoint(with: epoch.delivered))
    #expect(UInt64(lost.count + epoch.delivered.count) == end - first)
    #expect(epoch.delivered.allSatisfy { $0 >= first && $0 < end })
    #expect(lost.allSatisfy { $0 >= first && $0 < end })
    return lost
  }

  /// Runs of messages that are lost together.
  private func runs(_ lost: Set<UInt64>) -> Int {
    lost.filter { !lost.contains($0 - 1) }.count
  }

  private func expectLossOfBothOnly<W>(
    _ simulation: FeedSimulation<W>, allowsLate: Bool = false
  ) {
    var gaps = 0
    for (stream, epochs) in simulation.sent {
      let witnessed = simulation.feed.decoder.epochs[stream] ?? []
      #expect(witnessed.count == epochs.count, "each session and restart is seen")
      for (epoch, sent) in zip(witnessed, epochs) {
        let lost = expectAll(epoch, from: 1, to: sent.end)
        let both = Set(1..<sent.end).subtracting(sent.received)
        #expect(lost.isSuperset(of: both) && epoch.damaged.isEmpty)
        if !allowsLate { #expect(lost.count <= both.count) }
        gaps += runs(lost)
      }
    }
    let counts = simulation.feed.counts
    if !allowsLate { #expect(counts.gaps == UInt64(gaps)) }
    #expect(!simulation.feed.arbiter.isWaiting && counts.implausible == 0)
  }

  // MARK: Without recovery

  @Test(arguments: 1...12)
  func twoLinesLoseOnlyWhatBothLost(seed: UInt64) {
    let simulation = simulation(SimulatedIex.self, seed, packets: 4_000) { plan in
      plan.streams = seed % 3 == 0 ? 4 : 1
      plan.rates = Self.rates()
      plan.clockJump_ns = seed % 2 == 0 ? 3_600_000_000_000 : 0
    }
    expectLossOfBothOnly(simulation)
    #expect(simulation.feed.counts.gaps > 0 && simulation.feed.counts.duplicates > 100)
  }

  @Test(arguments: 1...6)
  func aLineThatLagsStillFillsTheOther(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates()
      plan.lag_ns = 50_000_000
    }
    expectLossOfBothOnly(simulation)
  }

  @Test(arguments: 1...6)
  func aLineThatDiesLeavesTheOther(seed: UInt64) {
    let simulation = simulation(SimulatedIex.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates()
      plan.bDiesAt = 0.4
    }
    expectLossOfBothOnly(simulation)
  }

  /// A packet that is overtaken by more than a hole is kept open for is late, and told as lost.
  @Test(arguments: 1...6)
  func whatIsDelayedTooLongIsCountedAsLost(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates(delay: 0.05)
    }
    expectLossOfBothOnly(simulation, allowsLate: true)
    #expect(simulation.feed.counts.late > 0)
  }

  @Test(arguments: 1...6)
  func aSmallBufferCountsWhatItCannotWaitFor(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates()
      plan.lag_ns = 10_000_000
      plan.limits.heldPackets_max = 32
    }
    expectLossOfBothOnly(simulation, allowsLate: true)
  }

  @Test(arguments: 1...8)
  func newSessionsUnderFaultsLoseOnlyWhatBothLost(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 400) { plan in
      plan.epochs = 8
      plan.hasNewSessions = true
      plan.rates = Self.rates(loss: 0.1)
    }
    expectLossOfBothOnly(simulation)
    #expect(simulation.feed.counts.sessionChanges == 7)
  }

  /// A restart inside a session is known by its first packet; if that is lost or overtaken, by the
  /// 16th that follows.
  @Test(arguments: 1...8)
  func restartsUnderFaultsAreFollowed(seed: UInt64) {
    let simulation = simulation(SimulatedIex.self, seed, packets: 400) { plan in
      plan.epochs = 8
      plan.rates = Self.rates(loss: 0.1)
    }
    expectLossOfBothOnly(simulation)
    #expect(simulation.feed.counts.restarts == 7)
  }

  // MARK: In the midst

  /// Of a sequence that the next one begins in the midst of, nobody can know what was lost behind
  /// all that came of it.
  private func expectAllThatCanBeKnown<W>(
    _ simulation: FeedSimulation<W>, isInTime: Bool, isRecovered: Bool = false
  ) {
    var (known, both): (UInt64, UInt64) = (0, 0)
    for (stream, epochs) in simulation.sent {
      let witnessed = simulation.feed.decoder.epochs[stream] ?? []
      #expect(witnessed.count == epochs.count, "each session and restart is seen")
      for (index, (epoch, sent)) in zip(witnessed, epochs).enumerated() {
        // Nor where a stream began that was joined later.
        let first = index > 0 || isRecovered ? 1 : epoch.delivered.first ?? 1
        let end = index + 1 == epochs.count ? sent.end : (sent.received.max() ?? 0) + 1
        known += end - first
        both += UInt64(Set(first..<end).subtracting(sent.received).count)
        #expect(zip(epoch.delivered, epoch.delivered.dropFirst()).allSatisfy(<))
        #expect(epoch.damaged.isEmpty)
        if isInTime {
          #expect(expectAll(epoch, from: first, to: end).isDisjoint(with: sent.received))
        }
      }
    }
    let counts = simulation.feed.counts
    #expect(counts.messages + counts.missing == known, "none is silent")
    if isRecovered { #expect(counts.missing == 0) }
    if isInTime, !isRecovered { #expect(counts.missing == both) }
    #expect(!simulation.feed.arbiter.isWaiting && counts.implausible == 0)
  }

  private static func tight<W>(
    _ seed: UInt64, _ plan: inout FeedSimulation<W>.Plan, lag_ns: UInt64
  ) {
    plan.epochs = 6
    plan.isTight = true
    plan.pace_ns = 200_000
    plan.rates = rates(loss: 0.1)
    plan.rates.reorder = 0
    plan.streams = seed % 4 == 0 ? 3 : 1
    if seed % 2 == 0 { plan.lag_ns = lag_ns } else { plan.lagOfA_ns = lag_ns }
  }

  @Test(arguments: 1...12)
  func restartsInTheMidstLoseOnlyWhatBothLost(seed: UInt64) {
    let simulation = simulation(SimulatedIex.self, seed, packets: 300) { plan in
      Self.tight(seed, &plan, lag_ns: seed % 3 * 1_500_000)
    }
    expectAllThatCanBeKnown(simulation, isInTime: true)
  }

  @Test(arguments: 1...12)
  func sessionsInTheMidstLoseOnlyWhatBothLost(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 300) { plan in
      Self.tight(seed, &plan, lag_ns: seed % 3 * 1_500_000)
      plan.hasNewSessions = true
      plan.streams = 1
    }
    expectAllThatCanBeKnown(simulation, isInTime: true)
  }

  /// A line that lags by more than a hole is kept open for: what it alone brings is counted.
  @Test(arguments: 1...12)
  func whatComesTooLateOfASequenceBeforeIsCounted(seed: UInt64) {
    let iex = simulation(SimulatedIex.self, seed, packets: 1_000) { plan in
      Self.tight(seed, &plan, lag_ns: 130_000_000)
      plan.epochs = 3
      plan.streams = 1
    }
    expectAllThatCanBeKnown(iex, isInTime: false)
    #expect(iex.feed.counts.late > 0)
    let mold = simulation(SimulatedMold.self, seed, packets: 1_000) { plan in
      Self.tight(seed, &plan, lag_ns: 130_000_000)
      plan.epochs = 3
      plan.hasNewSessions = true
      plan.streams = 1
    }
    expectAllThatCanBeKnown(mold, isInTime: false)
  }

  @Test(arguments: 1...12)
  func sessionsInTheMidstAreRecoveredWhole(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 300) { plan in
      Self.tight(seed, &plan, lag_ns: seed % 3 * 1_500_000)
      plan.hasNewSessions = true
      plan.streams = 1
      plan.hasServer = true
    }
    expectAllThatCanBeKnown(simulation, isInTime: true, isRecovered: true)
  }

  // MARK: With recovery

  private func expectEverything<W>(_ simulation: FeedSimulation<W>) {
    for (stream, epochs) in simulation.sent {
      let witnessed = simulation.feed.decoder.epochs[stream] ?? []
      #expect(witnessed.map(\.delivered) == epochs.map { Array(1..<$0.end) })
      #expect(witnessed.allSatisfy { $0.damaged.isEmpty })
    }
    #expect(simulation.feed.counts.missing == 0 && simulation.feed.counts.gaps == 0)
  }

  @Test(arguments: 1...12)
  func withARequestServerEverythingComes(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates(delay: seed % 2 == 0 ? 0.03 : 0)
      plan.lag_ns = seed % 3 == 0 ? 50_000_000 : 0
      plan.lostBeginning = seed % 4 == 0 ? 50 : 0
      plan.bDiesAt = seed % 5 == 0 ? 0.5 : nil
      plan.limits.heldPackets_max = seed % 6 == 0 ? 64 : 8_192
      plan.hasServer = true
    }
    expectEverything(simulation)
    #expect(simulation.feed.counts.recovered > 0)
  }

  @Test(arguments: 1...6)
  func sessionsThatFollowEachOtherAreRecoveredWhole(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 400) { plan in
      plan.epochs = 6
      plan.hasNewSessions = true
      plan.rates = Self.rates(loss: 0.1)
      plan.hasServer = true
    }
    expectEverything(simulation)
  }

  /// Nobody answers: what came is taken, and only what both lines lost is missing.
  @Test(arguments: 1...6)
  func withoutAnAnswerOnlyWhatBothLostIsMissing(seed: UInt64) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 4_000) { plan in
      plan.rates = Self.rates()
      plan.pace_ns = 500_000
      plan.hasServer = true
      plan.answerLoss = 1
    }
    expectLossOfBothOnly(simulation)
    #expect(simulation.feed.serverChanges == 1 && simulation.feed.counts.gaps > 0)
  }

  // MARK: Damage

  /// A damaged packet may be lost, or read as it is: nothing else is lost for it.
  private func expectDamageIsBounded<W>(_ simulation: FeedSimulation<W>) {
    for index in 0..<simulation.plan.streams {
      let stream = FeedSimulation<W>.stream(index)
      guard let sent = simulation.sent[stream]?.first else { continue }
      let epochs = simulation.feed.decoder.epochs[stream] ?? []
      #expect(epochs.count == 1, "no damage begins a session")
      let delivered = Set(epochs.flatMap(\.delivered))
      let lost = Set(1..<sent.end).subtracting(delivered)
      #expect(lost.isSubset(of: sent.damaged), "\(lost.subtracting(sent.damaged).count) more")
      #expect(epochs.allSatisfy { zip($0.delivered, $0.delivered.dropFirst()).allSatisfy(<) })
    }
  }

  @Test(arguments: 1...10)
  func damagedHeadersDoNotCostWhatIsWhole(seed: UInt64) {
    let simulation = simulation(SimulatedIex.self, seed, packets: 5_000) { plan in
      plan.streams = seed % 2 == 0 ? 3 : 1
      plan.rates.corrupt = 0.05
    }
    expectDamageIsBounded(simulation)
    #expect(simulation.feed.counts.implausible > 0 && simulation.feed.counts.malformed > 0)
  }

  @Test(arguments: 1...10, [false, true])
  func damagedSessionsAndSequencesDoNotEndASession(seed: UInt64, hasServer: Bool) {
    let simulation = simulation(SimulatedMold.self, seed, packets: 5_000) { plan in
      plan.rates.corrupt = 0.05
      plan.hasServer = hasServer
    }
    expectDamageIsBounded(simulation)
    #expect(simulation.feed.counts.implausible > 0 && simulation.feed.counts.malformed > 0)
  }
}
