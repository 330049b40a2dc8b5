import TickWire

/// A synthetic day of TOPS 1.6, as the records of a pcap file: seeded, exact in its number of
/// messages, and made one packet at a time, so that its size costs time and no memory.
///
/// A day is: heartbeats; the opening (system events, and D, H, I, O, P of each symbol); then
/// quotes, trades, halts, breaks and auctions as `SynthDay` spreads them; the closing events; and
/// heartbeats again. A second without messages has a heartbeat. Nothing is lost, repeated or out
/// of order; the exchange time of each message is a few microseconds before its packet's send
/// time, and that a few microseconds before the receive time in the record.
///
///     var feed = SynthFeed(SynthOptions(seed: 1))
///     var length = feed.putFileHeader(into: buffer)
///     while let next = feed.nextRecord(into: buffer) { … }
///
/// - Clocks: all times are those of the made-up day; no clock is read.
/// - Cost: about 100 ns a message; memory a few hundred bytes for each symbol.
/// - Thread safety: a value; one user.
public struct SynthFeed: ~Copyable {
  /// Bytes that `nextRecord` may need.
  public static let recordBytesMax = PcapWriter.payloadOffset + datagramBytesMax
  /// No datagram is longer, so that each fits a frame with room for tunnels.
  static let datagramBytesMax = 1_400
  static let messagesPerPacketMax = 50
  /// Seconds of heartbeats before the first message and after the last.
  static let quietSeconds = 2

  private enum Part { case opening, open, body, close, ending }

  public let options: SynthOptions
  /// What has been made so far.
  public private(set) var summary = SynthSummary()

  private var random: SeededRandom
  private var market: SynthMarket
  private var day: SynthDay
  private let writer: PcapWriter
  private var stream: IexTpWriter.Stream

  /// Counts from the start of the first heartbeats.
  private var second = -1
  /// What is left to send in this second, part by part, and the part's next index.
  private var parts: [(part: Part, count: Int)] = []
  private var index = 0
  private var left = 0
  private var quietLeft = 0
  private var clockNs: Int64 = 0

  public init(_ options: SynthOptions) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    market = SynthMarket(symbols: options.symbols, random: &random)
    let fixed = market.openingCount + 2 * market.turnCount + SynthMarket.endingCount
    day = SynthDay(
      messages: options.messages, body: max(0, options.messages - fixed), random: &random)
    // Private addresses: nobody may take these packets for the venue's own.
    writer = PcapWriter(
      route: .init(
        source: 0x0A00_0001, group: 0xE97C_0A01, sourcePort: 10_378, groupPort: 10_378))
    stream = IexTpWriter.Stream(
      messageProtocol: IexProtocol.tops.rawValue, channel: 1,
      session: UInt32(truncatingIfNeeded: random.next() >> 33))
  }

  /// Writes the pcap file header and returns its length.
  public mutating func putFileHeader(into file: MutableBytes) -> Int {
    let length = writer.putFileHeader(into: file)
    summary.bytes += length
    return length
  }

  /// Writes the next record and returns its length; nil when the day is over. Traps if `record` is
  /// shorter than `recordBytesMax`.
  public mutating func nextRecord(into record: MutableBytes) -> Int? {
    while true {
      if !parts.isEmpty && summary.messages < options.messages { return putPacket(record) }
      guard let quietNs = nextSecond() else { return nil }
      if let timeNs = quietNs { return putHeartbeat(record, timeNs) }
    }
  }
}

// Time: which second holds what.
extension SynthFeed {
  /// Moves to the next second. nil at the end of the day; else the time of the heartbeat that the
  /// second needs, or nil inside if it has messages.
  private mutating func nextSecond() -> Int64?? {
    let isOver = summary.messages == options.messages
    if isOver && second >= Self.quietSeconds {
      guard quietLeft > 0 else { return nil }
      quietLeft -= 1
    } else {
      quietLeft = Self.quietSeconds
    }
    second += 1
    parts.removeAll(keepingCapacity: true)
    if !isOver { plan() }
    left = parts.reduce(0) { $0 + $1.count }
    left = min(left, options.messages - summary.messages)
    index = 0
    let startNs = Int64(day.timeSeconds(of: marketSecond)) * 1_000_000_000
    clockNs = max(clockNs, startNs)
    if left > 0 { return .some(nil) }
    return .some(startNs + Int64(random.within(400_000_000...600_000_000)))
  }

  /// The second of `day`; negative in the heartbeats and the opening before it.
  private var marketSecond: Int { second - Self.quietSeconds - 1 }

  private mutating func plan() {
    if marketSecond == -1 { parts.append((.opening, market.openingCount)) }
    if marketSecond == day.openSecond { parts.append((.open, market.turnCount)) }
    if marketSecond == day.closeSecond { parts.append((.close, market.turnCount)) }
    if (0..<day.seconds).contains(marketSecond) {
      let count = day.takeSecond()
      if count > 0 { parts.append((.body, count)) }
    }
    if marketSecond == day.seconds { parts.append((.ending, SynthMarket.endingCount)) }
  }

  private var endOfSecondNs: Int64 {
    Int64(day.timeSeconds(of: marketSecond) + 1) * 1_000_000_000
  }

  /// Lets the clock run to the next packet, of `count` messages: half of them follow at once, as
  /// bursts do, and the others spread over what is left of the second.
  private mutating func advanceClock(_ count: Int) {
    let room = max(0, endOfSecondNs - clockNs - 1_000_000)
    let share = Double(room) * Double(count) / Double(max(left, count))
    let place = random.unit()
    // The mean of the square is a third, and half of the gaps are nothing: six shares.
    let gap = random.once(in: 2) ? 0 : min(share * 6 * place * place, Double(room))
    clockNs += Int64(gap) + Int64(random.within(1_500...4_000))
  }
}

// Packets.
extension SynthFeed {
  private mutating func putHeartbeat(_ record: MutableBytes, _ timeNs: Int64) -> Int {
    clockNs = max(clockNs, timeNs)
    let packet = IexTpWriter(into: payload(of: record))
    summary.heartbeats += 1
    return finish(packet, record)
  }

  private mutating func putPacket(_ record: MutableBytes) -> Int {
    let wanted = packetSize()
    advanceClock(wanted)
    var packet = IexTpWriter(into: payload(of: record))
    let spanNs = Int64(random.within(3_000...20_000))
    for place in 0..<wanted {
      guard left > 0, packet.hasRoom(for: IexTpWriter.messageBytesMax) else { break }
      let timeNs = clockNs - spanNs + spanNs * Int64(place) / Int64(wanted + 1)
      appendMessage(timeNs, to: &packet)
    }
    return finish(packet, record)
  }

  /// Messages wanted in the next packet: mostly one or a few, more when there is much to send.
  private mutating func packetSize() -> Int {
    guard parts.first?.part != .opening else { return min(left, Self.messagesPerPacketMax) }
    let most = random.once(in: 8) ? Self.messagesPerPacketMax : left > 2_000 ? 12 : 3
    return min(left, random.within(1...most))
  }

  private mutating func appendMessage(_ timeNs: Int64, to packet: inout IexTpWriter) {
    let type: UInt8
    switch parts[0].part {
    case .opening: type = market.appendOpening(index, timeNs, &random, to: &packet)
    case .open: type = market.appendTurn(index, isOpen: true, timeNs, to: &packet)
    case .close: type = market.appendTurn(index, isOpen: false, timeNs, to: &packet)
    case .ending: type = market.appendEnding(index, timeNs, to: &packet)
    case .body:
      type = market.append(day.session(of: marketSecond), timeNs, &random, to: &packet)
    }
    summary.count(type)
    left -= 1
    index += 1
    if index == parts[0].count {
      parts.removeFirst()
      index = 0
    }
  }

  private func payload(of record: MutableBytes) -> MutableBytes {
    record.slice(at: PcapWriter.payloadOffset, count: Self.datagramBytesMax)
  }

  /// Writes the headers around a packet's messages and returns the record's length.
  private mutating func finish(_ packet: IexTpWriter, _ record: MutableBytes) -> Int {
    stream.sendTimeNs = clockNs
    let payloadCount = packet.finish(stream)
    stream.offset += UInt64(packet.payloadCount)
    stream.firstSequence += UInt64(packet.count)
    // The gap to the next packet is at least 1,500 ns: receive times stay in order.
    let receivedNs = UInt64(clockNs + Int64(random.within(4_000...5_400)))
    let length = writer.seal(record, payloadCount: payloadCount, captureTimeNs: receivedNs)
    if summary.packets == 0 { summary.firstTimeNs = receivedNs }
    summary.lastTimeNs = receivedNs
    summary.packets += 1
    summary.bytes += length
    return length
  }
}
