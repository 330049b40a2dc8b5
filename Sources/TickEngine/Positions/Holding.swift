import TickRing

/// One position and how it came about: what is kept per strategy and instrument, and per instrument
/// for the account as a whole. Money in units of 1e-4, shares signed: short is negative.
///
/// The average price cannot drift: the cost of what is held is kept in units of 1e-13, in 128 bits.
/// Buying and selling short add to it exactly; closing a part releases that part of it, rounded
/// (`Rounding`) to 1e-13 and nowhere else; closing all releases all. Amounts in 1e-4 are rounded
/// from it when asked for, and realised + unrealised is always the exact cash flow plus the
/// position at its mark.
///
/// Pure; every sum is checked: false from a change says that a number does not fit, and then the
/// value is worth nothing.
public struct Holding: Equatable, Sendable {
  /// Units of `cost` in 1e-4.
  private static let fine: Int128 = 1_000_000_000

  /// Shares; negative: short.
  public internal(set) var position: Int64 = 0
  /// What the position cost (negative: what going short brought in), units of 1e-13.
  var cost: Int128 = 0
  /// The price it is valued at; 0: none known so far.
  public internal(set) var markE4: Int64 = 0
  public internal(set) var bought: Int64 = 0
  public internal(set) var sold: Int64 = 0
  public internal(set) var boughtValueE4: Int64 = 0
  public internal(set) var soldValueE4: Int64 = 0
  /// What fills cost more than the references of their decisions, and those references' value:
  /// fills without a reference are in neither.
  public internal(set) var slippageE4: Int64 = 0
  public internal(set) var referenceValueE4: Int64 = 0

  public init() {}

  /// Books a fill. `referenceE4`: the reference price when it was decided; 0: there was none.
  mutating func fill(
    _ side: OrderSide, _ quantity: UInt32, _ priceE4: Int64, referenceE4: Int64
  ) -> Bool {
    guard count(side, Int64(quantity), priceE4, referenceE4) else { return false }
    return trade(side == .buy ? Int64(quantity) : -Int64(quantity), priceE4)
  }

  /// Books what is held when the day begins, as if bought, or sold short, at its average price.
  mutating func hold(_ shares: Int64, _ averageE4: Int64) -> Bool {
    count(shares > 0 ? .buy : .sell, abs(shares), averageE4, 0) && trade(shares, averageE4)
  }

  /// Undoes a fill that the venue broke. Position and cash are exactly as if it had never been. Of
  /// the cost, the fill's own goes if the position still holds it; what it closed or is closed by
  /// now cannot be known, so the rest is booked as a trade back at the fill's price.
  mutating func undo(
    _ side: OrderSide, _ quantity: UInt32, _ priceE4: Int64, referenceE4: Int64
  ) -> Bool {
    guard count(side, -Int64(quantity), priceE4, referenceE4) else { return false }
    let back = side == .buy ? -Int64(quantity) : Int64(quantity)
    let left = position.addingReportingOverflow(back)
    let isHeld = !left.overflow && position.signum() == -back.signum()
    if isHeld, left.partialValue == 0 || left.partialValue.signum() == position.signum() {
      let rest = cost + Int128(back) * Int128(priceE4) * Holding.fine
      if left.partialValue == 0 || rest.signum() == Int128(position.signum()) {
        position = left.partialValue
        cost = position == 0 ? 0 : rest
        return fitsE4
      }
    }
    return trade(back, priceE4)
  }

  /// Quantities, values and slippage; a negative quantity takes them back.
  private mutating func count(
    _ side: OrderSide, _ quantity: Int64, _ priceE4: Int64, _ referenceE4: Int64
  ) -> Bool {
    let value = quantity.multipliedReportingOverflow(by: priceE4)
    guard !value.overflow else { return false }
    let isCounted =
      side == .buy
      ? Holding.add(quantity, to: &bought) && Holding.add(value.partialValue, to: &boughtValueE4)
      : Holding.add(quantity, to: &sold) && Holding.add(value.partialValue, to: &soldValueE4)
    guard isCounted else { return false }
    guard referenceE4 > 0 else { return true }
    let reference = quantity.multipliedReportingOverflow(by: referenceE4)
    let worse = value.partialValue.subtractingReportingOverflow(reference.partialValue)
    guard !reference.overflow, !worse.overflow, worse.partialValue != .min else { return false }
    return Holding.add(side == .buy ? worse.partialValue : 0 - worse.partialValue, to: &slippageE4)
      && Holding.add(reference.partialValue, to: &referenceValueE4)
  }

  /// Moves position and cost; `quantity` is negative for a sale.
  private mutating func trade(_ quantity: Int64, _ priceE4: Int64) -> Bool {
    let moved = position.addingReportingOverflow(quantity)
    guard !moved.overflow, moved.partialValue != .min else { return false }
    let isOpening = position == 0 || position.signum() == quantity.signum()
    let value = Int128(quantity) * Int128(priceE4) * Holding.fine
    if isOpening {
      cost += value
    } else if moved.partialValue.signum() == position.signum() {
      cost -= Rounding.share(cost, abs(quantity), of: abs(position))
    } else {
      cost = Int128(moved.partialValue) * Int128(priceE4) * Holding.fine
    }
    position = moved.partialValue
    return fitsE4
  }

  /// Whether what is derived fits 64 bits.
  private var fitsE4: Bool {
    Int64(exactly: Rounding.nearest(cost, Holding.fine)) != nil && cashE4 != nil
      && realisedE4 != nil
  }

  /// Whether some history of fills could have led to it.
  var canBe: Bool {
    position != .min && markE4 >= 0 && fitsE4 && Int128(costRest).magnitude * 2 <= 1_000_000_000
      && valueE4 != nil && unrealisedE4 != nil
      && (position == 0 ? cost == 0 : cost.signum() != 0 - Int128(position.signum()))
  }

  private static func add(_ amount: Int64, to sum: inout Int64) -> Bool {
    let (added, overflow) = sum.addingReportingOverflow(amount)
    sum = added
    return !overflow
  }
}

// MARK: What follows from it

extension Holding {
  /// What sales brought in less what purchases cost; nil if it does not fit.
  public var cashE4: Int64? {
    let (cash, overflow) = soldValueE4.subtractingReportingOverflow(boughtValueE4)
    return overflow ? nil : cash
  }

  /// What the position cost.
  public var costE4: Int64 { Int64(clamping: Rounding.nearest(cost, Holding.fine)) }
  /// `cost` less `costE4`, units of 1e-13: with it, the exact cost goes into two words.
  var costRest: Int64 { Int64(clamping: cost - Int128(costE4) * Holding.fine) }

  mutating func setCost(e4: Int64, rest: Int64) {
    cost = Int128(e4) * Holding.fine + Int128(rest)
  }

  /// Average price of what is held; 0 when flat.
  public var averageE4: Int64 {
    guard position != 0 else { return 0 }
    let shares = Int128(position.magnitude) * Holding.fine
    return Int64(clamping: Rounding.nearest(position > 0 ? cost : 0 - cost, shares))
  }

  /// The position at its mark; nil if it does not fit.
  public var valueE4: Int64? {
    let (value, overflow) = position.multipliedReportingOverflow(by: markE4)
    return overflow || value == .min ? nil : value
  }

  public var realisedE4: Int64? {
    guard let cashE4 else { return nil }
    let (realised, overflow) = cashE4.addingReportingOverflow(costE4)
    return overflow ? nil : realised
  }

  public var unrealisedE4: Int64? {
    guard let valueE4 else { return nil }
    let (unrealised, overflow) = valueE4.subtractingReportingOverflow(costE4)
    return overflow ? nil : unrealised
  }

  /// How much worse than the references of their decisions the fills were, 1e-2 basis points, of
  /// all bought and sold; negative: better. nil without references.
  public var slippage_bpsE2: Int64? {
    guard referenceValueE4 > 0 else { return nil }
    return Int64(
      clamping: Rounding.nearest(Int128(slippageE4) * 1_000_000, Int128(referenceValueE4)))
  }
}
