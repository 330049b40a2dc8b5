import TickWire

@testable import TickEngine

/// How the datagrams of a simulated feed are framed. Each message carries its own sequence.
protocol SimulatedWire {
  static var hasSendTimes: Bool { get }
  static var headerBytes: Int { get }
  static func frame(_ datagram: Bytes) -> Frame
  static func isWhole(_ datagram: Bytes) -> Bool
  /// A packet of `count` messages; returns its length.
  static func write(_ packet: SequencedPacket, isEnd: Bool, into target: MutableBytes) -> Int
  /// Sequences that the messages carry.
  static func contents(_ datagram: Bytes) -> [UInt64]
}

enum SimulatedMold: SimulatedWire {
  static var hasSendTimes: Bool { false }
  static var headerBytes: Int { MoldUdp64Header.byteCount }

  static func frame(_ datagram: Bytes) -> Frame { MoldFraming.frame(datagram) }
  static func isWhole(_ datagram: Bytes) -> Bool { MoldFraming.isWhole(datagram) }

  static func write(_ packet: SequencedPacket, isEnd: Bool, into target: MutableBytes) -> Int {
    var writer = MoldUdp64Writer(into: target)
    let session = MoldUdp64Session(packet.session)
    if isEnd { return writer.endOfSession(session, next: packet.first) }
    writer.begin(session, firstSequence: packet.first)
    for sequence in packet.first..<packet.end {
      writer.claim(8 + Int(sequence % 5))?.put(u64be: sequence, at: 0)
    }
    return writer.finish()
  }

  static func contents(_ datagram: Bytes) -> [UInt64] {
    guard let header = MoldUdp64Header(datagram) else { return [] }
    var messages = header.messages(of: datagram)
    var contents: [UInt64] = []
    while let message = messages.next() {
      contents.append(message.has(8, at: 0) ? message.u64be(0) : 0)
    }
    return contents
  }
}

enum SimulatedIex: SimulatedWire {
  static var hasSendTimes: Bool { true }
  static var headerBytes: Int { IexTpHeader.byteCount }

  static func frame(_ datagram: Bytes) -> Frame { IexDecoder.frame(datagram) }
  static func isWhole(_ datagram: Bytes) -> Bool { IexDecoder.isWhole(datagram) }

  static func write(_ packet: SequencedPacket, isEnd: Bool, into target: MutableBytes) -> Int {
    let length = IexTpWriter(into: target).finish(
      .init(
        messageProtocol: UInt16(packet.stream >> 32), channel: UInt32(packet.stream & 0xFFFF_FFFF),
        session: UInt32(packet.session), offset: offset(packet.first),
        firstSequence: packet.first, sendTimeNs: Int64(packet.sendTime)))
    var used = length
    for sequence in packet.first..<packet.end {
      let count = 8 + Int(sequence % 5)
      target.put(u16le: UInt16(count), at: used)
      target.put(u64be: sequence, at: used + 2)
      used += 2 + count
    }
    target.put(u16le: UInt16(used - length), at: 12)
    target.put(u16le: UInt16(packet.count), at: 14)
    return used
  }

  /// Bytes of all messages before one: 10 each, and its sequence modulo 5.
  private static func offset(_ first: UInt64) -> UInt64 {
    let (fives, rest) = (first - 1).quotientAndRemainder(dividingBy: 5)
    return 10 * (first - 1) + 10 * fives + rest * (rest + 1) / 2
  }

  static func contents(_ datagram: Bytes) -> [UInt64] {
    guard let header = IexTpHeader(datagram) else { return [] }
    var messages = header.messages(of: datagram)
    var contents: [UInt64] = []
    while let message = messages.next() {
      contents.append(message.has(8, at: 0) ? message.u64be(0) : 0)
    }
    return contents
  }
}

/// Remembers what a feed delivers and reports as lost, by stream and by epoch: one begins with each
/// session and each restart.
struct WitnessDecoder<Wire: SimulatedWire>: ~Copyable, WatchedDecoder {
  struct Epoch {
    var delivered: [UInt64] = []
    var lost: [Range<UInt64>] = []
    /// Messages that did not carry their own sequence.
    var damaged: Set<UInt64> = []
    var missing: UInt64 { lost.reduce(0) { $0 + UInt64($1.count) } }
  }

  var counts = FeedCounts()
  var epochs: [UInt64: [Epoch]] = [:]
  var states: [FeedState] = []

  static func frame(_ datagram: Bytes) -> Frame { Wire.frame(datagram) }
  static func isWhole(_ datagram: Bytes) -> Bool { Wire.isWhole(datagram) }

  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool) {}

  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    var epochs = epochs.removeValue(forKey: packet.stream) ?? []
    if verdict.isJoin || verdict.isNewSession || verdict.isRestart { epochs.append(Epoch()) }
    if verdict.missing > 0, !verdict.isOfPast {
      epochs[epochs.count - 1].lost.append((packet.first - verdict.missing)..<packet.first)
    }
    self.epochs[packet.stream] = epochs
  }

  mutating func decode(_ datagram: Bytes, _ packet: SequencedPacket, skip: UInt64) {
    var epochs = epochs.removeValue(forKey: packet.stream) ?? []
    var sequence = packet.first
    for content in Wire.contents(datagram) {
      if sequence >= packet.first + skip {
        epochs[epochs.count - 1].delivered.append(sequence)
        if content != sequence { epochs[epochs.count - 1].damaged.insert(sequence) }
        counts.messages += 1
      }
      sequence += 1
    }
    self.epochs[packet.stream] = epochs
  }
}
