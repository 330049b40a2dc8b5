import CLinux
import Foundation
import Testing
import TickMetrics
import TickRing

@testable import TickEngine

/// RM7, RS1, RS7: what is of the day outlasts an orderly end.
@Suite(.timeLimit(.minutes(1))) struct DayRecordTests {
  private let scratch: Scratch
  private let state: StateDirectory

  init() throws {
    scratch = try Scratch()
    state = StateDirectory(path: scratch.file("state"))
  }

  private var instance: TradingInstance {
    TradingInstance("prod", ringDirectory: scratch.path, stateDirectory: state.path)
  }

  /// Of an instance without a venue; a replay has a capture.
  private func sender(isLive: Bool = true, holding: OpeningPositions? = nil) throws -> Sender {
    var options = ReplayOptions(captures: isLive ? [] : ["day.pcap"])
    (options.venue, options.instance) = (.none, "prod")
    (options.ringDirectory, options.stateDirectory) = (scratch.path, state.path)
    options.positions = holding
    let regions = ReplayRegions(directory: scratch.path)
    let histograms = HistogramStorage(count: 3)
    let assembly = SenderAssembly(
      options: options, instance: instance, reload: nil, waitPolicy: .share,
      page: try regions.make(.control, capacity: ControlPage.capacity),
      board: try regions.make(.board, capacity: 16),
      directory: SharedRegion(try instance.open(.directory, "directory", capacity: 16)), rings: [],
      latency: SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]))
    return try assembly.make()
  }

  /// A session that ends in order at 7.75 % below its peak, which was above what it began with.
  private func warned(isLive: Bool = true, endingAt last: Int64 = 1_107_000) throws {
    var sender = try sender(isLive: isLive)
    sender.marketTime = max(sender.marketTime, GateBench.start)
    sender.risk.positions.fill(
      strategy: 1, instrument: 1, side: .buy, quantity: 10_000_000, priceE4: 1_000_000,
      referenceE4: 1_000_000)
    for mark in [1_200_000, last] {
      sender.risk.mark(1, mark)
      sender.watchRisk()
    }
    #expect(sender.instanceState == .warning)
    #expect(sender.risk.drawdown_ppm(of: 1) == (1_200_000 - last) * 10 / 12)
    let strictest = sender.strictestState
    _ = consume sender
    instance.end(isClean: true, state: strictest, isLive: isLive)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(!left.contains("tickway.prod.positions"), "\(left)")
  }

  private func edit(_ change: (inout DayRecord) -> Void) throws {
    var record = try #require(try state.day(of: "prod", before: clinux_realtime_ns()))
    change(&record)
    try state.write(record)
  }

  @Test func rs1TheNextStartOfTheDayGoesOnWithItsDrawdown() throws {
    try warned()
    var next = try sender()
    next.watchRisk()
    #expect(next.instanceState == .warning && next.risk.state(of: 1) == .warning)
    #expect(next.risk.state(of: 2) == .normal && next.riskChanges.count == 0)
    // Of the equity that it begins with.
    #expect(next.equityE4 == RiskLimits.simulation.portfolioE4)
    #expect(next.risk.drawdown_ppm(of: 0) == 77_500 && next.risk.drawdown_ppm(of: 1) == 77_500)
    #expect(next.risk.drawdown_ppm(of: 2) == 0)
  }

  @Test(arguments: [1_107_000, 1_100_000] as [Int64])
  func rm7TheNextStartOfTheDayGoesOnWithItsLoss(last: Int64) throws {
    try warned(endingAt: last)
    let portfolioE4 = RiskLimits.simulation.portfolioE4
    var next = try sender()
    next.watchRisk()
    // It had gained, so that more may be lost from here on.
    #expect(next.gate.dayStartE4 == portfolioE4 - (last - 1_000_000) * 10_000_000)
    #expect(next.risk.positions.riskRecord(0)?.dayStartE4 == next.gate.dayStartE4)
    // And the one after that, which finds the same day written down again.
    let equityE4 = portfolioE4 - 70_000_000
    next.risk.positions.fill(
      strategy: 1, instrument: 1, side: .buy, quantity: 7, priceE4: 11_000_000, referenceE4: 0)
    next.risk.mark(1, 1_000_000)
    next.watchRisk()
    #expect(next.equityE4 == equityE4)
    _ = consume next
    instance.end(isClean: true, state: .normal, isLive: true)
    var third = try sender()
    third.watchRisk()
    #expect(third.gate.dayStartE4 - third.equityE4 == 70_000_000 - (last - 1_000_000) * 10_000_000)
  }

  /// What was held when the day began is worth what it was worth last, and not what it was worth
  /// the day before: that is in the day's loss already.
  @Test(arguments: [110, 90, 100] as [Int64])
  func rm7WhatIsHeldIsNotGainedOrLostTwice(price: Int64) throws {
    let csv = "symbol,strategy,shares,average_price\nHELD,1,100000,100\nend,1\n"
    let holding = try OpeningPositions(csv: Data(csv.utf8))
    let gainedE4 = (price - 100) * 10_000 * 100_000
    for _ in 0..<3 {
      var sender = try sender(holding: holding)
      sender.watchRisk()
      sender.risk.mark(1, price * 10_000)
      sender.watchRisk()
      #expect(sender.equityE4 - sender.gate.dayStartE4 == gainedE4)
      let drawdown = sender.risk.drawdown_ppm(of: 0)
      #expect(drawdown == (price < 100 ? 1_000 : 0), "\(price)")
      _ = consume sender
      instance.end(isClean: true, state: .normal, isLive: true)
    }
    #expect(try state.day(of: "prod", before: clinux_realtime_ns())?.marks?.count == 1)
  }

  /// After an orderly end with a breaker out the region stays, and numbers are given anew.
  @Test func rm7AnotherNumberIsNoOtherPrice() throws {
    func holding(_ symbols: String...) throws -> OpeningPositions {
      let rows = symbols.map { "\($0),1,100000,100\n" }.joined()
      return try OpeningPositions(
        csv: Data("symbol,strategy,shares,average_price\n\(rows)end,2\n".utf8))
    }
    do {
      var sender = try sender(holding: holding("AAA", "BBB"))
      sender.risk.mark(1, 1_500_000)
      sender.risk.mark(2, 500_000)
      sender.watchRisk()
    }
    instance.end(isClean: true, state: .circuitBreaker, isLive: true)
    var next = try sender(holding: holding("BBB", "AAA"))
    next.watchRisk()
    next.risk.mark(1, 500_000)
    next.risk.mark(2, 1_500_000)
    next.watchRisk()
    #expect(next.equityE4 == RiskLimits.simulation.portfolioE4)
    #expect(next.gate.dayStartE4 == next.equityE4)
  }

  /// RM13: what the day began with is not known; one of an earlier version does not say it.
  @Test func rm7AnUnknownLossIsNotNone() throws {
    try warned()
    try edit { $0.subjects[0].day_start_e4 = nil }
    var next = try sender()
    next.watchRisk()
    #expect(next.gate.dayStartE4 == .max)
    // What it earns or loses from here on makes it no better known.
    next.risk.positions.fill(
      strategy: 1, instrument: 1, side: .buy, quantity: 7, priceE4: 1_000_000, referenceE4: 0)
    next.risk.mark(1, 2_000_000)
    next.watchRisk()
    #expect(next.gate.dayStartE4 == .max && next.risk.positions.riskRecord(0)?.dayStartE4 == .max)
  }

  @Test func rs7TheTripsOfTheDayCountAtTheNextStart() throws {
    try warned()
    try edit { record in
      for index in record.subjects.indices { record.subjects[index].trips = 2 }
    }
    var next = try sender()
    next.watchRisk()
    #expect(next.risk.positions.riskRecord(0)?.trips == 2)
    next.risk.positions.fill(
      strategy: 1, instrument: 1, side: .buy, quantity: 10_000_000, priceE4: 1_000_000,
      referenceE4: 1_000_000)
    next.risk.mark(1, 900_000)
    next.watchRisk()
    #expect(next.instanceState == .killSwitch && next.riskChanges.kept[0].cause == .tripsMax)
  }

  @Test func rs1AnotherDayBeginsAnew() throws {
    try warned()
    try edit { record in
      for index in record.subjects.indices {
        record.subjects[index].day -= 1
        record.subjects[index].newest_ns -= 86_400_000_000_000
        record.subjects[index].trips = 2
      }
    }
    var next = try sender()
    next.watchRisk()
    #expect(next.instanceState == .normal && next.risk.drawdown_ppm(of: 0) == 0)
    let kept = next.risk.positions.riskRecord(0)
    #expect(kept?.trips == 0 && kept?.peakE4 == RiskLimits.simulation.portfolioE4)
    #expect(next.gate.dayStartE4 == RiskLimits.simulation.portfolioE4)
  }

  /// A replay begins its capture's day anew, and takes nothing from a live day.
  @Test func rs1AReplayNeitherLeavesADayNorTakesOne() throws {
    try warned(isLive: false)
    #expect(try state.day(of: "prod", before: clinux_realtime_ns()) == nil)
    try warned()
    let replay = try sender(isLive: false)
    #expect(replay.instanceState == .normal && replay.risk.drawdown_ppm(of: 0) == 0)
  }

  /// RM13: nobody knows then how the day stands.
  @Test(arguments: ["", "{}", "nonsense"]) func rm13ADayThatCannotBeReadStartsNothing(
    text: String
  ) throws {
    try warned()
    try Data(text.utf8).write(to: URL(filePath: scratch.file("state/prod.day")))
    #expect(throws: DayRecord.Failure.self) { _ = try sender() }
    try FileManager.default.removeItem(atPath: scratch.file("state/prod.day"))
    let next = try sender()
    #expect(next.instanceState == .normal)
  }

  /// Of it neither day nor cooldown would end.
  @Test func rm13ADayThatIsToComeStartsNothing() throws {
    try warned()
    try edit { $0.subjects[0].newest_ns += 3_600_000_000_000 }
    #expect(throws: DayRecord.Failure.self) { _ = try sender() }
  }

  /// RS6: also where the region does not stay, as over a reboot.
  @Test func rs6ACooldownIsWrittenDownToo() throws {
    do {
      var sender = try sender()
      sender.marketTime = max(sender.marketTime, GateBench.start)
      sender.risk.positions.fill(
        strategy: 1, instrument: 1, side: .buy, quantity: 10_000_000, priceE4: 1_000_000,
        referenceE4: 1_000_000)
      sender.risk.mark(1, 850_000)
      sender.watchRisk()
      #expect(!sender.strictestState.allowsNewExposure)
      let strictest = sender.strictestState
      _ = consume sender
      instance.end(isClean: true, state: strictest, isLive: true)
    }
    try Region.remove(directory: scratch.path, name: "tickway.prod.positions")
    let next = try sender()
    #expect(!next.instanceState.allowsNewExposure)
  }

  /// What a replay of the same name leaves hides no live day.
  @Test func rs1AReplaysRegionDoesNotHideADay() throws {
    try warned()
    do { _ = try sender(isLive: false) }
    var next = try sender()
    next.watchRisk()
    #expect(next.instanceState == .warning && next.risk.drawdown_ppm(of: 0) == 77_500)
  }

  /// Where it cannot be kept the region stays for the next start.
  @Test func whatCannotBeWrittenDownStaysInMemory() throws {
    do { _ = try sender() }
    try FileManager.default.removeItem(atPath: state.path)
    try Data().write(to: URL(filePath: state.path))
    instance.end(isClean: true, state: .normal, isLive: true)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(left.contains("tickway.prod.positions"), "\(left)")
  }

  @Test func aDrawdownIsCarriedToAnyEquityAndRoundedUp() {
    let record = RiskRecord(
      state: 0, trips: 0, peakE4: 11_999_000_000, coolDownSince: 0, newest: 0, day: 0)
    func peak(_ old: Int64?, _ new: Int64) -> Int64 { record.rebased(from: old, to: new).peakE4 }
    #expect(peak(11_069_000_000, 11_069_000_000) == 11_999_000_000)
    #expect(peak(11_069_000_000, 10_000_000_000) == 10_840_184_299)
    #expect(peak(1, .max) == .max)
  }

  @Test func aLossIsCarriedToAnyEquityAsItIs() {
    var record = RiskRecord(
      state: 0, trips: 0, peakE4: 1, coolDownSince: 0, newest: 0, day: 0, dayStartE4: 500)
    func loss(_ old: Int64, _ new: Int64) -> Int64 {
      record.rebased(from: old, to: new).dayStartE4 - new
    }
    #expect(loss(400, 1_000) == 100 && loss(500, 1_000) == 0 && loss(600, 1_000) == -100)
    record.dayStartE4 = .min
    #expect(record.rebased(from: .max, to: 1).dayStartE4 == .min)
    record.dayStartE4 = .max - 1
    #expect(record.rebased(from: 1, to: .max).dayStartE4 == .max)
    record.dayStartE4 = .max
    #expect(record.rebased(from: .max, to: 1).dayStartE4 == .max)
  }

  /// RM13: all of it may be lost.
  @Test func ofAnUnknownEquityNothingIsLeft() {
    let record = RiskRecord(
      state: 0, trips: 0, peakE4: 7, coolDownSince: 0, newest: 0, day: 0, dayStartE4: 5)
    for old: Int64? in [nil, 0, -1] {
      let carried = record.rebased(from: old, to: 5)
      #expect(carried.peakE4 == .max && carried.dayStartE4 == .max)
    }
    #expect(record.rebased(from: 5, to: 0).dayStartE4 == .max)
  }
}
