import Foundation
import TickWire

@testable import TickEngine

/// What a client may know: its own orders and fills, from sequenced messages that it counts and
/// takes once, whatever happens to its connection.
struct ClientLedger {
  struct Order: Equatable {
    var isBuy = true
    var open: UInt32 = 0
    var executed: UInt32 = 0
    var broken: UInt32 = 0
    var isRejected = false
  }

  private(set) var orders: [UInt32: Order] = [:]
  private(set) var fills: [UInt64: (number: UInt32, quantity: UInt32, priceE4: UInt64)] = [:]
  private(set) var shares: Int64 = 0
  private(set) var cashE4: Int64 = 0
  private(set) var unknown = 0

  mutating func take(_ message: [UInt8]) {
    message.withUnsafeBytes { take(Bytes($0)) }
  }

  private mutating func take(_ bytes: Bytes) {
    guard case .message(let type) = Ouch50.outbound(bytes) else {
      unknown += 1
      return
    }
    switch type {
    case .accepted:
      let order = Ouch50.Accepted(bytes)!
      orders[order.userRefNum] = Order(isBuy: order.side == .buy, open: order.quantity)
    case .replaced:
      let order = Ouch50.Replaced(bytes)!
      orders[order.originalUserRefNum]!.open = 0
      orders[order.userRefNum] = Order(isBuy: order.side == .buy, open: order.quantity)
    case .rejected: orders[Ouch50.Rejected(bytes)!.userRefNum] = Order(isRejected: true)
    case .executed:
      let fill = Ouch50.Executed(bytes)!
      precondition(fills[fill.match] == nil, "a fill was told twice")
      fills[fill.match] = (fill.userRefNum, fill.quantity, fill.priceE4)
      orders[fill.userRefNum]!.open -= fill.quantity
      orders[fill.userRefNum]!.executed += fill.quantity
      move(fill.userRefNum, fill.quantity, fill.priceE4, 1)
    case .canceled:
      let cancel = Ouch50.Canceled(bytes)!
      orders[cancel.userRefNum]!.open -= cancel.quantity
    case .brokenTrade:
      let fill = fills.removeValue(forKey: Ouch50.BrokenTrade(bytes)!.match)!
      orders[fill.number]!.executed -= fill.quantity
      orders[fill.number]!.broken += fill.quantity
      move(fill.number, fill.quantity, fill.priceE4, -1)
    default: break
    }
  }

  private mutating func move(_ number: UInt32, _ quantity: UInt32, _ priceE4: UInt64, _ s: Int64) {
    let bought = Int64(quantity) * s * (orders[number]!.isBuy ? 1 : -1)
    shares += bought
    cashE4 -= bought * Int64(priceE4)
  }

  /// What of it the venue's truth contradicts; empty: nothing.
  func contradictions(_ truth: VenueStatement) -> [String] {
    var result: [String] = []
    if truth.orders.count != orders.count { result.append("orders \(orders.count)") }
    for order in truth.orders {
      var mine = Order(open: order.open, executed: order.executed, broken: order.broken)
      mine.isRejected = order.isRejected
      mine.isBuy = order.isRejected || order.side == "B"
      if orders[order.userRefNum] != mine { result.append("order \(order.userRefNum)") }
    }
    if truth.fills.count(where: { !$0.isBroken }) != fills.count { result.append("fills") }
    if truth.shares(of: "TEST") != shares { result.append("shares \(shares)") }
    if truth.cashE4 != cashE4 { result.append("cash \(cashE4)") }
    return result
  }
}

/// A client that never gives up: it logs in again after every cut with the next sequence that it
/// expects, and counts what it is sent.
final class LedgerClient {
  private let venue: RunningVenue
  private(set) var connection: VenueClient?
  private(set) var ledger = ClientLedger()
  /// Every sequenced message, in order: sequence 1 first.
  private(set) var history: [[UInt8]] = []
  /// The sequence of the connection's next sequenced packet.
  private var sequence: UInt64 = 1
  private(set) var logins = 0
  private(set) var loginsRefused = 0
  private(set) var duplicates = 0
  private(set) var packetsSkipped = 0
  /// Of the first connection.
  private(set) var firstConnectionBytes: Int?

  init(_ venue: RunningVenue) { self.venue = venue }

  var nextSequence: UInt64 { UInt64(history.count) + 1 }

  /// Logs in until it is let in with a sequence that it can go on from.
  func connect() -> VenueClient {
    while true {
      if let connection { return connection }
      let made = VenueClient(port: venue.port)
      made.send(made.login(sequence: nextSequence))
      connection = made
      logIn(made)
    }
  }

  private func logIn(_ made: VenueClient) {
    var answer = made.next()
    while let packet = answer, !["A", "J"].contains(packet.letter) { answer = made.next() }
    guard let answer, answer.letter == "A" else {
      if answer != nil { usleep(500) }  // the old connection is not over yet
      return hangUp()
    }
    guard let accepted = answer.view({ SoupBinLoginAccepted(payload: $0) }),
      accepted.sequence <= nextSequence
    else {
      loginsRefused += 1
      return hangUp()
    }
    logins += 1
    sequence = accepted.sequence
  }

  func hangUp() {
    if firstConnectionBytes == nil { firstConnectionBytes = connection?.bytesReceived }
    connection = nil
  }

  /// Takes the next packet; false where the connection has ended.
  func take() -> Bool {
    guard let packet = connection?.next() else {
      hangUp()
      return false
    }
    guard packet.letter == "S" else {
      packetsSkipped += 1
      return true
    }
    if sequence < nextSequence {
      precondition(history[Int(sequence) - 1] == packet.payload, "a replay says another thing")
      duplicates += 1
    } else {
      history.append(packet.payload)
      ledger.take(packet.payload)
    }
    sequence += 1
    return true
  }

  /// Sends a request, and again after every cut, until the venue has it: a query behind it is
  /// answered with a number above that of the order. Its number makes that harmless.
  ///
  /// - Parameter number: that the request uses up; 0: none, and it may be lost.
  func send(_ number: UInt32 = 0, _ request: (VenueClient) -> [UInt8]) {
    while true {
      let connection = connect()
      // In one segment, so that they are taken in one round.
      connection.send(
        request(connection) + connection.message { Ouch50.AccountQuery.encode(into: $0) })
      let before = history.count
      while take() {
        if history.count > before, let next = lastAnswer, next > number { return }
      }
    }
  }

  /// What the last message says, if it answers a query.
  private var lastAnswer: UInt32? {
    history.last?.withUnsafeBytes { Ouch50.AccountQueryResponse(Bytes($0))?.nextUserRefNum }
  }

  /// Reads until it has all that the venue has told and will tell unasked, and returns the truth.
  func catchUp() -> VenueStatement {
    while true {
      _ = connect()
      let truth = statement()
      while connection != nil, nextSequence < truth.nextSequence, take() {}
      // The first answer may come out of the round that sent the last bytes; the second comes out
      // of one that had nothing to do, in which comes whatever is still to come.
      _ = statement()
      let after = statement()
      if connection != nil, nextSequence == after.nextSequence { return after }
    }
  }

  private func statement() -> VenueStatement { venue.inquiry.statement(of: "alice")! }
}
