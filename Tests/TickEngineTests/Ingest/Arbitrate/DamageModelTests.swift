import Testing

@testable import TickEngine

/// One flipped bit in a few of a hundred packets of each line, anywhere in them, nothing lost: what
/// comes out is what was sent, but for what came damaged on both lines. A flip inside a message, or
/// in a length so that the lengths still add up, is nothing a line can show.
@Suite(.timeLimit(.minutes(5))) struct DamageModelTests {
  private func expectOnlyWhatBothDamaged<W>(_ simulation: FeedSimulation<W>) {
    for index in 0..<simulation.plan.streams {
      let stream = FeedSimulation<W>.stream(index)
      let sent = simulation.sent[stream]![0]
      let epochs = simulation.feed.decoder.epochs[stream] ?? []
      #expect(epochs.count == 1, "no damage begins a session")
      let delivered = epochs.flatMap(\.delivered)
      #expect(zip(delivered, delivered.dropFirst()).allSatisfy(<), "in order, each once")
      let lost = Set(1..<sent.end).subtracting(delivered)
      let both = Set(1..<sent.end).subtracting(sent.received)
      #expect(lost.isSubset(of: both), "lost too: \(lost.subtracting(both).sorted())")
      let wrong = epochs.reduce(into: Set<UInt64>()) { $0.formUnion($1.damaged) }
      let foreign = wrong.subtracting(sent.altered)
      #expect(foreign.isEmpty, "in the place of others: \(foreign.sorted())")
    }
  }

  private func plan<W>(_ seed: UInt64, _ wire: W.Type) -> FeedSimulation<W>.Plan {
    var plan = FeedSimulation<W>.Plan()
    plan.seed = seed
    plan.packets = 5_000
    plan.messagesEach = seed % 2 == 0 ? 1 : 8
    plan.flip = [0.01, 0.02, 0.03][Int(seed % 3)]
    plan.lag_ns = [0, 50_000, 400_000, 5_000_000][Int(seed / 2 % 4)]
    // A quiet feed, whose next packet comes after any wait.
    if seed % 7 == 0 { plan.pace_ns = 200_000_000 }
    return plan
  }

  @Test(arguments: 1...24)
  func flippedBitsCostNoMoreThanBothLinesDamagedOfIex(seed: UInt64) {
    var plan = plan(seed, SimulatedIex.self)
    plan.streams = seed % 3 == 0 ? 3 : 1
    let simulation = FeedSimulation<SimulatedIex>(plan)
    simulation.run()
    expectOnlyWhatBothDamaged(simulation)
    #expect(simulation.feed.counts.implausible > 0 && simulation.feed.counts.malformed > 0)
  }

  @Test(arguments: 1...24)
  func flippedBitsCostNoMoreThanBothLinesDamagedOfMold(seed: UInt64) {
    let simulation = FeedSimulation<SimulatedMold>(plan(seed, SimulatedMold.self))
    simulation.run()
    expectOnlyWhatBothDamaged(simulation)
    #expect(simulation.feed.counts.implausible > 0 && simulation.feed.counts.malformed > 0)
  }
}
