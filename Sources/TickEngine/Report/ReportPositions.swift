import TickRing

/// What a run's sender held and was worth in the end; an addition to the schema, absent without a
/// sender. What is absent in it is not known.
extension Report {
  public struct Positions: Codable, Equatable, Sendable {
    /// The instance, or a strategy.
    public struct Subject: Codable, Equatable, Sendable {
      /// nil: the instance.
      public var strategy: UInt8?
      /// A `RiskState`'s name.
      public var state: String?
      public var equity: Notional?
      public var realised: Notional?
      public var unrealised: Notional?
      /// What fills cost more than the prices at their decisions, and those prices' value; absent
      /// without fills that had one. Negative: less.
      public var slippage: Notional?
      public var slippageReference: Notional?
      /// Of it, hundredths of a basis point.
      public var slippage_bps_e2: Int64?

      enum CodingKeys: String, CodingKey {
        case strategy, state, equity, realised, unrealised, slippage, slippage_bps_e2
        case slippageReference = "slippage_reference"
      }
    }

    public struct ValueAtRisk: Codable, Equatable, Sendable {
      public var value: Notional?
      public var confidence_ppm: UInt64
      public var observations: UInt64
    }

    /// One change of a risk state (RS9).
    public struct Change: Codable, Equatable, Sendable {
      /// nil: the instance.
      public var strategy: UInt8?
      public var old: String
      public var new: String
      public var cause: String
      public var drawdown_ppm: Int64?
      public var equity: Notional?
      /// Exchange time, ns since the Unix epoch.
      public var time_ns: UInt64
    }

    public var instance: Subject
    /// Those that traded.
    public var strategies: [Subject]
    public var valueAtRisk: ValueAtRisk?
    /// The first changes of risk states, and how many there were.
    public var changes: [Change]
    public var changeCount: UInt64

    enum CodingKeys: String, CodingKey {
      case instance, strategies, changes
      case valueAtRisk = "value_at_risk"
      case changeCount = "change_count"
    }
  }
}

extension Report.Positions {
  /// What a region of positions says, with the changes that its sender kept; nil if nothing does.
  init?(of region: SharedRegion?, _ changes: (kept: [RiskChange], count: Int)) {
    guard let region, let observer = try? PositionObserver(region.attach(), directory: nil) else {
      return nil
    }
    self.init(observer.snapshot(), changes.kept, changeCount: changes.count)
  }

  init(_ snapshot: PositionSnapshot, _ changes: [RiskChange], changeCount: Int) {
    instance = Subject(snapshot, 0)
    strategies = snapshot.subjects.filter { $0.subject > 0 && $0.hasTraded }
      .map { Subject(snapshot, $0.subject) }
    valueAtRisk = snapshot.valueAtRisk.map {
      ValueAtRisk(
        value: $0.valueE4.map { Notional(tenThousandths: Int128($0)) },
        confidence_ppm: $0.confidence_ppm, observations: $0.observations)
    }
    self.changes = changes.map { Change($0) }
    self.changeCount = UInt64(changeCount)
  }
}

extension Report.Positions.Subject {
  init(_ snapshot: PositionSnapshot, _ subject: UInt8) {
    strategy = subject == 0 ? nil : subject
    let found = snapshot.subjects.first { $0.subject == subject }
    state = found?.state?.name
    func amount(_ valueE4: Int64?) -> Notional? {
      valueE4.map { Notional(tenThousandths: Int128($0)) }
    }
    if let sums = found?.sums, !sums.isBroken {
      equity = amount(sums.equityE4)
      realised = amount(sums.realisedE4)
      unrealised = amount(sums.unrealisedE4)
    }
    guard let sum = snapshot.slippage(of: subject), sum.referenceE4 > 0 else { return }
    slippage = Notional(tenThousandths: sum.costE4)
    slippageReference = Notional(tenThousandths: sum.referenceE4)
    slippage_bps_e2 = sum.bpsE2
  }
}

extension Report.Positions.Change {
  init(_ change: RiskChange) {
    self.init(
      strategy: change.subject == 0 ? nil : change.subject, old: change.old.name,
      new: change.new.name, cause: change.cause.name, drawdown_ppm: change.drawdown_ppm,
      equity: change.equityE4.map { Notional(tenThousandths: Int128($0)) }, time_ns: change.time)
  }
}

extension PositionSnapshot {
  /// What a subject's fills cost more than the references of their decisions (PT2), summed over its
  /// instruments; nil: a holding is not known.
  struct Slippage {
    var costE4: Int128 = 0
    var referenceE4: Int128 = 0

    /// Hundredths of a basis point, rounded to the nearest; of a positive reference.
    var bpsE2: Int64 { Int64(clamping: Rounding.nearest(costE4 * 1_000_000, referenceE4)) }
  }

  func slippage(of subject: UInt8) -> Slippage? {
    var sum = Slippage()
    for entry in holdings where entry.strategy == subject {
      guard let holding = entry.holding else { return nil }
      sum.costE4 += Int128(holding.slippageE4)
      sum.referenceE4 += Int128(holding.referenceValueE4)
    }
    return sum
  }
}

extension PositionSnapshot.Subject {
  /// Whether anything of it was ever held.
  fileprivate var hasTraded: Bool {
    guard let sums else { return true }
    return sums.isBroken || sums.cashE4 != 0 || sums.netE4 != 0
  }
}
