import TickWire

/// A stream of IEX-TP, as published.
struct IexStream {
  let messageProtocol: UInt16
  let channel: UInt32
  let session: UInt32
  /// What a heartbeat says: past the last packet that was sent.
  var nextSequence: UInt64
  var nextOffset: UInt64
  /// What the restart has taken off the venue's own sequence and offset.
  var sequenceShift: UInt64 = 0
  var offsetShift: UInt64 = 0
  var hasRestarted = false

  init(_ header: IexTpHeader) {
    messageProtocol = header.messageProtocol
    channel = header.channel
    session = header.session
    nextSequence = header.firstSequence
    nextOffset = header.streamOffset
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

  /// What a header of the stream says, with these numbers.
  func header(sequence: UInt64, offset: UInt64, sent_ns: Int64) -> IexTpWriter.Stream {
    .init(
      messageProtocol: messageProtocol, channel: channel, session: session, offset: offset,
      firstSequence: sequence, sendTimeNs: sent_ns)
  }
}

/// The streams of the captures, as many as are kept apart; packets of further ones are sent as they
/// are, without heartbeats and restarts of ours.
struct IexStreams {
  static let countMax = 64
  private var all: [IexStream] = []
  private var last = 0
  /// Streams begun anew.
  private(set) var restarts: UInt64 = 0

  init() { all.reserveCapacity(Self.countMax) }

  var count: Int { all.count }

  subscript(index: Int) -> IexStream { all[index] }

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

  /// From this packet on, its stream counts from 1 again. As seen in the wild, a heartbeat says so
  /// first: its length is returned; nil if the stream has begun anew before.
  mutating func restart(at header: IexTpHeader, into buffer: MutableBytes) -> Int? {
    guard let index = find(header), !all[index].hasRestarted else { return nil }
    all[index].sequenceShift = max(header.firstSequence, 1) - 1
    all[index].offsetShift = header.streamOffset
    all[index].hasRestarted = true
    restarts += 1
    let stream = all[index].header(sequence: 1, offset: 0, sent_ns: Int64(header.sendTime))
    return IexTpWriter(into: buffer).finish(stream)
  }

  /// The packet has been sent.
  mutating func commit(_ header: IexTpHeader) {
    guard let index = find(header) else { return }
    all[index].nextSequence = header.firstSequence &+ UInt64(header.messageCount)
    all[index].nextOffset = header.streamOffset &+ UInt64(header.payloadLength)
  }

  func heartbeat(_ index: Int, into buffer: MutableBytes, sent_ns: Int64) -> Int {
    let stream = all[index]
    return IexTpWriter(into: buffer).finish(
      stream.header(sequence: stream.nextSequence, offset: stream.nextOffset, sent_ns: sent_ns))
  }
}
