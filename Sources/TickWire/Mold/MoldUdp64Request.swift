/// A MoldUDP64 1.00 re-request: the 20 bytes of a header, sent unicast to the request server, which
/// answers with ordinary downstream datagrams or not at all.
@frozen
public struct MoldUdp64Request: Equatable, Sendable {
  public static let byteCount = MoldUdp64Header.byteCount

  public let session: MoldUdp64Session
  /// Sequence of the first message wanted.
  public let firstSequence: UInt64
  /// Messages wanted from there on. The answer may have fewer.
  public let messageCount: Int

  /// - Parameter messageCount: what is beyond 65,535 is left for the next request.
  @inlinable
  public init(session: MoldUdp64Session, firstSequence: UInt64, messageCount: Int) {
    precondition(firstSequence <= MoldUdp64Header.sequenceMax && messageCount >= 0)
    self.session = session
    self.firstSequence = firstSequence
    self.messageCount = min(messageCount, Int(UInt16.max))
  }

  /// nil unless `datagram` is 20 bytes long and its sequences do not wrap.
  @inlinable
  public init?(_ datagram: Bytes) {
    guard datagram.count == MoldUdp64Request.byteCount else { return nil }
    firstSequence = datagram.u64be(10)
    guard firstSequence <= MoldUdp64Header.sequenceMax else { return nil }
    session = MoldUdp64Session(high: datagram.u64le(0), low: datagram.u16le(8))
    messageCount = Int(datagram.u16be(18))
  }

  /// Writes the request into `target` and returns its length. Traps if `target` is shorter.
  @inlinable
  public func encode(into target: MutableBytes) -> Int {
    session.put(into: target)
    target.put(u64be: firstSequence, at: 10)
    target.put(u16be: UInt16(messageCount), at: 18)
    return MoldUdp64Request.byteCount
  }
}
