import TickWire

/// Where order numbers go on, for a venue ignores those that it knows.
extension VenueSession {
  /// Beyond it the numbers of one session might not last.
  private static let nextUserRefNumMax: UInt32 = .max / 2

  /// OUCH 5.0 can be asked.
  mutating func askNextUserRefNum(until deadline: UInt64) throws(SessionError) {
    guard let target = writable else { return }
    target.put(u8: Ouch50.InboundType.accountQuery.rawValue, at: SoupBin.headerLength)
    append(SoupBin.frame(.unsequenced, payload: 1, into: target))
    while true {
      let packet = try answer(until: deadline)
      if packet.type == .endOfSession { throw .lost(name, reason: "it ended the session") }
      guard packet.type == .sequenced,
        let response = Ouch50.AccountQueryResponse(packet.payload)
      else { continue }
      guard (1...VenueSession.nextUserRefNumMax).contains(response.nextUserRefNum) else {
        throw .lost(name, reason: "its next order number is \(response.nextUserRefNum)")
      }
      nextUserRefNum = response.nextUserRefNum
      return
    }
  }

  /// OUCH 4.2 cannot: all that the session has told says it, if it has told anything.
  static func openNumbered(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText, until end: UInt64
  ) throws(SessionError) -> VenueSession {
    var session = try open(address, user, password, .newest, toldBefore: 0, until: end)
    guard session.sequence > 1 else { return session }
    let there = SoupBinLoginAccepted(session: session.session, sequence: session.sequence)
    session.leave(until: end)
    return try openAndSkim(address, user, password, there, until: end)
  }

  static func openAndSkim(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText,
    _ there: SoupBinLoginAccepted, until end: UInt64
  ) throws(SessionError) -> VenueSession {
    let start = SessionStart(session: there.session, sequence: 1)
    var session = try open(address, user, password, start, toldBefore: 0, until: end)
    try session.skim(to: there.sequence)
    return session
  }

  private mutating func skim(to end: UInt64) throws(SessionError) {
    let patience_ns = UInt64(VenueSession.loginSeconds) * 1_000_000_000
    while sequence < end {
      let packet = try answer(until: MonotonicClock.now + patience_ns)
      if packet.type == .endOfSession { throw .lost(name, reason: "it ended the session") }
      guard packet.type == .sequenced else { continue }
      nextUserRefNum = max(nextUserRefNum, dialect.decode(packet.payload).userRefNum &+ 1)
    }
    first = sequence
    endReplay()
  }
}
