import TickWire

/// Opens a session on a thread of its own, so that the sender goes on refusing, cancelling and
/// beating meanwhile.
///
/// Thread: `begin`, `isOver`, `take` from the sender's.
final class SessionOpening: RunningThread, @unchecked Sendable {
  private let address: VenueAddress
  private let from: SessionStart
  /// The thread's until it is over.
  private var session: VenueSession?
  private var error: SessionError?

  init(_ address: VenueAddress, from start: SessionStart) {
    self.address = address
    from = start
  }

  override var name: String { "venue login" }

  override func body() {
    do throws(SessionError) { session = try VenueSession.open(address, from: from) } catch {
      self.error = error
    }
  }

  /// The session, once it `isOver`.
  func take() throws(SessionError) -> VenueSession {
    join()
    if let error { throw error }
    guard let session = session.take() else { throw .unreachable(address.text, reason: "none") }
    return session
  }
}

/// When a connection that was lost is tried again: at once, then after twice the time of before,
/// each time shortened by up to a half at random, so that many senders do not come back at once.
struct ReconnectPlan {
  /// How long a venue may be away before the sender gives up, ns; 0: not at all.
  var giveUp_ns: UInt64 = 0
  /// The second and the longest wait, ns.
  var first_ns: UInt64 = 10_000_000
  var most_ns: UInt64 = 2_000_000_000
  private var wait_ns: UInt64 = 0
  private var lostAt_ns: UInt64 = 0
  private var random: SeededRandom

  init(giveUp_ns: UInt64 = 0, seed: UInt64 = 1) {
    self.giveUp_ns = giveUp_ns
    random = SeededRandom(seed: seed)
  }

  /// The connection is lost, or could not be made: when to try again; nil: not any more.
  mutating func next(after now: UInt64) -> UInt64? {
    if lostAt_ns == 0 { lostAt_ns = now }
    guard now &- lostAt_ns < giveUp_ns else { return nil }
    let wait = wait_ns
    wait_ns = min(max(wait_ns * 2, first_ns), most_ns)
    guard wait > 0 else { return now }
    return now + wait / 2 + UInt64(random.below(Int(wait / 2 + 1)))
  }

  /// The venue has answered, and all is known again.
  mutating func reset() {
    wait_ns = 0
    lostAt_ns = 0
  }
}
