import TickRing

@testable import TickEngine

/// A book in a region of its own, to be taken over by others.
struct PositionFixture: ~Copyable {
  let region: Region
  let options: PositionOptions

  init(_ change: (inout PositionOptions) -> Void = { _ in }) throws {
    var options = PositionOptions(equityE4: 10_000_000_000, strategyEquityE4: 1_000_000_000)
    options.instruments = 32
    options.strategiesMax = 4
    options.holdingsMax = 100
    change(&options)
    self.options = options
    region = try Region.createUnnamed(.positions, capacity: options.capacity)
  }

  func book() throws -> PositionBook {
    try PositionBook.open(claiming: try region.duplicate(), options)
  }

  func lines() throws -> SharedLines { try SharedLines(try region.duplicate(), .positions) }
}

extension PositionBook {
  @discardableResult
  mutating func fill(_ fill: PositionModel.Fill) -> PositionFault? {
    self.fill(
      strategy: fill.strategy, instrument: fill.instrument, side: fill.side,
      quantity: fill.quantity, priceE4: fill.priceE4, referenceE4: fill.referenceE4)
  }

  @discardableResult
  mutating func broken(_ fill: PositionModel.Fill) -> PositionFault? {
    self.broken(
      strategy: fill.strategy, instrument: fill.instrument, side: fill.side,
      quantity: fill.quantity, priceE4: fill.priceE4, referenceE4: fill.referenceE4)
  }
}
