import Testing

@testable import TickEngine

/// The sums are what adding everything up anew gives, whatever happens and in which order.
@Suite(.timeLimit(.minutes(2))) struct ExposureTests {
  /// The slow model: everything kept apart, summed when asked.
  private struct Model {
    struct Key: Hashable {
      let instrument: UInt32
      let strategy: UInt8
    }
    var positions: [Key: Int128] = [:]
    var buys: [Key: Int128] = [:]
    var sells: [Key: Int128] = [:]
    var marks: [UInt32: Int128] = [:]
    var sectors: [UInt32: UInt8] = [:]

    func sum(_ of: [Key: Int128], _ instrument: UInt32) -> Int128 {
      of.filter { $0.key.instrument == instrument }.values.reduce(0, +)
    }

    func worst(_ instrument: UInt32) -> Int128 {
      let position = sum(positions, instrument)
      return max(
        abs(position + sum(buys, instrument)), abs(position - sum(sells, instrument)))
    }

    func value(_ instrument: UInt32) -> Int128 { worst(instrument) * (marks[instrument] ?? 0) }
  }

  /// What a macro can look at: the exposure itself cannot be copied.
  private struct Sums: Equatable {
    var gross: Int128 = 0
    var unmarked = 0
    var uncountable = 0
    var isBroken = false

    init(gross: Int128 = 0, unmarked: Int = 0, uncountable: Int = 0, isBroken: Bool = false) {
      (self.gross, self.unmarked) = (gross, unmarked)
      (self.uncountable, self.isBroken) = (uncountable, isBroken)
    }

    init(_ exposure: borrowing Exposure) {
      self.init(
        gross: exposure.grossE4, unmarked: exposure.unmarked, uncountable: exposure.uncountable,
        isBroken: exposure.isBroken)
    }
  }

  private static let instruments: UInt32 = 8
  private static let strategies: UInt8 = 3

  private func step(
    _ random: inout SeededRandom, _ exposure: inout Exposure, _ model: inout Model
  ) {
    let instrument = UInt32(random.within(1...Int(ExposureTests.instruments) - 1))
    let strategy = UInt8(random.within(1...Int(ExposureTests.strategies)))
    let key = Model.Key(instrument: instrument, strategy: strategy)
    let isBuy = random.once(in: 2)
    let side: OrderSide = isBuy ? .buy : .sell
    let open = (isBuy ? model.buys : model.sells)[key] ?? 0
    let part = open > 0 ? random.within(1...Int(open)) : 0
    switch random.below(8) {
    case 0...2:
      let quantity = random.once(in: 50) ? Int(UInt32.max) : random.within(1...1_000)
      exposure.opened(instrument, strategy: strategy, side, UInt32(quantity))
      if isBuy { model.buys[key] = open + Int128(quantity) }
      if !isBuy { model.sells[key] = open + Int128(quantity) }
    case 3, 4:
      guard part > 0, part <= Int(UInt32.max) else { return }
      let isFill = random.once(in: 2)
      if isBuy { model.buys[key] = open - Int128(part) }
      if !isBuy { model.sells[key] = open - Int128(part) }
      if isFill {
        exposure.filled(instrument, strategy: strategy, side, UInt32(part))
        model.positions[key, default: 0] += Int128(isBuy ? part : -part)
      } else {
        exposure.closed(instrument, strategy: strategy, side, UInt32(part))
      }
    case 5:
      exposure.broken(instrument, strategy: strategy, side, 7)
      model.positions[key, default: 0] += isBuy ? -7 : 7
    case 6:
      let mark = random.within(0...2_000_000)
      exposure.mark(instrument, Int64(mark))
      if mark > 0 { model.marks[instrument] = Int128(mark) }
    default:
      let sector = UInt8(random.below(4))
      exposure.assign(instrument, sector: sector)
      model.sectors[instrument] = sector
    }
  }

  @Test(arguments: 1...12)
  func sumsAreThoseOfASlowModelAfterEveryStep(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var exposure = Exposure(
      instruments: Int(ExposureTests.instruments), strategies: Int(ExposureTests.strategies))
    var model = Model()
    for _ in 0..<2_000 {
      step(&random, &exposure, &model)
      var sectors: [UInt8: Int128] = [:]
      var (gross, unmarked): (Int128, Int) = (0, 0)
      for instrument in 1..<ExposureTests.instruments {
        let value = model.value(instrument)
        gross += value
        sectors[model.sectors[instrument] ?? 0, default: 0] += value
        if model.worst(instrument) > 0, model.marks[instrument] == nil { unmarked += 1 }
        let position = exposure.position(instrument)
        let buys = exposure.open(instrument, .buy)
        #expect(Int128(position) == model.sum(model.positions, instrument))
        #expect(Int128(buys) == model.sum(model.buys, instrument))
      }
      let seen = Sums(exposure)
      #expect(seen == Sums(gross: gross, unmarked: unmarked))
      for sector: UInt8 in 0..<4 { #expect(exposure.sectorE4(sector) == sectors[sector] ?? 0) }
    }
    for (key, position) in model.positions {
      let share = exposure.position(key.instrument, strategy: key.strategy)
      #expect(Int128(share) == position)
    }
  }

  /// After everything has ended nothing is left, however large it was.
  @Test func nothingStaysBehind() {
    var exposure = Exposure(instruments: 4, strategies: 1)
    for instrument: UInt32 in 1...3 {
      exposure.mark(instrument, 10_000_000_000_000)
      exposure.opened(instrument, strategy: 1, .buy, 900_000)
    }
    let each: Int128 = 900_000 * 10_000_000_000_000
    #expect(Sums(exposure).gross == 3 * each)
    // More than an Int64 holds, and still counted.
    exposure.hold(1, strategy: 1, .max)
    #expect(Sums(exposure) == Sums(gross: 2 * each, uncountable: 1))
    exposure.hold(1, strategy: 1, -.max)
    for instrument: UInt32 in 1...3 { exposure.closed(instrument, strategy: 1, .buy, 900_000) }
    #expect(Sums(exposure) == Sums() && exposure.sectorE4(0) == 0)
    let listed = exposure.listedCount
    #expect(listed == 3)
  }

  @Test func theEndsOfTheIntegersBreakItForGood() {
    for isLong in [true, false] {
      var exposure = Exposure(instruments: 2, strategies: 1)
      exposure.hold(1, strategy: 1, isLong ? .max : .min)
      #expect(!Sums(exposure).isBroken)
      exposure.hold(1, strategy: 1, isLong ? 1 : -1)
      #expect(Sums(exposure).isBroken && exposure.position(1) == (isLong ? .max : .min))
      exposure.hold(1, strategy: 1, isLong ? -5 : 5)
      #expect(Sums(exposure).isBroken)
    }
  }

  @Test func aStrategyThatIsNotExpectedIsCountedLikeOthers() {
    let instruments = TickPublisher.instrumentsMax
    var exposure = Exposure(instruments: instruments, strategies: 3, expected: 1)
    let last = UInt32(instruments - 1)
    for strategy in UInt8(1)...3 {
      exposure.hold(last, strategy: strategy, Int64(strategy))
      exposure.opened(1, strategy: strategy, .buy, UInt32(strategy) * 10)
    }
    let late = exposure.latePages
    #expect(late.count == 2)
    for pages in late { pages.touch() }
    for strategy in UInt8(1)...3 {
      #expect(exposure.position(last, strategy: strategy) == Int64(strategy))
      #expect(exposure.open(1, strategy: strategy, .buy) == Int64(strategy) * 10)
      #expect(exposure.position(1, strategy: strategy) == 0)
    }
  }

  @Test(arguments: [(UInt32(0), UInt8(1)), (4, 1), (.max, 1), (1, 0), (1, 3), (1, 255)])
  func whatIsNotKnownBreaksItAndTouchesNothing(instrument: UInt32, strategy: UInt8) {
    var exposure = Exposure(instruments: 4, strategies: 2)
    exposure.mark(instrument, 1)
    exposure.opened(instrument, strategy: strategy, .buy, 1)
    #expect(Sums(exposure) == Sums(isBroken: true))
  }
}
