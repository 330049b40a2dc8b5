import TickWire

/// What a synthetic capture is made from. Equal options give equal bytes.
public struct SynthOptions: Sendable, Equatable {
  /// Most symbols a feed may have: names of up to five letters stay easy to find.
  public static let symbolsMax = 100_000
  /// Most messages a feed may have.
  public static let messagesMax = 100_000_000_000

  public var seed: UInt64
  /// Number of symbols, in 1...symbolsMax.
  public var symbols: Int
  /// Number of messages, exactly, in 0...messagesMax. Fewer than a whole day needs (five for each
  /// symbol and a few more) make the beginning of one: the feed stops after the last of them.
  public var messages: Int

  public init(seed: UInt64 = 1, symbols: Int = 4_000, messages: Int = 1_000_000) {
    precondition((1...Self.symbolsMax).contains(symbols), "symbols out of range")
    precondition((0...Self.messagesMax).contains(messages), "messages out of range")
    self.seed = seed
    self.symbols = symbols
    self.messages = messages
  }
}

/// What a synthetic capture holds.
public struct SynthSummary: Sendable, Equatable {
  /// Datagrams, with the heartbeats among them.
  public var packets = 0
  public var heartbeats = 0
  public var messages = 0
  /// Bytes of the capture file.
  public var bytes = 0
  /// Receive times of the first and last packet, ns since the Unix epoch (UTC); 0 if there is none.
  public var firstTimeNs: UInt64 = 0
  public var lastTimeNs: UInt64 = 0
  private var counts = [Int](repeating: 0, count: 128)

  public init() {}

  /// Messages of each type that occurred, by type.
  public var byType: [(type: Character, count: Int)] {
    counts.indices.filter { counts[$0] > 0 }
      .map { (Character(Unicode.Scalar(UInt8($0))), counts[$0]) }
  }

  mutating func count(_ type: UInt8) {
    counts[Int(type)] += 1
    messages += 1
  }
}
