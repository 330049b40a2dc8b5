/// The sums over a subject's holdings, units of 1e-4. Changes say false when a sum does not fit.
public struct SubjectSums: Equatable, Sendable {
  /// Equity that it began with.
  public internal(set) var baseE4: Int64 = 0
  /// What sales brought in less what purchases cost.
  public internal(set) var cashE4: Int64 = 0
  /// Positions at their marks, and the sum of their sizes.
  public internal(set) var netE4: Int64 = 0
  public internal(set) var grossE4: Int64 = 0
  public internal(set) var realisedE4: Int64 = 0
  /// Something could not be booked: nothing of it is known any more.
  public internal(set) var isBroken = false

  public init() {}

  /// nil: it could not be computed.
  public var equityE4: Int64? {
    guard !isBroken else { return nil }
    let (flowed, overflow) = baseE4.addingReportingOverflow(cashE4)
    let (equity, overflows) = flowed.addingReportingOverflow(netE4)
    return overflow || overflows ? nil : equity
  }

  public var unrealisedE4: Int64? {
    guard !isBroken else { return nil }
    let (profit, overflow) = cashE4.addingReportingOverflow(netE4)
    let (unrealised, overflows) = profit.subtractingReportingOverflow(realisedE4)
    return overflow || overflows ? nil : unrealised
  }

  /// Takes a holding in, or (sign -1) out.
  mutating func take(_ holding: Holding, sign: Int64) -> Bool {
    guard let cash = holding.cashE4, let value = holding.valueE4,
      let realised = holding.realisedE4
    else { return false }
    return SubjectSums.add(cash, sign, to: &cashE4) && SubjectSums.add(value, sign, to: &netE4)
      && SubjectSums.add(abs(value), sign, to: &grossE4)
      && SubjectSums.add(realised, sign, to: &realisedE4)
  }

  /// A position's mark changes.
  mutating func revalue(_ position: Int64, from oldE4: Int64, to newE4: Int64) -> Bool {
    let old = position.multipliedReportingOverflow(by: oldE4)
    let new = position.multipliedReportingOverflow(by: newE4)
    guard !old.overflow, !new.overflow, new.partialValue != .min else { return false }
    return SubjectSums.add(old.partialValue, -1, to: &netE4)
      && SubjectSums.add(new.partialValue, 1, to: &netE4)
      && SubjectSums.add(abs(old.partialValue), -1, to: &grossE4)
      && SubjectSums.add(abs(new.partialValue), 1, to: &grossE4)
  }

  private static func add(_ amount: Int64, _ sign: Int64, to sum: inout Int64) -> Bool {
    let (changed, overflow) =
      sign > 0 ? sum.addingReportingOverflow(amount) : sum.subtractingReportingOverflow(amount)
    sum = changed
    return !overflow
  }
}
