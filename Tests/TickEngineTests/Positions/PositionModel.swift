import Foundation
import TickEngine

/// Positions told once more, slowly: decimal arithmetic of 38 digits, dollars instead of units, and
/// every sum taken afresh from the list of fills.
struct PositionModel {
  struct Fill: Equatable {
    var strategy: UInt8
    var instrument: UInt32
    var side: OrderSide
    var quantity: UInt32
    var priceE4: Int64
    var referenceE4: Int64

    var sign: Decimal { side == .buy ? 1 : -1 }
    var shares: Decimal { Decimal(quantity) }
    var price: Decimal { Decimal(priceE4) / 10_000 }
  }

  /// What one holding is by its history.
  struct Account {
    var shares: Decimal = 0
    /// What they cost, dollars: rounded to 13 places when a part is sold, and else not at all.
    var cost: Decimal = 0
    var fills: [Fill] = []

    var average: Decimal { shares == 0 ? 0 : cost / shares }
    var cash: Decimal { fills.reduce(0) { $0 - $1.sign * $1.shares * $1.price } }

    mutating func take(_ fill: Fill) {
      fills.append(fill)
      trade(fill.sign * fill.shares, fill.price)
    }

    private mutating func trade(_ amount: Decimal, _ price: Decimal) {
      let after = shares + amount
      if shares == 0 || (shares > 0) == (amount > 0) {
        cost += amount * price
      } else if after == 0 || (after > 0) != (shares > 0) {
        cost = after * price
      } else {
        cost -= PositionModel.rounded(cost * abs(amount) / abs(shares), places: 13)
      }
      shares = after
    }

    /// The rule for a broken fill: its own cost leaves with it where the position still has it.
    mutating func undo(_ fill: Fill) {
      if let index = fills.firstIndex(of: fill) { fills.remove(at: index) }
      let amount = fill.sign * fill.shares
      let after = shares - amount
      let isHeld = shares != 0 && (shares > 0) == (amount > 0)
      let rest = cost - amount * fill.price
      if isHeld, after == 0 {
        (shares, cost) = (0, 0)
      } else if isHeld, (after > 0) == (shares > 0), rest != 0, (rest > 0) == (after > 0) {
        (shares, cost) = (after, rest)
      } else {
        trade(-amount, fill.price)
      }
    }
  }

  private(set) var accounts: [UInt64: Account] = [:]
  private(set) var marks: [UInt32: Int64] = [:]

  static func key(_ strategy: UInt8, _ instrument: UInt32) -> UInt64 {
    UInt64(strategy) << 32 | UInt64(instrument)
  }

  mutating func fill(_ fill: Fill) {
    for strategy in [0, fill.strategy] {
      accounts[Self.key(strategy, fill.instrument), default: Account()].take(fill)
    }
    if marks[fill.instrument] == nil { marks[fill.instrument] = fill.priceE4 }
  }

  mutating func broken(_ fill: Fill) {
    for strategy in [0, fill.strategy] {
      accounts[Self.key(strategy, fill.instrument)]?.undo(fill)
    }
  }

  /// A price before anything is held is forgotten.
  mutating func mark(_ instrument: UInt32, _ priceE4: Int64) {
    if marks[instrument] != nil { marks[instrument] = priceE4 }
  }

  private func value(_ key: UInt64) -> Decimal {
    let mark = Decimal(marks[UInt32(truncatingIfNeeded: key)] ?? 0) / 10_000
    return (accounts[key]?.shares ?? 0) * mark
  }

  private func keys(_ strategy: UInt8) -> [UInt64] {
    accounts.keys.filter { $0 >> 32 == UInt64(strategy) }
  }

  func profitE4(_ strategy: UInt8) -> Int64 {
    Self.e4(keys(strategy).reduce(0) { $0 + (accounts[$1]?.cash ?? 0) + value($1) })
  }

  func grossE4(_ strategy: UInt8) -> Int64 {
    Self.e4(keys(strategy).reduce(0) { $0 + abs(value($1)) })
  }

  /// Units of 1e-4.
  static func e4(_ amount: Decimal) -> Int64 {
    Int64(truncating: rounded(amount * 10_000, places: 0) as NSDecimalNumber)
  }

  /// To the nearest, halves away from zero.
  private static func rounded(_ amount: Decimal, places: Int) -> Decimal {
    var amount = amount
    var rounded = Decimal()
    NSDecimalRound(&rounded, &amount, places, .plain)
    return rounded
  }
}
