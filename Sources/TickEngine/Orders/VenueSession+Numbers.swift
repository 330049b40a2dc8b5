import Glibc
import TickWire

/// Where order numbers go on, for a venue ignores those that it knows. Beyond half of what can be
/// said, the numbers of one session might not last.
extension VenueSession {
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
      guard (1...dialect.userRefNumMax / 2).contains(response.nextUserRefNum) else {
        throw .lost(name, reason: "its next order number is \(response.nextUserRefNum)")
      }
      nextUserRefNum = response.nextUserRefNum
      return
    }
  }

  /// OUCH 4.2 cannot: it is in the numbers of all that the session has told, which ends with the
  /// venue's first heartbeat. How far it says at a login that it has come is not relied upon.
  static func openNumbered(
    _ address: VenueAddress, _ user: FixedText, _ password: FixedText, until end: UInt64
  ) throws(SessionError) -> VenueSession {
    let all = SessionStart(sequence: 1, isBinding: false)
    var session = try open(address, user, password, all, toldBefore: 0, until: end)
    while try !session.skim() {}
    session.first = session.sequence
    session.endReplay()
    return session
  }

  /// Looks at what has come; whether that was all.
  private mutating func skim() throws(SessionError) -> Bool {
    while let packet = next() {
      switch packet.type {
      case .sequenced: try note(dialect.decode(packet.payload).userRefNum)
      case .serverHeartbeat: return true
      case .endOfSession: throw .lost(name, reason: "it ended the session")
      default: continue
      }
    }
    try check()
    try keepAlive()
    try flush()
    if try !receive() { usleep(100) }
    return false
  }

  private mutating func note(_ userRefNum: UInt32) throws(SessionError) {
    guard userRefNum <= dialect.userRefNumMax / 2 else {
      throw .lost(name, reason: "an order of before has number \(userRefNum)")
    }
    nextUserRefNum = max(nextUserRefNum, userRefNum + 1)
  }
}
