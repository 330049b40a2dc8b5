import TickWire

/// The venue's own record of what became of each account's orders: what a client's positions are
/// compared with. It is written from the engine's events, before anything can happen to them on
/// the wire.
///
/// It keeps every order and fill for as long as it lives, and so grows without a limit: it is for
/// tests, and kept only where somebody will ask.
struct VenueTruth {
  private var accounts: [AccountTruth] = []

  mutating func add(_ username: FixedText) { accounts.append(AccountTruth(username)) }

  mutating func note(_ event: VenueEvent, _ account: UInt32) {
    accounts[Int(account)].note(event)
  }

  /// - Parameter duplicates: requests ignored for their number, of each account.
  func statements(duplicates: [UInt64]) -> [VenueStatement] {
    accounts.enumerated().map { $1.statement(duplicates: duplicates[$0]) }
  }
}

private struct AccountTruth {
  private struct Entry {
    var order: VenueStatement.Order
    let symbol: Symbol
    var side: Ouch50.Side?
  }

  private struct Holding {
    var shares: Int64 = 0
    var cashE4: Int64 = 0
  }

  private let username: FixedText
  /// By number, rising; so are fills, by match.
  private var entries: [Entry] = []
  private var fills: [VenueStatement.Fill] = []
  private var holdings: [Symbol: Holding] = [:]
  private var cashOverflows: UInt64 = 0

  init(_ username: FixedText) { self.username = username }

  mutating func note(_ event: VenueEvent) {
    switch event {
    case .accepted(let request, _): append(request)
    case .replaced(let request, let original, _):
      withdraw(original, nil)
      append(request)
    case .rejected(let userRefNum, _, _): appendRejected(userRefNum)
    case .executed(let userRefNum, let quantity, let priceE4, _, let match):
      execute(userRefNum, quantity, priceE4, match)
    case .canceled(let userRefNum, let quantity, _): withdraw(userRefNum, quantity)
    case .modified(let userRefNum, let side, let quantity):
      guard let index = find(userRefNum) else { return }
      entries[index].side = side
      withdraw(userRefNum, entries[index].order.open - quantity)
    case .broken(let userRefNum, let match, _, _): undo(userRefNum, match)
    case .cancelPending, .cancelRefused, .massCanceled, .entrySwitched: return
    }
  }

  private func find(_ userRefNum: UInt32) -> Int? {
    let index = AccountTruth.lowest(entries.count) { entries[$0].order.userRefNum >= userRefNum }
    return index < entries.count && entries[index].order.userRefNum == userRefNum ? index : nil
  }

  /// The lowest index below `count` that is `reached`, or `count`; once reached, all after are.
  private static func lowest(_ count: Int, _ reached: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if reached(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func append(_ request: VenueOrderRequest) {
    var order = VenueStatement.Order(userRefNum: request.userRefNum)
    order.symbol = request.symbol.text
    order.side = request.side.map { String(UnicodeScalar($0.rawValue)) } ?? ""
    order.quantity = request.quantity
    order.open = request.quantity
    entries.append(Entry(order: order, symbol: request.symbol, side: request.side))
  }

  private mutating func appendRejected(_ userRefNum: UInt32) {
    var order = VenueStatement.Order(userRefNum: userRefNum)
    order.isRejected = true
    entries.append(Entry(order: order, symbol: Symbol(word: 0), side: nil))
  }

  /// Shares that will not be executed any more; nil: all that are open.
  private mutating func withdraw(_ userRefNum: UInt32, _ quantity: UInt32?) {
    guard let index = find(userRefNum) else { return }
    let withdrawn = quantity ?? entries[index].order.open
    entries[index].order.open -= withdrawn
    entries[index].order.withdrawn += withdrawn
  }

  private mutating func execute(
    _ userRefNum: UInt32, _ quantity: UInt32, _ priceE4: UInt64, _ match: UInt64
  ) {
    guard let index = find(userRefNum) else { return }
    entries[index].order.open -= quantity
    entries[index].order.executed += quantity
    fills.append(
      VenueStatement.Fill(
        userRefNum: userRefNum, match: match, quantity: quantity, priceE4: priceE4))
    move(entries[index], quantity, priceE4, sign: 1)
  }

  private mutating func undo(_ userRefNum: UInt32, _ match: UInt64) {
    let place = AccountTruth.lowest(fills.count) { fills[$0].match >= match }
    guard let index = find(userRefNum), place < fills.count, fills[place].match == match,
      !fills[place].isBroken
    else { return }
    fills[place].isBroken = true
    entries[index].order.executed -= fills[place].quantity
    entries[index].order.broken += fills[place].quantity
    move(entries[index], fills[place].quantity, fills[place].priceE4, sign: -1)
  }

  private mutating func move(_ entry: Entry, _ quantity: UInt32, _ priceE4: UInt64, sign: Int64) {
    let bought = entry.side?.isBuy == true ? sign : -sign
    let shares = bought * Int64(quantity)
    holdings[entry.symbol, default: Holding()].shares += shares
    let (value, over) = Int64(clamping: priceE4).multipliedReportingOverflow(by: shares)
    let before = holdings[entry.symbol]?.cashE4 ?? 0
    let (after, overAgain) = before.subtractingReportingOverflow(value)
    if over || overAgain { cashOverflows += 1 }
    holdings[entry.symbol]?.cashE4 = after
  }

  func statement(duplicates: UInt64) -> VenueStatement {
    var statement = VenueStatement(username: username.text)
    statement.duplicates = duplicates
    statement.cashOverflows = cashOverflows
    statement.orders = entries.map(\.order)
    statement.fills = fills
    for (symbol, holding) in holdings.sorted(by: { $0.key.text < $1.key.text }) {
      let position = VenueStatement.Position(
        symbol: symbol.text, shares: holding.shares, cashE4: holding.cashE4)
      statement.positions.append(position)
      let (sum, over) = statement.cashE4.addingReportingOverflow(holding.cashE4)
      statement.cashE4 = sum
      if over { statement.cashOverflows += 1 }
    }
    return statement
  }
}
