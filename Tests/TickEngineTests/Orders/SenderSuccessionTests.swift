import Testing
import TickRing

@testable import TickEngine

/// What a sender leaves to the one after it, with a venue and workers that live on.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SenderSuccessionTests {
  /// Two orders that rest, of strategies 1 and 2, and their sender dead.
  private func twoResting(workers: Int = 1) throws -> SenderLine {
    let line = try SenderLine(workers: workers)
    try line.start()
    line.ask(1)
    line.ask(2, strategy: 2, worker: workers - 1)
    let areThere = try line.turn { $0.counts.acked == 2 }
    try #require(areThere)
    line.die()
    return line
  }

  /// RS5, RS8: the sender died before the cancels of a breaker or a kill had left.
  @Test(arguments: [RiskState.circuitBreaker, .killSwitch, .recovery], [UInt8(0), 2])
  func rs5WhatABreakerWasToCancelIsCancelledByTheSuccessor(
    state: RiskState, subject: UInt8
  ) throws {
    let line = try twoResting()
    let record = RiskRecord(
      state: state.rawValue, trips: 1, peakE4: 10_000_000_000_000, coolDownSince: 0, newest: 0,
      day: 0)
    try line.start(records: [subject: record])
    let left = subject == 0 ? 0 : 1
    let isDone = try line.turn { $0.link == .steady && $0.book.count == left }
    #expect(isDone && line.resting == (subject == 0 ? [] : [1]))
  }

  /// RS1: states that let orders rest leave them to the successor.
  @Test(arguments: [RiskState.normal, .warning])
  func rs5WithoutABreakerNothingIsCancelled(state: RiskState) throws {
    let line = try twoResting()
    let record = RiskRecord(
      state: state.rawValue, trips: 0, peakE4: 10_000_000_000_000, coolDownSince: 0, newest: 0,
      day: 0)
    try line.start(records: [0: record])
    let isSteady = try line.turn { $0.link == .steady }
    #expect(isSteady && line.adjust { $0.book.cancelsDue } == 0 && line.resting == [1, 2])
  }

  /// OM3: the predecessor had taken the request, and died before the cancel left.
  @Test func om3ACancelThatAPredecessorTookIsSentByTheSuccessor() throws {
    let line = try SenderLine()
    try line.start()
    line.ask(1)
    line.ask(2)
    let areThere = try line.turn { $0.counts.acked == 2 }
    try #require(areThere)
    line.ask(.cancel, 2)
    line.adjust { _ = $0.takeRequests() }
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 1 }
    #expect(isDone && line.resting == [1])
    #expect(line.news() == ["ack 1", "ack 2", "canceled 2"])
  }
}
