import Foundation
import TickRing
import TickWire

/// Looks at an instance's positions region from outside, and changes nothing in it.
///
/// Thread safety: one thread at a time. Any number of observers.
public struct PositionObserver: ~Copyable {
  private static let looksMax = 100
  private let lines: SharedLines
  private let directory: DirectoryReader?
  private let strategies: Int

  /// The name of an instance's positions region.
  public static func regionName(_ instance: String) -> String {
    TradingInstance.regionName(instance, "positions")
  }

  /// Without a directory of the instance's beside them, instruments have numbers and no symbols.
  ///
  /// - Throws: `RingError` for a region that is not there or no such, `PositionError` for one of
  ///   another layout.
  public init(ringDirectory: String = Region.defaultDirectory, instance: String) throws {
    let region = try Region.attachReader(
      .positions, directory: ringDirectory, name: PositionObserver.regionName(instance))
    let directory = try? DirectoryReader(
      Region.attachReader(
        .directory, directory: ringDirectory,
        name: TradingInstance.regionName(instance, "directory")))
    try self.init(region, directory: directory)
  }

  init(_ region: consuming Region, directory: consuming DirectoryReader?) throws {
    // A file that someone shortens reads as zeros.
    try region.guardAgainstTruncation()
    let lines = try SharedLines(region, .positions)
    let strategies = try PositionReading.strategies(of: lines)
    self.lines = lines
    self.directory = directory
    self.strategies = strategies
  }

  /// What the region says now. Subjects and holdings are whole each; together they are of moments
  /// that lie apart by as long as it takes to read them.
  public func snapshot() -> PositionSnapshot {
    var snapshot = PositionSnapshot()
    for subject in 0...strategies { snapshot.subjects.append(self.subject(subject)) }
    let room = (lines.count - PositionLines.holding(0, strategies: strategies)) / 2
    let count = lines.acquire(PositionLines.header, PositionLines.Header.holdings)
    for number in 0..<min(Int(clamping: count), room) {
      snapshot.holdings.append(holding(number))
    }
    snapshot.valueAtRisk = ValueAtRiskLine.read(lines)
    return snapshot
  }

  private func subject(_ subject: Int) -> PositionSnapshot.Subject {
    let line = PositionLines.subject(subject)
    var sums = PositionReading.wholeSums(lines, line)
    var risk: RiskRecord?
    // A peak that rose after the sums were read would be a drawdown that there never was.
    for _ in 0..<PositionObserver.looksMax {
      risk = PositionReading.risk(lines, subject: subject)
      let again = PositionReading.wholeSums(lines, line)
      if again == sums { break }
      sums = again
    }
    return PositionReading.subject(lines, subject, risk, sums)
  }

  private func holding(_ number: Int) -> PositionSnapshot.Entry {
    let line = PositionLines.holding(number, strategies: strategies)
    let key = lines.load(line, PositionLines.Position.key)
    let instrument = UInt32(truncatingIfNeeded: key)
    return PositionSnapshot.Entry(
      strategy: UInt8(truncatingIfNeeded: key >> 32), instrument: instrument,
      symbol: symbol(instrument), holding: PositionReading.wholeHolding(lines, line))
  }

  private func symbol(_ instrument: UInt32) -> String? {
    guard let packed = directory?.symbol(instrument) else { return nil }
    return Symbol(word: packed).text
  }
}

/// A positions region as it was read.
public struct PositionSnapshot: Sendable {
  /// The instance, or a strategy.
  public struct Subject: Sendable {
    /// 0: the instance.
    public let subject: UInt8
    /// nil: its writer is in the middle of a change, perhaps for ever.
    public let sums: SubjectSums?
    /// nil: none was published, or as above.
    public let risk: RiskRecord?
    /// The venue has not told yet all that a predecessor knew: a part of what is held is no equity.
    public var isToldInPart = false

    public var state: RiskState? { risk.flatMap { RiskState(rawValue: $0.state) } }

    /// Highest equity of the trading day, units of 1e-4: also one that the sender has not come to
    /// look at yet. nil: it is unknown, or there was no positive one.
    public var peakE4: Int64? {
      guard let risk, risk.peakE4 < .max else { return nil }
      let peakE4 = max(risk.peakE4, sums?.equityE4 ?? 0)
      return peakE4 > 0 ? peakE4 : nil
    }

    /// (peak - equity) / peak in 1e-6, rounded down, 0 at least; nil if either is unknown.
    public var drawdown_ppm: Int64? {
      guard !isToldInPart, let equityE4 = sums?.equityE4, let peakE4 else { return nil }
      return RiskStates.drawdown_ppm(equityE4: equityE4, peakE4: peakE4)
    }

    /// What the trading day has brought so far, units of 1e-4: below zero a loss (RM7). nil:
    /// equity, now or when the day began, is unknown.
    public var dayE4: Int64? {
      guard !isToldInPart, let equityE4 = sums?.equityE4, let risk, risk.dayStartE4 < .max
      else { return nil }
      let (day, overflow) = equityE4.subtractingReportingOverflow(risk.dayStartE4)
      return overflow ? nil : day
    }

    /// Whether it was ever traded or judged.
    public var isUsed: Bool {
      guard let sums else { return true }
      return subject == 0 || sums.isBroken || sums.cashE4 != 0 || sums.netE4 != 0 || risk != nil
    }
  }

  /// A position of a strategy, or (strategy 0) of the account.
  public struct Entry: Sendable {
    public let strategy: UInt8
    public let instrument: UInt32
    /// nil: the directory does not know it.
    public let symbol: String?
    /// nil: its writer is in the middle of a change, perhaps for ever.
    public let holding: Holding?
  }

  public internal(set) var subjects: [Subject] = []
  public internal(set) var holdings: [Entry] = []
  /// nil: none was published.
  public internal(set) var valueAtRisk: PublishedValueAtRisk?
}
