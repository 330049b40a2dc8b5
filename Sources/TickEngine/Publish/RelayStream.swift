import TickRing
import TickWire

/// A session of relayed ticks: messages gathered into datagrams, and kept for those who ask again.
///
/// Hot path. Thread: one. Cost: a tick is copied into the datagram and into what is retained; one
/// datagram in 53 ticks. No allocation after the start. Failure: a tick of an instrument that the
/// directory does not have is counted, and not sent: no receiver could tell whose it is.
struct RelayStream: ~Copyable {
  /// What is kept, and the sequences.
  private(set) var retained: RetainedMessages
  private(set) var counts = RelayStreamCounts()
  private let names: DirectoryReader
  /// Instruments whose entries are in the session: the first so many.
  private var named: UInt32 = 0
  /// The entry that was told again last.
  private var toldAgain: UInt32 = 0
  private var writer: MoldUdp64Writer
  private let buffer: Slab<UInt8>
  /// Ticks after which the session begins anew.
  private var restartTicks: UInt64

  /// - Parameter restartTicks: ticks after which another session begins, as if the relay had been
  ///   started again; nil: never. No quote is parted by it.
  init(
    _ session: MoldUdp64Session, names: consuming DirectoryReader, retainedMessages: Int,
    restartTicks: UInt64? = nil, datagramBytesMax: Int = MoldUdp64Writer.datagramBytesMax
  ) {
    self.restartTicks = restartTicks ?? .max
    let tickBytes = 2 + RelayTick.byteCount
    precondition(
      datagramBytesMax >= MoldUdp64Header.byteCount + 2 * tickBytes, "no room for a quote")
    retained = RetainedMessages(
      session: session, messagesMax: retainedMessages,
      bytesMax: RelayStream.retainedBytes(retainedMessages))
    let room = Slab<UInt8>(count: datagramBytesMax, repeating: 0)
    // Safe: the slab lives as long as this.
    writer = unsafe MoldUdp64Writer(into: room.mutableBytes)
    writer.begin(session, firstSequence: 1)
    buffer = room
    self.names = names
  }

  /// Of the messages that are kept: ticks, nearly all of them.
  static func retainedBytes(_ messages: Int) -> Int {
    max(MoldUdp64Writer.datagramBytesMax, messages * RelayTick.byteCount)
  }

  var session: MoldUdp64Session { retained.session }

  /// Adds a tick, and before it the names that it needs; what is full on the way goes to `sink`.
  mutating func add<Sink: DatagramSink & ~Copyable>(_ tick: Tick, into sink: inout Sink) {
    if counts.ticks >= restartTicks, tick.series.kind != .ask { beginSession(&sink) }
    let instrument = tick.series.instrument
    if instrument > named { nameInstruments(upTo: instrument, &sink) }
    guard instrument <= named else {
      counts.unnamed += 1
      return
    }
    let message = RelayTick(words: tick.words)
    // A bid is not parted from its ask, so that a receiver has the quote or has neither.
    let isBid = message.kind == RelayTick.bidKind
    let needed = isBid ? 2 * RelayTick.byteCount + 2 : RelayTick.byteCount
    message.encode(into: claim(RelayTick.byteCount, needed: needed, &sink))
    keep(RelayTick.byteCount)
    counts.ticks += 1
  }

  /// Tells some entries again, in rounds: to whoever joined when they were no longer kept, or lost
  /// them for good.
  mutating func repeatNames<Sink: DatagramSink & ~Copyable>(into sink: inout Sink) {
    let part = (named + PublishTimes.namesRound - 1) / PublishTimes.namesRound
    for _ in 0..<min(named, max(part, PublishTimes.namesMin)) {
      toldAgain = toldAgain % named + 1
      guard tellName(toldAgain, &sink) else { return }
      counts.repeated += 1
    }
  }

  /// Sends what has been gathered.
  mutating func flush<Sink: DatagramSink & ~Copyable>(into sink: inout Sink) {
    guard !writer.isEmpty else { return }
    _ = writer.finish()
    counts.datagrams += 1
    sink.send(writer.datagram)
    writer.begin(retained.session, firstSequence: retained.nextSequence)
  }

  /// The datagram that fills silence, or ends the session. Nothing may be gathered.
  mutating func heartbeat(isEnd: Bool) -> Bytes {
    precondition(writer.isEmpty, "a heartbeat tells the sequence behind what was sent")
    let next = retained.nextSequence
    if isEnd {
      _ = writer.endOfSession(retained.session, next: next)
    } else {
      _ = writer.heartbeat(retained.session, next: next)
    }
    return writer.datagram
  }

  /// What a relay does that was started again: another session, from 1 on, and every name anew.
  /// What was kept is forgotten, and nobody is told that the old session is over.
  private mutating func beginSession<Sink: DatagramSink & ~Copyable>(_ sink: inout Sink) {
    restartTicks = .max
    flush(into: &sink)
    let session = retained.session.next
    retained.restart(session)
    (named, toldAgain) = (0, 0)
    writer.begin(session, firstSequence: 1)
    counts.restarts += 1
  }

  private mutating func nameInstruments<Sink: DatagramSink & ~Copyable>(
    upTo instrument: UInt32, _ sink: inout Sink
  ) {
    while named < instrument {
      guard tellName(named + 1, &sink) else { return }
      named += 1
      counts.entries += 1
    }
  }

  /// False: there is no such instrument.
  private mutating func tellName<Sink: DatagramSink & ~Copyable>(
    _ instrument: UInt32, _ sink: inout Sink
  ) -> Bool {
    guard let symbol = names.symbol(instrument), let venue = names.venue(instrument) else {
      return false
    }
    let entry = RelayEntry(
      instrument: instrument, symbol: Symbol(word: symbol), venue: Symbol(word: venue))
    entry.encode(into: claim(RelayEntry.byteCount, needed: RelayEntry.byteCount, &sink))
    keep(RelayEntry.byteCount)
    return true
  }

  /// Room for a message, in a datagram that has `needed` bytes for it and what must follow it.
  private mutating func claim<Sink: DatagramSink & ~Copyable>(
    _ length: Int, needed: Int, _ sink: inout Sink
  ) -> MutableBytes {
    if !writer.hasRoom(for: needed) { flush(into: &sink) }
    guard let room = writer.claim(length) else {
      preconditionFailure("an empty datagram holds any message of a relay")
    }
    return room
  }

  /// Keeps the last message of the datagram.
  private mutating func keep(_ length: Int) {
    let end = writer.byteCount
    // Safe: the slab lives as long as this.
    retained.append(unsafe buffer.mutableBytes.bytes.slice(at: end - length, count: length))
  }
}

/// Where whole datagrams go.
protocol DatagramSink: ~Copyable {
  /// Sends a copy.
  mutating func send(_ datagram: Bytes)
}

/// What a relay's session has carried.
struct RelayStreamCounts: Equatable, Sendable {
  var ticks: UInt64 = 0
  /// Directory entries, and those told again.
  var entries: UInt64 = 0
  var repeated: UInt64 = 0
  /// Datagrams with messages.
  var datagrams: UInt64 = 0
  /// Ticks of instruments that the directory does not have: not sent.
  var unnamed: UInt64 = 0
  /// Sessions begun after the first.
  var restarts: UInt64 = 0
}
