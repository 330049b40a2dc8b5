/// The limits in the gate's own units: integers.
struct RiskBounds {
  let ordersPerSecondMax: Int
  let quantityMax: UInt32
  let valueMaxE4: Int64
  /// Hundredths of a percent.
  let collar: Int64
  let collarWarning: Int64
  let position: Int64
  let sector: Int64
  let leverage: Int64
  let dailyLossMaxE4: Int64
  let messagesMax: Int64
  let referenceAge_ns: UInt64
  let referenceAhead_ns: UInt64
  let orderAge_ns: UInt64
  let window_ns: UInt64

  init(_ limits: RiskLimits) {
    ordersPerSecondMax = limits.ordersPerSecondMax
    quantityMax = UInt32(limits.orderQuantityMax)
    valueMaxE4 = FixedPoint.units(limits.orderValueMax, each: 10_000)
    collar = FixedPoint.units(limits.collarPercent, each: 100)
    collarWarning = FixedPoint.units(limits.collarWarningPercent, each: 100)
    position = FixedPoint.units(limits.positionPercent, each: 100)
    sector = FixedPoint.units(limits.sectorPercent, each: 100)
    leverage = FixedPoint.units(limits.grossLeverage, each: 10_000)
    dailyLossMaxE4 = FixedPoint.units(limits.dailyLossMax, each: 10_000)
    messagesMax = Int64(limits.messagesPerDayMax)
    referenceAge_ns = RiskLimits.ns(limits.referenceAgeMaxSeconds)
    referenceAhead_ns = RiskLimits.ns(limits.referenceAheadMaxSeconds)
    orderAge_ns = RiskLimits.ns(limits.orderAgeMaxSeconds)
    window_ns = limits.duplicateWindow_ns
  }
}

/// Counts a strategy's executions, each fill one; once there were too many it is off until a person
/// says otherwise (RM9). Thread: the sender's.
struct StrategyThrottle: ~Copyable {
  private(set) var isOff = false
  private var executions: RateWindow
  let executionsMax: Int

  init(_ limits: RiskLimits) {
    executionsMax = limits.repeatedExecutionsMax
    executions = RateWindow(
      max: executionsMax, window_ns: RiskLimits.ns(limits.repeatedExecutionsSeconds))
  }

  mutating func executed(at time: UInt64) {
    if !executions.admit(time) { isOff = true }
  }

  /// Switched on again, it begins to count anew.
  mutating func set(off: Bool) {
    isOff = off
    executions.reset()
  }

  /// A fresh session begins its clock anew; what is off stays off.
  mutating func reset() { executions.reset() }
}
