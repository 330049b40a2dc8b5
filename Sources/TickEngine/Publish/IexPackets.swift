import TickWire

/// IEX-TP captures, packet by packet as recorded, or their messages in packets of another size.
struct IexPackets: PacketSource, ~Copyable {
  /// What a repacked datagram holds at most; a packet as recorded may be longer.
  static let packetBytesMax = 1_400

  private var datagrams: IexDatagrams
  private var times: PlanTimes
  private var streams = IexStreams()
  /// Messages in a packet; nil: as recorded.
  private let messagesPerPacket: Int?
  /// The packet from which on every stream begins anew; `.max` for never.
  private let restartPacket: UInt64
  private var taken: UInt64 = 0

  /// The recorded packet that is being published, and what is left of it.
  private var datagram = Datagram()
  private var header: IexTpHeader?
  private var messages: IexMessages?
  /// Sequence and stream offset of what is left.
  private var numbers: (sequence: UInt64, offset: UInt64) = (0, 0)
  private var sums = PublishSourceCounts()

  init(
    _ captures: consuming CaptureMerge, schedule: RateSchedule?, restartPacket: UInt64?,
    messagesPerPacket: Int?
  ) {
    datagrams = IexDatagrams(captures)
    times = PlanTimes(schedule)
    self.restartPacket = restartPacket ?? .max
    self.messagesPerPacket = messagesPerPacket
  }

  var counts: PublishSourceCounts {
    var counts = sums
    datagrams.add(to: &counts)
    counts.restarts = streams.restarts
    return counts
  }

  mutating func next(into buffer: MutableBytes) -> SourcePacket? {
    guard let header = header ?? load() else { return nil }
    if taken > restartPacket, let count = streams.restart(at: header, into: buffer) {
      setNumbers(header)
      return packet(header, byteCount: count, messages: 0)
    }
    return messagesPerPacket == nil ? whole(header, buffer) : repacked(header, buffer)
  }

  /// Takes the next recorded packet.
  private mutating func load() -> IexTpHeader? {
    header = datagrams.next(&datagram)
    guard let header else { return nil }
    taken += 1
    messages = header.messages(of: datagram.payload)
    setNumbers(header)
    return header
  }

  private mutating func setNumbers(_ header: IexTpHeader) {
    let own = (sequence: header.firstSequence, offset: header.streamOffset)
    numbers = streams.find(header).map { streams[$0].numbers(of: header) } ?? own
  }

  private mutating func whole(_ header: IexTpHeader, _ buffer: MutableBytes) -> SourcePacket {
    buffer.put(datagram.payload, at: 0)
    buffer.put(u64le: numbers.offset, at: 16)
    buffer.put(u64le: numbers.sequence, at: 24)
    self.header = nil
    return packet(header, byteCount: datagram.payload.count, messages: header.messageCount)
  }

  /// Messages of this packet and of those after it, as long as they go on without a gap. Heartbeats
  /// of the venue are left out.
  private mutating func repacked(_ first: IexTpHeader, _ buffer: MutableBytes) -> SourcePacket? {
    var writer = IexTpWriter(into: buffer.slice(at: 0, count: Self.packetBytesMax))
    var stream = IexTpWriter.Stream(messageProtocol: 0, channel: 0, session: 0)
    var last = first
    while let header = header ?? load() {
      guard follows(header, stream, writer) else { break }
      last = header
      let isFull = append(to: &writer, &stream, header)
      if isFull { break }
      self.header = nil
    }
    guard writer.count > 0 else {
      // Either this is the end, or a stream begins anew here.
      return header == nil ? nil : next(into: buffer)
    }
    stream.sendTimeNs = Int64(last.sendTime)
    let count = writer.finish(stream)
    return packet(last, byteCount: count, messages: Int(writer.count))
  }

  /// Whether what is left of a packet continues the writer's messages: as the same stream, without
  /// gap, and not beyond the place where a stream begins anew.
  private mutating func follows(
    _ header: IexTpHeader, _ stream: IexTpWriter.Stream, _ writer: IexTpWriter
  ) -> Bool {
    if taken > restartPacket, let found = streams.find(header), !streams[found].hasRestarted {
      return false
    }
    guard writer.count > 0 else { return true }
    let isSame =
      header.channel == stream.channel && header.session == stream.session
      && header.messageProtocol == stream.messageProtocol
    guard isSame else { return false }
    let sequence = stream.firstSequence &+ UInt64(writer.count)
    return numbers.sequence == sequence
      && numbers.offset == stream.offset &+ UInt64(writer.payloadCount)
  }

  /// Adds what is left of the packet; true if the writer is full before that.
  private mutating func append(
    to writer: inout IexTpWriter, _ stream: inout IexTpWriter.Stream, _ header: IexTpHeader
  ) -> Bool {
    while true {
      // A walk is a value: this one is given up if its message does not fit.
      var ahead = messages
      guard let message = ahead?.next() else {
        sums.malformed += UInt64(messages?.remaining ?? 0)
        return false
      }
      let fits = writer.hasRoom(for: message.count)
      if writer.count > 0, !fits || Int(writer.count) >= messagesPerPacket ?? .max { return true }
      messages = ahead
      if !fits {
        sums.tooLong += 1
      } else {
        if writer.count == 0 {
          stream = .init(
            messageProtocol: header.messageProtocol, channel: header.channel,
            session: header.session, offset: numbers.offset, firstSequence: numbers.sequence)
        }
        writer.append(message)
      }
      skip(message)
    }
  }

  private mutating func skip(_ message: Bytes) {
    numbers.sequence &+= 1
    numbers.offset &+= UInt64(message.count + 2)
  }

  private mutating func packet(
    _ header: IexTpHeader, byteCount: Int, messages: Int
  ) -> SourcePacket {
    SourcePacket(
      byteCount: byteCount, messages: messages,
      time_ns: times.next(captureTime: datagram.captureTime, messages: messages),
      sent_ns: Int64(header.sendTime))
  }

  func stamp(_ packet: MutableBytes, _ source: SourcePacket, utc_ns: UInt64) {
    IexStamp.shift(packet, by: Int64(clamping: utc_ns) &- source.sent_ns)
  }

  mutating func commit(_ packet: Bytes) {
    guard let header = IexTpHeader(packet) else { return }
    streams.commit(header)
    sums.packets += 1
    sums.messages += UInt64(header.messageCount)
    if header.messageCount == 0 { sums.heartbeats += 1 }
  }

  var streamCount: Int { streams.count }

  func heartbeat(
    ofStream index: Int, into buffer: MutableBytes, utc_ns: UInt64, isEnd: Bool
  ) -> Int {
    streams.heartbeat(index, into: buffer, sent_ns: Int64(clamping: utc_ns))
  }
}
