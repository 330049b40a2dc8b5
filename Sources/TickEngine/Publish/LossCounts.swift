/// Messages that no copy of brought to the lines' receivers, by line.
public struct LineLosses: Codable, Equatable, Sendable {
  /// Lost on A, sent on B.
  public var aOnly: UInt64 = 0
  /// Lost on B, sent on A.
  public var bOnly: UInt64 = 0
  /// Lost on every line there is: what only a re-request can bring.
  public var all: UInt64 = 0

  public init() {}

  enum CodingKeys: String, CodingKey {
    case all
    case aOnly = "a_only"
    case bOnly = "b_only"
  }

  mutating func count(_ messages: UInt64, lostOnA: Bool, lostOnB: Bool?) {
    switch (lostOnA, lostOnB) {
    case (true, true), (true, nil): all += messages
    case (true, false): aOnly += messages
    case (false, true): bOnly += messages
    case (false, false), (false, nil): break
    }
  }
}

/// What receivers must find missing, in messages: with damaged packets taken for good, and for
/// lost.
struct LossCounts: Equatable, Sendable {
  var lost = LineLosses()
  var lostOrCorrupted = LineLosses()
  /// Of `lost.all`: before the first packet that any line brought, so that a receiver, which
  /// begins with what it sees first, cannot know of them.
  var beforeFirst: UInt64 = 0
  private var hasArrived = false

  mutating func count(_ messages: Int, _ a: FaultyLine.Fate, _ b: FaultyLine.Fate?) {
    let messages = UInt64(messages)
    lost.count(messages, lostOnA: a == .lost, lostOnB: b.map { $0 == .lost })
    lostOrCorrupted.count(messages, lostOnA: a != .sent, lostOnB: b.map { $0 != .sent })
    if a != .lost || b.map({ $0 != .lost }) ?? false { hasArrived = true }
    if !hasArrived { beforeFirst += messages }
  }
}
