/// The packets that open a SoupBinTCP session: login request, accepted, rejected.

/// What a client says when it connects.
public struct SoupBinLoginRequest: Hashable, Sendable {
  public var username: FixedText
  public var password: FixedText
  /// Blank: the current session.
  public var session: FixedText
  /// The next sequence that the client wants; 0: from the newest message on.
  public var sequence: UInt64

  public init(username: FixedText, password: FixedText, session: FixedText, sequence: UInt64) {
    self.username = username
    self.password = password
    self.session = session
    self.sequence = sequence
  }

  /// The payload of an `L` packet. nil if it is short or its sequence is not a number; a longer
  /// one (later versions append fields) is read as far as this version goes.
  public init?(payload: Bytes) {
    guard payload.count >= SoupBin.loginRequestLength - SoupBin.headerLength,
      let sequence = SoupBin.number(payload, at: 26, count: SoupBin.sequenceLength)
    else { return nil }
    username = FixedText(payload, at: 0, count: SoupBin.usernameLength).trimmed
    password = FixedText(payload, at: 6, count: SoupBin.passwordLength).trimmed
    session = FixedText(payload, at: 16, count: SoupBin.sessionLength).trimmed
    self.sequence = sequence
  }

  /// The whole packet; returns its length, `SoupBin.loginRequestLength`. Traps unless it fits.
  public func encode(into target: MutableBytes) -> Int {
    let payload = SoupBin.loginRequestLength - SoupBin.headerLength
    let length = SoupBin.frame(.loginRequest, payload: payload, into: target)
    username.put(into: target, at: 3, count: SoupBin.usernameLength)
    password.put(into: target, at: 9, count: SoupBin.passwordLength)
    session.put(into: target, at: 19, count: SoupBin.sessionLength)
    SoupBin.put(number: sequence, into: target, at: 29)
    return length
  }
}

/// The server's yes: the session, and the sequence of the next sequenced packet that it will send.
public struct SoupBinLoginAccepted: Hashable, Sendable {
  public var session: FixedText
  public var sequence: UInt64

  public init(session: FixedText, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  /// The payload of an `A` packet. nil if it is short or its sequence is not a number.
  public init?(payload: Bytes) {
    guard payload.count >= SoupBin.loginAcceptedLength - SoupBin.headerLength,
      let sequence = SoupBin.number(payload, at: 10, count: SoupBin.sequenceLength)
    else { return nil }
    session = FixedText(payload, at: 0, count: SoupBin.sessionLength).trimmed
    self.sequence = sequence
  }

  /// The whole packet; returns its length, `SoupBin.loginAcceptedLength`. Traps unless it fits.
  public func encode(into target: MutableBytes) -> Int {
    let payload = SoupBin.loginAcceptedLength - SoupBin.headerLength
    let length = SoupBin.frame(.loginAccepted, payload: payload, into: target)
    session.put(into: target, at: 3, count: SoupBin.sessionLength)
    SoupBin.put(number: sequence, into: target, at: 13)
    return length
  }
}

extension SoupBin.LoginRejection {
  /// The payload of a `J` packet. nil if it is empty or the reason is none of the two: the login is
  /// refused all the same.
  public init?(payload: Bytes) {
    guard payload.count >= 1 else { return nil }
    self.init(rawValue: payload[0])
  }

  /// The whole packet; returns its length, 4. Traps unless it fits.
  public func encode(into target: MutableBytes) -> Int {
    let length = SoupBin.frame(.loginRejected, payload: 1, into: target)
    target.put(u8: rawValue, at: SoupBin.headerLength)
    return length
  }
}
