import TickRing

/// Value at risk as it was published beside the positions.
public struct PublishedValueAtRisk: Equatable, Sendable {
  /// Units of 1e-4; nil: it could not be computed.
  public var valueE4: Int64?
  /// In 1e-6: 950,000 is 95 %.
  public var confidence_ppm: UInt64
  /// When it was computed, ns since the Unix epoch, by the publisher's clock.
  public var time: UInt64
  /// Observations that the covariance is of.
  public var observations: UInt64

  public init(valueE4: Int64?, confidence_ppm: UInt64, time: UInt64, observations: UInt64) {
    self.valueE4 = valueE4
    self.confidence_ppm = confidence_ppm
    self.time = time
    self.observations = observations
  }
}

/// The line of a positions region that says the value at risk.
enum ValueAtRiskLine {
  private enum Word {
    /// 0: never published; 1: a value; 2: it could not be computed.
    static let state = 1
    static let value = 2
    static let confidence = 3
    static let time = 4
    static let observations = 5
  }

  /// Thread: its one writer, which is not the sender.
  static func publish(_ published: PublishedValueAtRisk, in lines: borrowing SharedLines) {
    lines.revise(PositionLines.valueAtRisk) { line in
      line[Word.state] = published.valueE4 == nil ? 2 : 1
      line[Word.value] = PositionLines.word(published.valueE4 ?? 0)
      line[Word.confidence] = published.confidence_ppm
      line[Word.time] = published.time
      line[Word.observations] = published.observations
    }
  }

  static func read(_ lines: borrowing SharedLines) -> PublishedValueAtRisk? {
    guard let words = lines.copy(PositionLines.valueAtRisk), words[Word.state - 1] != 0 else {
      return nil
    }
    let isKnown = words[Word.state - 1] == 1
    return PublishedValueAtRisk(
      valueE4: isKnown ? PositionLines.number(words[Word.value - 1]) : nil,
      confidence_ppm: words[Word.confidence - 1], time: words[Word.time - 1],
      observations: words[Word.observations - 1])
  }
}
