import TickWire

/// A stream of IEX-TP: what its next packet says, as published.
struct IexStream {
  var messageProtocol: UInt16
  var channel: UInt32
  var session: UInt32
  var nextSequence: UInt64 = 1
  var nextOffset: UInt64 = 0
  /// What the restart has taken off the venue's own sequence and offset.
  var sequenceShift: UInt64 = 0
  var offsetShift: UInt64 = 0
  var hasRestarted = false

  init(_ header: IexTpHeader) {
    messageProtocol = header.messageProtocol
    channel = header.channel
    session = header.session
  }

  func isOf(_ header: IexTpHeader) -> Bool {
    channel == header.channel && session == header.session
      && messageProtocol == header.messageProtocol
  }

  /// The numbers of the venue's packet, as published. One from before the restart that comes late
  /// in the capture keeps its own.
  func numbers(of header: IexTpHeader) -> (sequence: UInt64, offset: UInt64) {
    guard header.firstSequence > sequenceShift else {
      return (header.firstSequence, header.streamOffset)
    }
    return (header.firstSequence - sequenceShift, header.streamOffset &- offsetShift)
  }

  mutating func note(_ header: IexTpHeader) {
    let numbers = numbers(of: header)
    nextSequence = numbers.sequence &+ UInt64(header.messageCount)
    nextOffset = numbers.offset &+ UInt64(header.payloadLength)
  }

  /// From this packet on, the sequence counts from 1 again.
  mutating func restart(at header: IexTpHeader) {
    sequenceShift = max(header.firstSequence, 1) - 1
    offsetShift = header.streamOffset
    hasRestarted = true
    nextSequence = 1
    nextOffset = 0
  }

  func heartbeat(into buffer: MutableBytes, sent_ns: Int64) -> Int {
    IexTpWriter(into: buffer).finish(
      .init(
        messageProtocol: messageProtocol, channel: channel, session: session, offset: nextOffset,
        firstSequence: nextSequence, sendTimeNs: sent_ns))
  }
}

/// The streams of the captures, as many as are kept apart.
struct IexStreams {
  static let countMax = 64
  private(set) var all: [IexStream] = []
  private var last = 0

  init() { all.reserveCapacity(Self.countMax) }

  subscript(index: Int) -> IexStream {
    get { all[index] }
    set { all[index] = newValue }
  }

  /// The place of a packet's stream; nil beyond `countMax` of them.
  mutating func find(_ header: IexTpHeader) -> Int? {
    if last < all.count, all[last].isOf(header) { return last }
    if let found = all.firstIndex(where: { $0.isOf(header) }) {
      last = found
      return found
    }
    guard all.count < Self.countMax else { return nil }
    all.append(IexStream(header))
    last = all.count - 1
    return last
  }
}
