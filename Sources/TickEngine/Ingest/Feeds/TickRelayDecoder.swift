import TickRing
import TickWire

/// Turns the messages of a tick relay back into ticks, in the numbers of this machine's directory.
///
/// Of a directory entry that is new it tells the names; whoever keeps the directory gives the
/// instrument a number in it and says so by `assign`. Until then its ticks are rejected. Where both
/// directories number alike, as they do if nothing was lost for good, ticks are the same bytes.
///
/// Hot path. Thread: one. Cost: a table look-up a tick; nothing is allocated after the start.
/// Failure: what is malformed, of an unknown instrument or at odds with an earlier entry is counted
/// and rejected; no bytes make it trap.
public struct TickRelayDecoder: ~Copyable {
  public enum Outcome: Sendable {
    case tick(Tick)
    /// An instrument of which no entry has come in this session.
    case entry(RelayEntry)
    /// An entry that says what an earlier one said.
    case repeated
    /// Counted; nothing to publish.
    case rejected(Rejection)
  }

  public enum Rejection: Sendable {
    /// Neither a tick nor an entry, or beyond the table.
    case malformed
    /// An entry that gives a known instrument another name.
    case conflicting
    /// A tick of an instrument of which no entry has come.
    case unnamed
    /// A tick of an instrument that has an entry, and was given no number.
    case unnumbered
  }

  public private(set) var counts = TickRelayCounts()
  /// By the relay's numbers: the names, and the number in this machine's directory; 0: none given.
  private let known: Slab<RelayedInstrument>
  private let numbers: Slab<UInt32>

  /// - Parameter instrumentsMax: numbers from here on are rejected.
  public init(instrumentsMax: Int = TickPublisher.instrumentsMax) {
    precondition(instrumentsMax >= 1)
    self.init(numbers: Slab(count: instrumentsMax, repeating: 0))
  }

  /// - Parameter numbers: those that a predecessor gave, by the relay's; its names come again.
  init(numbers: consuming Slab<UInt32>) {
    known = Slab(count: numbers.count, repeating: RelayedInstrument())
    self.numbers = numbers
  }

  /// A new session of the relay, whose numbers may be others: everything is unknown again.
  public mutating func restart() {
    known.fill(RelayedInstrument())
    numbers.fill(0)
  }

  public mutating func decode(_ message: Bytes) -> Outcome {
    if let tick = RelayTick(message) { return decode(tick) }
    guard let entry = RelayEntry(message), entry.instrument < known.count else {
      counts.malformed += 1
      return .rejected(.malformed)
    }
    return decode(entry)
  }

  /// The number of an entry's instrument in this machine's directory: 1 or higher.
  public mutating func assign(_ instrument: UInt32, number: UInt32) {
    precondition(number >= 1 && number <= Series.instrumentMax)
    numbers[Int(instrument)] = number
  }

  private mutating func decode(_ tick: RelayTick) -> Outcome {
    let instrument = tick.instrument
    // Number 0 is the whole feed on either side.
    if instrument == 0 {
      counts.ticks += 1
      return .tick(Tick(words: tick.words))
    }
    let number = instrument < numbers.count ? numbers[Int(instrument)] : 0
    guard number > 0 else {
      counts.unknownInstrument += 1
      let isNamed = instrument < known.count && known[Int(instrument)].isKnown
      return .rejected(isNamed ? .unnumbered : .unnamed)
    }
    counts.ticks += 1
    return .tick(Tick(words: tick.renumbered(number).words))
  }

  private mutating func decode(_ entry: RelayEntry) -> Outcome {
    let names = RelayedInstrument(symbol: entry.symbol.word, venue: entry.venue.word)
    let index = Int(entry.instrument)
    guard known[index].isKnown else {
      counts.entries += 1
      known[index] = names
      return .entry(entry)
    }
    guard known[index].hasNames(of: names) else {
      counts.conflicting += 1
      return .rejected(.conflicting)
    }
    counts.repeated += 1
    return .repeated
  }
}

/// What became of a relay's messages.
public struct TickRelayCounts: Equatable, Sendable {
  public var ticks: UInt64 = 0
  /// Entries of instruments new in their session.
  public var entries: UInt64 = 0
  public var repeated: UInt64 = 0
  public var malformed: UInt64 = 0
  /// Ticks of an instrument that has no entry, or no number here.
  public var unknownInstrument: UInt64 = 0
  /// Entries that give a known instrument another name.
  public var conflicting: UInt64 = 0

  public init() {}
}

/// What is known of one instrument of a relay.
struct RelayedInstrument: BitwiseCopyable {
  /// No name is 0: an entry's are printable.
  var symbol: UInt64 = 0
  var venue: UInt64 = 0

  var isKnown: Bool { symbol != 0 }

  func hasNames(of other: RelayedInstrument) -> Bool {
    symbol == other.symbol && venue == other.venue
  }
}
