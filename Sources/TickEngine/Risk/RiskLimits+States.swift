/// The limits, as the risk states keep them.
extension RiskLimits {
  /// Where risk states change, in their units. Of limits that `check` passed.
  public var states: RiskStateLimits {
    var states = RiskStateLimits()
    states.warning_ppm = FixedPoint.units(warningPercent, each: 10_000)
    states.breaker_ppm = FixedPoint.units(breakerPercent, each: 10_000)
    states.recovered_ppm = FixedPoint.units(recoveredPercent, each: 10_000)
    states.cooldown_ns = UInt64(FixedPoint.units(cooldownMinutes, each: 60_000_000_000))
    states.tripsMax = UInt32(tripsMax)
    states.tradingDayStart_seconds = tradingDayStart
    return states
  }
}
