/// The feed protocols that are told apart by what their datagrams contain.
public enum CaptureFeed: String, Sendable, CaseIterable {
  case iexTops = "iex-tops"
  case iexDeep = "iex-deep"
  /// Recognised, not decoded.
  case iexDeepPlus = "iex-deep-plus"
  /// MoldUDP64 whose messages have ITCH 5.0 types and lengths.
  case itch = "mold-itch"
  /// MoldUDP64 that carries something else, or that has carried nothing yet.
  case mold = "mold"

  /// The name for people.
  public var title: String {
    switch self {
    case .iexTops: "IEX-TP, TOPS"
    case .iexDeep: "IEX-TP, DEEP"
    case .iexDeepPlus: "IEX-TP, DEEP+"
    case .itch: "MoldUDP64, ITCH 5.0"
    case .mold: "MoldUDP64"
    }
  }

  /// What one UDP payload says it is; nil: nothing that is known here.
  ///
  /// IEX-TP names itself. MoldUDP64 does not, so it is believed only if its lengths come out at
  /// exactly the end of the datagram, or, without messages, if its session could be a name.
  public static func detect(_ payload: Bytes) -> CaptureFeed? {
    if IexTpHeader.isIexTp(payload) {
      switch IexProtocol(rawValue: payload.u16le(2)) {
      case .tops: return .iexTops
      case .deep: return .iexDeep
      case .deepPlus: return .iexDeepPlus
      case nil: return nil
      }
    }
    guard let header = MoldUdp64Header(payload) else { return nil }
    return detectMold(payload, header)
  }

  private static func detectMold(_ payload: Bytes, _ header: MoldUdp64Header) -> CaptureFeed? {
    var messages = header.messages(of: payload)
    var isItch = header.messageCount > 0
    while let message = messages.next() {
      let length = message.count > 0 ? ItchMessageType.byteCount(message[0]) : nil
      isItch = isItch && length == message.count
    }
    guard messages.remaining == 0, messages.unreadByteCount == 0 else { return nil }
    if isItch { return .itch }
    let isName = (0..<10).allSatisfy { payload[$0] == 0 || (0x20..<0x7F).contains(payload[$0]) }
    return isName ? .mold : nil
  }
}
