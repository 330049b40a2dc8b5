import TickWire

/// The tag of each order's token, for the venue knows orders by number: whatever it says of an
/// order, also of one that has ended, names it by its whole token. Grows by an entry an order.
struct VenueTags {
  private var tags: [UInt64: UInt64] = [:]

  private static func key(_ userRefNum: UInt32, _ account: UInt32) -> UInt64 {
    UInt64(account) << 32 | UInt64(userRefNum)
  }

  /// The token of a number that was noted.
  func token(_ userRefNum: UInt32, of account: UInt32) -> Ouch42.Token {
    Ouch42.Token(userRefNum, tag: tags[VenueTags.key(userRefNum, account)] ?? 0)
  }

  func isNoted(_ token: Ouch42.Token, of account: UInt32) -> Bool {
    self.token(token.userRefNum, of: account) == token
  }

  mutating func note(_ token: Ouch42.Token, of account: UInt32) {
    tags[VenueTags.key(token.userRefNum, account)] = token.tag
  }
}
