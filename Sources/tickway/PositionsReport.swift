import TickEngine

/// Positions as the command shows them. What is nil is not known.
struct PositionsReport: Encodable {
  struct Subject: Encodable {
    /// nil: the instance.
    var strategy: UInt8?
    var state: String?
    var trips: UInt32?
    var equity: Notional?
    var peak: Notional?
    var drawdown_ppm: Int64?
    var gross: Notional?
    var net: Notional?
    var cash: Notional?
    var realised: Notional?
    var unrealised: Notional?
  }

  struct Position: Encodable {
    /// nil: the account's.
    var strategy: UInt8?
    var instrument: UInt32
    var symbol: String?
    var position: Int64?
    var average: Notional?
    var mark: Notional?
    var value: Notional?
    var realised: Notional?
    var unrealised: Notional?
    var bought: Int64?
    var sold: Int64?
    /// Hundredths of a basis point, against the prices at decision.
    var slippage_bps_e2: Int64?
  }

  struct Risk: Encodable {
    var value: Notional?
    var confidence_ppm: UInt64
    var computed: String
    var observations: UInt64
  }

  let name: String
  var instance: Subject
  var strategies: [Subject]
  var positions: [Position]
  var value_at_risk: Risk?

  init(_ name: String, _ snapshot: PositionSnapshot, strategy: UInt8?, isAll: Bool) {
    self.name = name
    let used = snapshot.subjects.filter(\.isUsed)
    instance = Subject(snapshot.subjects[0])
    strategies = used.dropFirst().filter { strategy == nil || $0.subject == strategy }
      .map { Subject($0) }
    positions = snapshot.holdings.filter { entry in
      let isFlat = entry.holding?.position == 0
      return (isAll || !isFlat) && (strategy == nil || entry.strategy == strategy)
    }.map { Position($0) }
    value_at_risk = snapshot.valueAtRisk.map { Risk($0) }
  }
}

extension PositionsReport.Subject {
  init(_ subject: PositionSnapshot.Subject) {
    strategy = subject.subject == 0 ? nil : subject.subject
    state = subject.state?.name
    trips = subject.risk?.trips
    drawdown_ppm = subject.drawdown_ppm
    peak = subject.peakE4.map { Notional(e4: $0) }
    guard let sums = subject.sums, !sums.isBroken else { return }
    equity = sums.equityE4.map { Notional(e4: $0) }
    gross = Notional(e4: sums.grossE4)
    net = Notional(e4: sums.netE4)
    cash = Notional(e4: sums.cashE4)
    realised = Notional(e4: sums.realisedE4)
    unrealised = sums.unrealisedE4.map { Notional(e4: $0) }
  }
}

extension PositionsReport.Position {
  init(_ entry: PositionSnapshot.Entry) {
    strategy = entry.strategy == 0 ? nil : entry.strategy
    instrument = entry.instrument
    symbol = entry.symbol
    guard let holding = entry.holding else { return }
    position = holding.position
    average = holding.position == 0 ? nil : Notional(e4: holding.averageE4)
    mark = holding.markE4 == 0 ? nil : Notional(e4: holding.markE4)
    value = holding.valueE4.map { Notional(e4: $0) }
    realised = holding.realisedE4.map { Notional(e4: $0) }
    unrealised = holding.unrealisedE4.map { Notional(e4: $0) }
    (bought, sold) = (holding.bought, holding.sold)
    slippage_bps_e2 = holding.slippage_bpsE2
  }
}

extension PositionsReport.Risk {
  init(_ published: PublishedValueAtRisk) {
    value = published.valueE4.map { Notional(e4: $0) }
    confidence_ppm = published.confidence_ppm
    computed = UtcTime(published.time).text
    observations = published.observations
  }
}

extension Notional {
  /// Units of 1e-4.
  init(e4: Int64) { self.init(tenThousandths: Int128(e4)) }
}
