/// What a position book is made for.
public struct PositionOptions: Equatable, Sendable {
  /// Instruments are 1 ..< this; at most 65,536.
  public var instruments = 65_536
  /// Strategies are 1 ... this; at most 255.
  public var strategiesMax = 16
  /// Strategies 1 ... this are those that there are; nil: all that may be.
  public var strategiesExpected: Int?
  /// Holdings, one per instrument and one per strategy and instrument, that there is room for. So
  /// many, with any number of strategies, are what just fits into a region of 8 MiB: the next size
  /// is twice that, and every start of a sender waits for it.
  public var holdingsMax = 65_000
  /// Equity that the instance begins with, units of 1e-4.
  public var equityE4: Int64
  /// Equity that each strategy is measured by to begin with, units of 1e-4.
  public var strategyEquityE4: Int64

  public init(equityE4: Int64, strategyEquityE4: Int64) {
    self.equityE4 = equityE4
    self.strategyEquityE4 = strategyEquityE4
  }

  /// Slots of the region, of kind `.positions`.
  public var capacity: Int {
    PositionLines.capacity(strategies: strategiesMax, holdings: holdingsMax)
  }
}

/// Why a fill could not be booked. The equity of whom it concerns is unknown from then on, so that
/// nothing adds exposure until a restart and a reconciliation.
public enum PositionFault: UInt8, Error, CaseIterable, Sendable {
  case unknownStrategy = 1
  case unknownInstrument
  /// Quantity or price not positive.
  case malformed
  /// No room for another holding.
  case holdingsFull
  /// A number does not fit.
  case overflow

  public var name: String {
    switch self {
    case .unknownStrategy: "unknown_strategy"
    case .unknownInstrument: "unknown_instrument"
    case .malformed: "malformed"
    case .holdingsFull: "holdings_full"
    case .overflow: "overflow"
    }
  }
}

/// Why a positions region cannot be gone on with.
public enum PositionError: Error, Equatable, CustomStringConvertible {
  /// It was made for other numbers of strategies or instruments, or by another version.
  case layout(path: String)
  /// Too small for what is asked for.
  case size(path: String, lines: Int, needed: Int)
  /// A writer died while it booked a fill, or the sums contradict the holdings.
  case torn(path: String)
  /// A writer died while it changed the risk state of a subject.
  case riskTorn(path: String, subject: Int)

  public var description: String {
    switch self {
    case .layout(let path):
      "\(path): made for other strategies or instruments, or by another version: remove the region"
        + " once its positions are reconciled with the venue's"
    case .size(let path, let lines, let needed):
      "\(path): \(lines) lines, and \(needed) are needed: remove it, or ask for fewer holdings"
    case .torn(let path):
      "\(path): its writer died while it booked a fill: take the positions from the venue, then"
        + " remove the region"
    case .riskTorn(let path, let subject):
      "\(path): its writer died while it changed the risk state of"
        + " \(subject == 0 ? "the instance" : "strategy \(subject)"), and nobody knows whether a"
        + " breaker was out: look at the positions yourself, then remove the region (`tickway ring"
        + " remove`)"
    }
  }
}
