import Testing
import TickRing

@testable import TickEngine

/// RM8, RM9: what a second and a day may send, whoever of their senders sends it.
@Suite(.timeLimit(.minutes(1))) struct DayMessagesTests {
  private let scratch: Scratch
  private let state: StateDirectory

  init() throws {
    scratch = try Scratch()
    state = StateDirectory(path: scratch.file("state"))
    _ = try state.arm(
      "prod", from: state.standing(of: "prod"), who: "anna", reason: "open", deadManSeconds: nil,
      time_ns: 1)
  }

  private func claim() throws -> KillGate {
    try KillGate.claim("prod", ringDirectory: scratch.path, state: state)
  }

  @Test func rm9ASuccessorGoesOnCountingTheDaysMessages() throws {
    let line = try SenderLine { $0.messagesPerDayMax = 4 }
    try line.start(clock: SteadyClock(), kill: claim())
    for number: UInt64 in 1...2 { line.ask(number) }
    #expect(try line.turn { $0.counts.acked == 2 })
    line.ask(.cancel, 1)
    #expect(try line.turn { $0.counts.canceled == 1 })
    line.die()
    try line.start(clock: SteadyClock(), kill: claim())
    #expect(try line.turn { $0.link == .steady })
    for number: UInt64 in 3...4 { line.ask(number) }
    #expect(try line.turn { $0.counts.requested == 2 })
    let refused = line.adjust { $0.counts.riskRejected[Int(RiskReason.messages.rawValue)] }
    #expect(refused == 1 && line.adjust { $0.gate.messages } == 4)
  }

  /// Three orders in the second of which it is the end, or of the one before.
  @Test(arguments: [100, 1_100] as [UInt64])
  func rm8ASecondGoesOnOverASendersDeath(ago_ms: UInt64) throws {
    let line = try SenderLine { $0.ordersPerSecondMax = 5 }
    let now = MonotonicClock.now
    do {
      var before = try claim()
      before.tell(counted: 7, at: now - 1_400_000_000)
      before.tell(counted: 10, at: now - ago_ms * 1_000_000)
    }
    try line.start(clock: SteadyClock(), kill: claim())
    for number: UInt64 in 1...3 { line.ask(number) }
    #expect(try line.turn { $0.counts.requested == 3 })
    let refused = line.adjust { $0.counts.riskRejected[Int(RiskReason.rate.rawValue)] }
    // What a machine that stands still meanwhile makes of it is another second's.
    if MonotonicClock.now - now < RateWindow.second_ns * 8 / 10 {
      #expect(refused == (ago_ms < 1_000 ? 1 : 0))
    }
    #expect(line.adjust { $0.isShut } == (refused > 0))
  }

  /// What a sender counts it tells before it leaves, and with it when that was.
  @Test(arguments: [true, false]) func rm8ASenderLeavesWhatItHasSent(isLive: Bool) throws {
    let line = try SenderLine()
    try line.start(clock: isLive ? SteadyClock() : nil, kill: claim())
    let before = MonotonicClock.now
    for number: UInt64 in 1...3 { line.ask(number) }
    #expect(try line.turn { $0.counts.acked == 3 })
    let sent = MonotonicClock.now
    line.adjust { sender in
      let legacy = sender.kill.resumeRate(at: sent)
      #expect(legacy.counted == (isLive ? 3 : 0))
      // On a machine that stood still some of them may be of another second.
      let count = legacy.steps.reduce(0) { $0 + $1.count }
      #expect(count == (isLive ? 3 : 0) || sent - before > RateWindow.second_ns / 2)
      #expect(legacy.steps.allSatisfy { (before...sent).contains($0.at_ns) })
      guard isLive else { return }
      // However long it is ago: they are of then, whatever was told since.
      sender.kill.tell(counted: sender.gate.rateCounted, at: sent + 500_000_000)
      let later = sender.kill.resumeRate(at: sent + 600_000_000).steps
      #expect(later.allSatisfy { $0.at_ns <= sent + RateTrail.each_ns })
    }
  }

  /// A sender turns before it is asked for anything: it knows no time then, and no day.
  @Test func rm9TheFirstOrdersOfAReplayAreOfItsDay() throws {
    let line = try SenderLine { $0.messagesPerDayMax = 4 }
    try line.start()
    for _ in 0..<3 { _ = try line.turn { _ in true } }
    for number: UInt64 in 1...3 { line.ask(number) }
    #expect(try line.turn { $0.counts.acked == 3 })
    for _ in 0..<3 { _ = try line.turn { _ in true } }
    for number: UInt64 in 4...6 { line.ask(number) }
    #expect(try line.turn { $0.counts.requested == 6 })
    let refused = line.adjust { $0.counts.riskRejected[Int(RiskReason.messages.rawValue)] }
    #expect(refused == 2 && line.adjust { $0.gate.messages } == 4)
  }

  @Test func rm9AnotherDayBeginsAnew() throws {
    var gate = try claim()
    #expect(gate.messages(of: 20_000) == 0)
    gate.tell(messages: 7, of: 20_000)
    #expect(gate.messages(of: 20_000) == 7 && gate.messages(of: 20_001) == 0)
    gate.tell(messages: 0, of: 20_001)
    #expect(gate.messages(of: 20_000) == 0 && gate.messages(of: 20_001) == 0)
  }
}
