import TickWire

/// A request to cancel many orders at once.
public struct VenueMassCancel: Equatable, Sendable {
  public var userRefNum: UInt32
  /// Blank: all firms. An order that named none is the account's, and so of any.
  public var firm: FixedText
  /// nil: all symbols.
  public var symbol: Symbol?
  /// nil: both sides.
  public var isBuy: Bool?

  public init(
    userRefNum: UInt32, firm: FixedText = .blank, symbol: Symbol? = nil, isBuy: Bool? = nil
  ) {
    self.userRefNum = userRefNum
    self.firm = firm
    self.symbol = symbol
    self.isBuy = isBuy
  }

  public init(_ message: Ouch50.MassCancel) {
    let side = message.appendage.u8(.side).flatMap { Ouch50.Side(rawValue: $0) }
    self.init(
      userRefNum: message.userRefNum, firm: message.firm, symbol: message.symbol,
      isBuy: side?.isBuy)
  }

  func includes(_ order: RestingOrder) -> Bool {
    (symbol == nil || symbol == order.symbol) && (isBuy == nil || isBuy == order.side.isBuy)
      && Firms.meet(firm, order.firm)
  }
}

/// Firms whose order entry is off, of all accounts.
struct Firms {
  private struct Entry: Equatable {
    let account: UInt32
    let firm: FixedText
  }

  /// Firms of one account that are told apart; more turn off the account.
  static let perAccountMax = 16

  private var off: [Entry] = []

  /// Whether two names may mean the same firm; blank means any.
  static func meet(_ one: FixedText, _ other: FixedText) -> Bool {
    one == other || one == .blank || other == .blank
  }

  func isOff(_ firm: FixedText, of account: UInt32) -> Bool {
    off.contains { $0.account == account && Firms.meet($0.firm, firm) }
  }

  mutating func turnOff(_ firm: FixedText, of account: UInt32) {
    let isMany = off.count { $0.account == account } >= Firms.perAccountMax
    let entry = Entry(account: account, firm: isMany ? .blank : firm)
    if !off.contains(entry) { off.append(entry) }
  }

  /// On for blank: all of the account.
  mutating func turnOn(_ firm: FixedText, of account: UInt32) {
    off.removeAll { $0.account == account && (firm == .blank || $0.firm == firm) }
  }
}

extension MatchingEngine where Sink: ~Copyable {
  /// Cancels what the request means, each order by itself, then answers it. O(pool).
  public mutating func massCancel(_ request: VenueMassCancel, from account: UInt32) {
    guard takeNumber(request.userRefNum, of: account) else { return }
    cancelAll(of: account, reason: .userRequested) { request.includes($0) }
    sink.emit(.massCanceled(request), to: account)
  }

  /// Orders and replacements of a firm are refused from now on, or taken again; what rests stays.
  public mutating func switchEntry(
    _ direction: Ouch50.EntrySwitch.Direction, userRefNum: UInt32, firm: FixedText,
    from account: UInt32
  ) {
    guard takeNumber(userRefNum, of: account) else { return }
    switch direction {
    case .disable: firmsOff.turnOff(firm, of: account)
    case .enable: firmsOff.turnOn(firm, of: account)
    }
    sink.emit(.entrySwitched(direction, userRefNum: userRefNum, firm: firm), to: account)
  }
}
