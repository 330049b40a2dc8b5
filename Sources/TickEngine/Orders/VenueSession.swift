import Glibc
import TickWire

/// A SoupBinTCP session with the venue, the client's side: login, heartbeats, one buffer out and
/// one in. (SoupBinTCP 3.00.)
///
/// Hot path after `init`. Thread: the sender's. No allocation. What is not handed to the kernel
/// stays in the buffer, and no order joins it until it is empty.
struct VenueSession: ~Copyable {
  /// Bytes that may wait for the kernel.
  private static let outBytes = 64 * 1024
  private static let inBytes = 256 * 1024
  private static let heartbeat_ns: UInt64 = 1_000_000_000
  /// Silence after which the venue is dead.
  private static let silence_ns: UInt64 = 15_000_000_000
  private static let loginSeconds = 3
  /// For the name, the connection and the login together.
  private static let open_ns: UInt64 = 5_000_000_000
  /// Beyond it the numbers of one session might not last.
  private static let userRefNumMax: UInt32 = .max / 2

  private let stream: TcpSocket
  private var framer: SoupBinFramer
  private let out: Slab<UInt8>
  private let outView: MutableBytes
  private var outStart = 0
  private var outEnd = 0
  private var lastSent_ns: UInt64
  private var lastReceived_ns: UInt64
  let name: String
  /// The lowest order number that the venue will take, as of the login.
  private(set) var nextUserRefNum: UInt32 = 1

  /// Connects and logs in. Takes at most 5 s, whatever the venue does.
  static func open(_ address: VenueAddress) throws(SessionError) -> VenueSession {
    guard let user = FixedText(address.user, lengthMax: SoupBin.usernameLength) else {
      throw .credentials("user \(address.user)")
    }
    guard let password = FixedText(address.password, lengthMax: SoupBin.passwordLength) else {
      throw .credentials("the password")
    }
    let end = MonotonicClock.now + VenueSession.open_ns
    let stream = try VenueDialing.connect(host: address.host, port: address.port, until: end)
    var session = VenueSession(stream, name: address.text)
    do throws(SessionError) { try session.logIn(user, password, until: end) } catch {
      // Before the login is answered nothing is in doubt: there was no venue to begin with.
      guard case .lost(let name, let reason) = error else { throw error }
      throw .unreachable(name, reason: reason)
    }
    return session
  }

  private init(_ stream: consuming TcpSocket, name: String) {
    self.stream = stream
    self.name = name
    framer = SoupBinFramer(capacity: VenueSession.inBytes)
    out = Slab(count: VenueSession.outBytes, repeating: 0)
    unsafe outView = out.mutableBytes
    lastSent_ns = MonotonicClock.now
    lastReceived_ns = lastSent_ns
  }

  /// Logs in to what is new: answers to orders of an earlier client are not ours to act on. If the
  /// venue's session has begun already, asks where order numbers go on, since it ignores those
  /// that it knows.
  private mutating func logIn(
    _ user: FixedText, _ password: FixedText, until end: UInt64
  ) throws(SessionError) {
    let request = SoupBinLoginRequest(
      username: user, password: password, session: .blank, sequence: 0)
    outEnd = request.encode(into: outView)
    let login_ns = UInt64(VenueSession.loginSeconds) * 1_000_000_000
    let deadline = min(end, MonotonicClock.now + login_ns)
    if try judgeLogin(try answer(until: deadline)) == 1 { return }
    try askNextUserRefNum(until: deadline)
  }

  /// The next packet that says something.
  private mutating func answer(until deadline: UInt64) throws(SessionError) -> SoupBinPacket {
    while MonotonicClock.now < deadline {
      try flush()
      // What came with the packet before, before the kernel is asked for more.
      while let packet = next() {
        if packet.type != .debug, packet.type != .serverHeartbeat { return packet }
      }
      try check()
      if try !receive() { usleep(1_000) }
    }
    throw .noAnswer(name, seconds: VenueSession.loginSeconds)
  }

  /// The sequence that the venue's next message will have.
  private func judgeLogin(_ packet: SoupBinPacket) throws(SessionError) -> UInt64 {
    switch packet.type {
    case .loginAccepted:
      guard let accepted = SoupBinLoginAccepted(payload: packet.payload) else { break }
      return accepted.sequence
    case .loginRejected:
      let isUnauthorised = packet.payload.count > 0 && packet.payload[0] == UInt8(ascii: "A")
      throw .loginRejected(
        name, reason: isUnauthorised ? "not authorised" : "session not available")
    default: break
    }
    throw .lost(name, reason: "it answers the login with something else")
  }

  private mutating func askNextUserRefNum(until deadline: UInt64) throws(SessionError) {
    guard let target = writable else { return }
    target.put(u8: Ouch50.InboundType.accountQuery.rawValue, at: SoupBin.headerLength)
    append(SoupBin.frame(.unsequenced, payload: 1, into: target))
    while true {
      let packet = try answer(until: deadline)
      if packet.type == .endOfSession { throw .lost(name, reason: "it ended the session") }
      guard packet.type == .sequenced,
        let response = Ouch50.AccountQueryResponse(packet.payload)
      else { continue }
      guard (1...VenueSession.userRefNumMax).contains(response.nextUserRefNum) else {
        throw .lost(name, reason: "its next order number is \(response.nextUserRefNum)")
      }
      nextUserRefNum = response.nextUserRefNum
      return
    }
  }

  // MARK: Out

  /// Bytes not yet handed to the kernel.
  var unsent: Int { outEnd - outStart }

  /// How far the buffer is written, and how far the kernel has taken it.
  var writtenEnd: Int { outEnd }
  var takenEnd: Int { outStart }

  /// Room for one packet, or nil if the buffer is too full for any.
  var writable: MutableBytes? {
    let needed = SoupBin.headerLength + Ouch50.messageLengthMax
    guard outView.count - outEnd >= needed else { return nil }
    return outView.slice(at: outEnd, count: needed)
  }

  /// Adds what was written into `writable`.
  mutating func append(_ count: Int) { outEnd += count }

  /// Hands the kernel what it takes.
  mutating func flush() throws(SessionError) {
    guard unsent > 0 else { return }
    switch stream.send(outView.bytes.slice(at: outStart, count: unsent)) {
    case .moved(let count):
      outStart += count
      lastSent_ns = MonotonicClock.now
    case .wouldBlock: return
    case .closed: throw .lost(name, reason: "connection closed")
    case .failed(let code): throw .lost(name, reason: unsafe String(cString: strerror(code)))
    }
    if unsent == 0 { (outStart, outEnd) = (0, 0) }
  }

  /// Heartbeats, and the venue's silence. Call each duty cycle that had nothing else to do.
  mutating func keepAlive() throws(SessionError) {
    let now = MonotonicClock.now
    if now &- lastSent_ns >= VenueSession.heartbeat_ns, unsent == 0, let target = writable {
      append(SoupBin.encode(.clientHeartbeat, into: target))
      try flush()
    }
    if now &- lastReceived_ns > VenueSession.silence_ns {
      throw .lost(name, reason: "silent for 15 s")
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

  /// The next whole packet, valid until the next `receive`.
  mutating func next() -> SoupBinPacket? { framer.next() }

  /// Throws if the stream no longer makes sense.
  func check() throws(SessionError) {
    if framer.fault != nil { throw .lost(name, reason: "it does not speak SoupBinTCP") }
  }
}
