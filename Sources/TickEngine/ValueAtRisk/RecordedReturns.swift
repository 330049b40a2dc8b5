import TickRing
import TickWire

/// Returns from recorded ticks: what each symbol's price did from one interval's end to the next.
extension ReturnTable {
  /// Prices of all intervals and symbols that there is room for.
  private static let pricesMax = 1 << 26

  /// Reads what `--record` wrote, `FILE` and the symbols beside it.
  ///
  /// A price is the last eligible trade or the middle of a whole quote, whichever came last. An
  /// interval in which no symbol had a price at all is no observation: the market was shut. A
  /// symbol that had one in fewer than half of them has no column: most of its returns would be
  /// zeros that nobody saw, so a position in it has no value at risk instead of a small one.
  ///
  /// - Parameter interval_ns: of exchange time, at least a millisecond.
  public init(recording path: String, interval_ns: UInt64) throws(ValueAtRiskError) {
    precondition(interval_ns >= 1_000_000)
    let (symbols, file): ([UInt64], RecordedFile)
    do throws(RerunError) {
      symbols = try RerunFiles.symbols(of: path)
      file = try RecordedFile(path, recordBytes: 24)
    } catch {
      if case .unreadable = error {
        throw .recording("\(path) or the \(path).symbols.csv beside it cannot be read")
      }
      throw .recording("\(error)")
    }
    var prices = IntervalPrices(instruments: symbols.count, interval_ns: interval_ns)
    for index in 0..<file.count {
      try prices.take(Tick(words: file.record(index, as: (UInt64, UInt64, UInt64).self)))
      guard prices.closes.count <= ReturnTable.pricesMax else {
        throw .recording("\(path): more intervals than there is room for: give a longer one")
      }
    }
    prices.close()
    let columns = prices.columns
    guard !columns.isEmpty else {
      throw .recording("\(path): no symbol has a price in half of the intervals: give a longer one")
    }
    try self.init(
      symbols: columns.map { Symbol(word: symbols[$0]).text }, values: prices.returns(columns))
  }
}

/// Each instrument's price at the end of each interval.
private struct IntervalPrices {
  private let interval_ns: UInt64
  private let count: Int
  private var start: UInt64 = 0
  private var now: UInt64 = 0
  /// The latest; 0: none so far.
  private var last: [Double]
  private var bids: [Double]
  private var isSeen: [Bool]
  private var isAnySeen = false
  /// Intervals in which an instrument had a price.
  private var seen: [Int]
  private(set) var intervals = 0
  /// Interval by interval.
  private(set) var closes: [Double] = []

  init(instruments: Int, interval_ns: UInt64) {
    self.interval_ns = interval_ns
    count = instruments
    last = [Double](repeating: 0, count: instruments)
    bids = last
    isSeen = [Bool](repeating: false, count: instruments)
    seen = [Int](repeating: 0, count: instruments)
  }

  mutating func take(_ tick: Tick) throws(ValueAtRiskError) {
    // Exchange times of a feed's streams go back by a little.
    now = max(now, tick.timestamp)
    if start == 0 { start = now }
    if now - start >= interval_ns {
      close()
      guard intervals < ReturnTable.observationsMax else {
        throw .recording("the recording has too many intervals: give a longer one")
      }
      start += (now - start) / interval_ns * interval_ns
    }
    let index = Int(tick.series.instrument) - 1
    guard index >= 0, index < count, tick.price.isFinite else { return }
    switch tick.series.kind {
    case .trade: see(index, tick.price)
    case .bid: bids[index] = tick.price
    case .ask where bids[index] > 0 && tick.price > bids[index]:
      see(index, bids[index] + (tick.price - bids[index]) / 2)
    default: break
    }
  }

  private mutating func see(_ index: Int, _ price: Double) {
    guard price > 0 else { return }
    last[index] = price
    isSeen[index] = true
    isAnySeen = true
  }

  /// The interval is over.
  mutating func close() {
    guard isAnySeen else { return }
    isAnySeen = false
    closes += last
    intervals += 1
    for index in 0..<count where isSeen[index] {
      isSeen[index] = false
      seen[index] += 1
    }
  }

  var columns: [Int] { (0..<count).filter { seen[$0] > 0 && seen[$0] * 2 >= intervals } }

  /// From the first interval at whose end all of them had a price.
  func returns(_ columns: [Int]) -> [Double] {
    func price(_ interval: Int, _ column: Int) -> Double { closes[interval * count + column] }
    let first = (0..<intervals).first { interval in
      columns.allSatisfy { price(interval, $0) > 0 }
    }
    guard let first else { return [] }
    var values: [Double] = []
    for interval in (first + 1)..<max(first + 1, intervals) {
      for column in columns {
        values.append(price(interval, column) / price(interval - 1, column) - 1)
      }
    }
    return values
  }
}
