import TickWire

/// IEX-TP captures, packet by packet as recorded.
struct IexPackets: PacketSource, ~Copyable {
  private var datagrams: IexDatagrams
  private var times: PacketTimes
  private var streams = IexStreams()
  /// The packet from which on every stream begins anew; `.max` for never.
  private let restartPacket: UInt64
  private var taken: UInt64 = 0
  /// A packet whose stream has just begun anew, and is to follow the heartbeat that says so.
  private var pending: (datagram: Datagram, header: IexTpHeader)?
  private var sums = PublishSourceCounts()

  init(
    _ captures: consuming CaptureMerge, schedule: RateSchedule?, restartPacket: UInt64?
  ) {
    datagrams = IexDatagrams(captures)
    times = PacketTimes(schedule)
    self.restartPacket = restartPacket ?? .max
  }

  var counts: PublishSourceCounts {
    var counts = sums
    counts.ignored = datagrams.ignored
    counts.malformed = datagrams.malformed
    counts.tooLong = datagrams.tooLong
    return counts
  }

  mutating func next(into buffer: MutableBytes) -> SourcePacket? {
    if let pending {
      self.pending = nil
      return put(pending.datagram, pending.header, into: buffer)
    }
    var datagram = Datagram()
    guard let header = datagrams.next(&datagram) else { return nil }
    taken += 1
    if taken > restartPacket, let stream = streams.find(header), !streams[stream].hasRestarted {
      return restart(stream, datagram, header, into: buffer)
    }
    return put(datagram, header, into: buffer)
  }

  private mutating func put(
    _ datagram: Datagram, _ header: IexTpHeader, into buffer: MutableBytes
  ) -> SourcePacket {
    buffer.put(datagram.payload, at: 0)
    if let stream = streams.find(header) {
      let numbers = streams[stream].numbers(of: header)
      buffer.put(u64le: numbers.offset, at: 16)
      buffer.put(u64le: numbers.sequence, at: 24)
      streams[stream].note(header)
    }
    return packet(
      datagram, header, byteCount: datagram.payload.count, messages: header.messageCount)
  }

  /// As seen in the wild: the first packet of the new sequence is a heartbeat.
  private mutating func restart(
    _ stream: Int, _ datagram: Datagram, _ header: IexTpHeader, into buffer: MutableBytes
  ) -> SourcePacket {
    streams[stream].restart(at: header)
    sums.restarts += 1
    pending = (datagram, header)
    let count = streams[stream].heartbeat(into: buffer, sent_ns: Int64(header.sendTime))
    return packet(datagram, header, byteCount: count, messages: 0)
  }

  private mutating func packet(
    _ datagram: Datagram, _ header: IexTpHeader, byteCount: Int, messages: Int
  ) -> SourcePacket {
    let time_ns = times.next(
      captureTime: datagram.captureTime, messagesBefore: sums.messages)
    sums.packets += 1
    sums.messages += UInt64(messages)
    if messages == 0 { sums.heartbeats += 1 }
    return SourcePacket(
      byteCount: byteCount, messages: messages, time_ns: time_ns, sent_ns: Int64(header.sendTime))
  }

  func stamp(_ packet: MutableBytes, _ source: SourcePacket, utc_ns: UInt64) {
    IexStamp.shift(packet, by: Int64(clamping: utc_ns) &- source.sent_ns)
  }

  var streamCount: Int { streams.all.count }

  func heartbeat(
    ofStream index: Int, into buffer: MutableBytes, utc_ns: UInt64, isEnd: Bool
  ) -> Int {
    streams[index].heartbeat(into: buffer, sent_ns: Int64(clamping: utc_ns))
  }
}
