import Glibc
import TickWire

/// What goes to the venue, and what comes from it.
extension VenueSession {
  // MARK: Out

  /// Bytes not yet handed to the kernel.
  var unsent: Int { outEnd - outStart }

  /// How far the kernel has taken the buffer.
  var takenEnd: Int { outStart }

  /// What an order has to ask before it is written.
  struct Outlook {
    let dialect: OrderDialect
    /// Bytes not yet handed to the kernel.
    let unsent: Int
    let hasRoom: Bool
  }

  var outlook: Outlook { Outlook(dialect: dialect, unsent: unsent, hasRoom: hasRoom) }

  /// Whether there is room for one packet.
  var hasRoom: Bool {
    outView.count - outEnd >= SoupBin.headerLength + OrderDialect.messageLengthMax
  }

  /// Adds the message that `write` puts into its room, as long as it says: where in the buffer its
  /// packet begins; nil: there is no room, or no such message.
  @inline(__always)
  mutating func add(_ write: (OrderDialect, MutableBytes) -> Int?) -> Int? {
    guard let target = writable else { return nil }
    let body = target.slice(at: SoupBin.headerLength, count: target.count - SoupBin.headerLength)
    guard let length = write(dialect, body) else { return nil }
    let start = outEnd
    append(SoupBin.frame(.unsequenced, payload: length, into: target))
    return start
  }

  /// Room for one packet, or nil if the buffer is too full for any.
  var writable: MutableBytes? {
    guard hasRoom else { return nil }
    return outView.slice(at: outEnd, count: SoupBin.headerLength + OrderDialect.messageLengthMax)
  }

  /// Adds what was written into `writable`.
  mutating func append(_ count: Int) { outEnd += count }

  /// The packet of which the kernel has taken a part; empty, where the rest begins: there is none.
  var torn: Range<Int> {
    var (start, end) = (0, 0)
    while end < outStart { (start, end) = (end, end + 2 + Int(outView.bytes.u16be(end))) }
    return end > outStart ? start..<end : end..<end
  }

  /// Whether an order, or a replacement of one, has left in part: the rest would make it whole.
  var isOrderTorn: Bool {
    guard unsent > 0, !torn.isEmpty else { return false }
    // The letters are the same in every dialect.
    let type = Ouch50.InboundType(rawValue: outView.bytes[torn.lowerBound + SoupBin.headerLength])
    return type == .enterOrder || type == .replaceOrder
  }

  /// Drops the packets of which the kernel has taken nothing; where the first of them began.
  mutating func cut() -> Int {
    let end = min(torn.upperBound, outEnd)
    outEnd = end
    beginAnewIfEmpty()
    return end
  }

  /// Otherwise a buffer that was full once would have no room any more.
  private mutating func beginAnewIfEmpty() {
    if unsent == 0 { (outStart, outEnd) = (0, 0) }
  }

  /// Hands the kernel what it takes.
  mutating func flush() throws(SessionError) {
    guard unsent > 0 else { return }
    switch stream.send(outView.bytes.slice(at: outStart, count: unsent)) {
    case .moved(let count):
      outStart += count
      heldMost += count
      lastSent_ns = MonotonicClock.now
    case .wouldBlock: return
    case .closed: throw .lost(name, reason: "connection closed")
    case .failed(let code): throw .lost(name, reason: unsafe String(cString: strerror(code)))
    }
    beginAnewIfEmpty()
  }

  /// Heartbeats, and the venue's silence, also that of one which beats and does not tell what there
  /// was before. Call each duty cycle that had nothing else to do.
  mutating func keepAlive() throws(SessionError) {
    let now = MonotonicClock.now
    if now &- lastSent_ns >= VenueSession.heartbeat_ns, unsent == 0, let target = writable {
      append(SoupBin.encode(.clientHeartbeat, into: target))
      try flush()
    }
    if now &- lastReceived_ns > VenueSession.silence_ns {
      throw .lost(name, reason: "silent for 15 s")
    }
    if isReplaying, replay.isStalled(at: coming, now) {
      throw .stalled(name, seconds: Int(ReplayWatch.patience_ns / 1_000_000_000))
    }
  }

  /// Says goodbye; the venue may be gone by then.
  mutating func logOut() {
    guard let target = writable else { return }
    append(SoupBin.encode(.logout, into: target))
    try? flush()
  }

  // MARK: In

  /// Takes what the kernel has; true if there was something.
  @discardableResult
  mutating func receive() throws(SessionError) -> Bool {
    switch stream.receive(into: framer.writable) {
    case .moved(let count):
      framer.received(count)
      lastReceived_ns = MonotonicClock.now
      return true
    case .wouldBlock: return false
    case .closed: throw .lost(name, reason: "it closed the connection")
    case .failed(let code): throw .lost(name, reason: unsafe String(cString: strerror(code)))
    }
  }

  /// The next whole packet that is news, valid until the next `receive`.
  mutating func next() -> SoupBinPacket? {
    while let packet = framer.next() {
      guard packet.type == .sequenced else { return packet }
      coming += 1
      guard coming <= sequence else {
        sequence = coming
        return packet
      }
      repeated += 1
    }
    return nil
  }

  /// Whether the kernel holds more unsent bytes than that. Asks it only where what it was given
  /// since it was last asked can make it so.
  mutating func isHolding(moreThan bytes: Int) -> Bool {
    guard heldMost > bytes else { return false }
    heldMost = stream.unsent
    return heldMost > bytes
  }

  /// The socket, for whoever may have to abort it from outside.
  var descriptor: Int32 { stream.descriptor }

  /// Breaks the connection off: the kernel discards what it holds, and the venue sees a reset.
  func abort() { stream.abort() }

  /// Throws if the stream no longer makes sense.
  func check() throws(SessionError) {
    if framer.fault != nil { throw .lost(name, reason: "it does not speak SoupBinTCP") }
  }
}
