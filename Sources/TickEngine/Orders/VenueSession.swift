import Glibc
import TickWire

/// From where a session's sequenced messages are wanted.
struct SessionStart {
  /// Blank: whichever is current.
  var session = FixedText.blank
  /// The next sequence that is wanted; 0: from the newest message on.
  var sequence: UInt64 = 0
  /// Whether another session than that one will not do; otherwise what is new in it is wanted.
  var isBinding = true
  /// Questions whether all is told that were asked before and may be answered yet.
  var unanswered = 0
  /// The message up to which all is known to have been told, and acted upon; 0: none.
  var told: UInt64 = 0

  /// What earlier clients were told is not ours to act on.
  static let newest = SessionStart()
  /// All of it: what a predecessor did is ours.
  static let first = SessionStart(sequence: 1)
}

/// A SoupBinTCP session with the venue, the client's side: login, heartbeats, one buffer out and
/// one in. (SoupBinTCP 3.00.) Counts the sequenced messages, of which the packets carry no number:
/// those that it has had are passed over, and a login that would leave some out is refused.
///
/// Hot path after `init`. Thread: the sender's. No allocation. What is not handed to the kernel
/// stays in the buffer.
struct VenueSession: ~Copyable {
  /// Bytes that may wait for the kernel.
  static let outBytes = 64 * 1024
  static let inBytes = 256 * 1024
  static let heartbeat_ns: UInt64 = 1_000_000_000
  /// Silence after which the venue is dead.
  static let silence_ns: UInt64 = 15_000_000_000
  private static let loginSeconds = 3
  /// For the name, the connection and the login together.
  private static let open_ns: UInt64 = 5_000_000_000
  /// For the venue to close a connection that has logged out.
  private static let leave_ns: UInt64 = 1_000_000_000

  let stream: TcpSocket
  var framer: SoupBinFramer
  private let out: Slab<UInt8>
  let outView: MutableBytes
  var outStart = 0
  var outEnd = 0
  /// Bytes that the kernel holds unsent at most.
  var heldMost = 0
  var lastSent_ns: UInt64
  var lastReceived_ns: UInt64
  let name: String
  let dialect: OrderDialect
  /// The lowest order number that the venue will take, as of the login; only if not resumed.
  var nextUserRefNum: UInt32 = 1
  /// The venue's name for the session.
  private(set) var session = FixedText.blank
  /// Sequence of the next sequenced message that is news, from 1.
  var sequence: UInt64 = 1
  /// That of the next one to come: below `sequence` while the venue repeats itself.
  var coming: UInt64 = 1
  /// Messages that were passed over.
  var repeated: UInt64 = 0
  /// Whether there were messages before the login that are (still) to come.
  private(set) var isReplaying = false
  /// Whether they still come.
  var replay = ReplayWatch()
  /// Where it began.
  var first: UInt64 = 1
  /// The first message that the venue had not sent when it was asked to repeat, as it said.
  private var toldBefore: UInt64 = 0
  /// The message up to which answers are old ones for sure.
  private var told: UInt64 = 0
  /// Questions whether all is told: those of before, asked, and answered.
  private var stale = 0
  private var asked = 0
  private var answered = 0

  /// Connects and logs in. Takes at most 5 s, whatever the venue does, or as long as it goes on
  /// telling a session of OUCH 4.2.
  static func open(
    _ address: VenueAddress, from start: SessionStart = .newest
  ) throws(SessionError) -> VenueSession {
    guard let user = FixedText(address.user, lengthMax: SoupBin.usernameLength) else {
      throw .credentials("user \(address.user)")
    }
    guard let password = FixedText(address.password, lengthMax: SoupBin.passwordLength) else {
      throw .credentials("the password")
    }
    let end = MonotonicClock.now + VenueSession.open_ns
    do throws(SessionError) {
      let isOld = address.dialect == .ouch42
      if isOld, start.sequence == 0 {
        return try openNumbered(address, user, password, until: end)
      }
      guard start.sequence > 0, !isOld || !start.isBinding else {
        return try openBlindly(address, user, password, start, until: end)
      }
      let there = try look(address, user, password, until: end)
      var start = start
      let isOther = start.session != .blank && start.session != there.session
      if isOther, !start.isBinding, isOld {
        return try openNumbered(address, user, password, until: end)
      } else if isOther, !start.isBinding {
        start = SessionStart(session: there.session, sequence: there.sequence)
      } else if isOther {
        throw .otherSession(address.text, was: start.session.text, is: there.session.text)
      }
      return try open(address, user, password, start, toldBefore: there.sequence, until: end)
    } catch {
      // Before the login is answered nothing is in doubt: there was no venue to begin with.
      guard case .lost(let name, let reason) = error else { throw error }
      throw .unreachable(name, reason: reason)
    }
  }

  /// Without asking first which session the venue has. One that has another than the one that must
  /// be says only that it is not available: then it is asked, since no later try would do.
  private static func openBlindly(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText, _ start: SessionStart,
    until end: UInt64
  ) throws(SessionError) -> VenueSession {
    do throws(SessionError) {
      return try open(address, user, password, start, toldBefore: 0, until: end)
    } catch {
      guard case .loginRejected(_, .sessionUnavailable) = error, start.isBinding,
        start.session != .blank,
        let there = try? look(address, user, password, until: end).session,
        there != start.session
      else { throw error }
      throw .otherSession(address.text, was: start.session.text, is: there.text)
    }
  }

  static func open(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText, _ start: SessionStart,
    toldBefore: UInt64, until end: UInt64
  ) throws(SessionError) -> VenueSession {
    let stream = try VenueDialing.connect(host: address.host, port: address.port, until: end)
    var session = VenueSession(stream, name: address.text, dialect: address.dialect)
    session.toldBefore = toldBefore
    session.stale = start.unanswered
    session.told = start.told
    try session.logIn(user, password, start, until: end)
    return session
  }

  /// Which session the venue has and how far it has come: a login of its own, for the one that asks
  /// it to repeat does not say. Without that, an answer to the question whether all is told could
  /// be one of before, repeated.
  private static func look(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText, until end: UInt64
  ) throws(SessionError) -> SoupBinLoginAccepted {
    let stream = try VenueDialing.connect(host: address.host, port: address.port, until: end)
    var session = VenueSession(stream, name: address.text, dialect: address.dialect)
    let accepted = try session.login(user, password, .newest, until: end)
    session.logOut()
    // It lets nobody else in before it has closed this one.
    let deadline = min(end, MonotonicClock.now + VenueSession.leave_ns)
    while MonotonicClock.now < deadline {
      do throws(SessionError) {
        if try session.receive() { while session.next() != nil {} } else { usleep(50) }
      } catch { break }
    }
    return accepted
  }

  private init(_ stream: consuming TcpSocket, name: String, dialect: OrderDialect) {
    self.stream = stream
    self.name = name
    self.dialect = dialect
    framer = SoupBinFramer(capacity: VenueSession.inBytes)
    out = Slab(count: VenueSession.outBytes, repeating: 0)
    unsafe outView = out.mutableBytes
    lastSent_ns = MonotonicClock.now
    lastReceived_ns = lastSent_ns
  }

  /// From the newest message on: answers to orders of an earlier client are not ours to act on. If
  /// the venue's session has begun already, asks where order numbers go on, since it ignores those
  /// that it knows.
  private mutating func logIn(
    _ user: FixedText, _ password: FixedText, _ start: SessionStart, until end: UInt64
  ) throws(SessionError) {
    let accepted = try login(user, password, start, until: end)
    try place(accepted, start)
    guard start.sequence == 0 else { return askWhetherAllIsTold() }
    let login_ns = UInt64(VenueSession.loginSeconds) * 1_000_000_000
    let deadline = min(end, MonotonicClock.now + login_ns)
    if sequence != 1, dialect == .ouch50 { try askNextUserRefNum(until: deadline) }
  }

  private mutating func login(
    _ user: FixedText, _ password: FixedText, _ start: SessionStart, until end: UInt64
  ) throws(SessionError) -> SoupBinLoginAccepted {
    let name = start.isBinding ? start.session : .blank
    let request = SoupBinLoginRequest(
      username: user, password: password, session: name, sequence: start.sequence)
    outEnd = request.encode(into: outView)
    let login_ns = UInt64(VenueSession.loginSeconds) * 1_000_000_000
    return try judgeLogin(try answer(until: min(end, MonotonicClock.now + login_ns)))
  }

  /// Where the venue goes on. Refused: another session than asked for, or a later message, for what
  /// lies between would never be known.
  private mutating func place(
    _ accepted: SoupBinLoginAccepted, _ start: SessionStart
  ) throws(SessionError) {
    if start.session != .blank, accepted.session != start.session {
      guard !start.isBinding else {
        throw .otherSession(name, was: start.session.text, is: accepted.session.text)
      }
      throw .lost(name, reason: "it has begun session \(accepted.session.text) meanwhile")
    }
    session = accepted.session
    coming = accepted.sequence
    sequence = start.sequence == 0 ? accepted.sequence : start.sequence
    first = sequence
    guard coming > 0, coming <= sequence, sequence < .max / 2 else {
      throw .lost(name, reason: "it goes on with message \(coming) where \(sequence) is due")
    }
  }

  /// The answer comes after all that is replayed. A dialect without that question says it by its
  /// first heartbeat, which comes when it has nothing to say.
  private mutating func askWhetherAllIsTold() {
    isReplaying = true
    replay.begin(at: coming, MonotonicClock.now)
    askAgain()
  }

  mutating func askAgain() {
    if add({ dialect, body in dialect.accountQuery(into: body) }) != nil { asked += 1 }
  }

  /// Takes note of an answer; whether it came after all that there was before the login. Where the
  /// venue began is its own word, and it may begin too early: an answer that may be to a question
  /// of an earlier connection is none, and the question is asked once more. One at a time: each
  /// that is out when the connection is cut is one more that may have been answered.
  mutating func takeAnswer() -> Bool {
    guard sequence > told else { return false }
    answered += 1
    guard sequence > toldBefore else { return false }
    guard answered <= stale else { return true }
    if isReplaying { askAgain() }
    return false
  }

  /// The venue has nothing to say: what earlier connections asked is answered, or never came to it.
  mutating func noteQuiet() {
    asked -= max(0, answered - stale)
    (stale, answered) = (0, 0)
    // It may have said that it had come further than it has.
    toldBefore = min(toldBefore, sequence)
  }

  /// Questions that may be answered yet, for the next connection.
  var unanswered: Int { max(0, stale + asked - answered) }

  /// All that was to be told is told.
  mutating func endReplay() { isReplaying = false }

  /// The next packet that says something.
  mutating func answer(until deadline: UInt64) throws(SessionError) -> SoupBinPacket {
    while MonotonicClock.now < deadline {
      try flush()
      // What came with the packet before, before the kernel is asked for more.
      while let packet = next() {
        if packet.type != .debug, packet.type != .serverHeartbeat { return packet }
      }
      try check()
      if try !receive() { usleep(100) }
    }
    throw .noAnswer(name, seconds: VenueSession.loginSeconds)
  }

  private func judgeLogin(
    _ packet: SoupBinPacket
  ) throws(SessionError) -> SoupBinLoginAccepted {
    switch packet.type {
    case .loginAccepted:
      guard let accepted = SoupBinLoginAccepted(payload: packet.payload) else { break }
      return accepted
    case .loginRejected:
      throw .loginRejected(name, SoupBin.LoginRejection(payload: packet.payload))
    default: break
    }
    throw .lost(name, reason: "it answers the login with something else")
  }
}
