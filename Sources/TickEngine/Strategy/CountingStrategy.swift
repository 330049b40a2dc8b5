import TickRing

/// `none`: counts what it sees and never asks for an order. No parameters.
public struct CountingStrategy: Strategy, ~Copyable {
  public private(set) var quotes: UInt64 = 0
  public private(set) var trades: UInt64 = 0
  public private(set) var statuses: UInt64 = 0

  public init(parameters: inout StrategyParameters, context: StrategyContext) {}

  public mutating func onQuote(_ quote: Quote, _ orders: inout OrderDesk) { quotes += 1 }
  public mutating func onTrade(_ trade: Trade, _ orders: inout OrderDesk) { trades += 1 }
  public mutating func onStatus(_ status: Status, _ orders: inout OrderDesk) { statuses += 1 }
}
