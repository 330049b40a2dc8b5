/// Whether the counts of a run agree with each other.
extension Report {
  /// The equations that every finished run must satisfy, and what each that does not comes to, in
  /// words for a person. Empty: consistent. Sums wrap, so that counters read from a damaged region
  /// are reported rather than trapped on.
  public func consistency() -> [String] { tickFaults() + ringFaults() + orderFaults() }

  /// nil if both sides are equal.
  private func fault(_ left: String, _ leftValue: UInt64, _ right: String, _ rightValue: UInt64)
    -> String?
  {
    guard leftValue != rightValue else { return nil }
    let isMore = leftValue > rightValue
    let difference = isMore ? leftValue - rightValue : rightValue - leftValue
    return "\(left) is \(leftValue), but \(right) is \(rightValue): "
      + "\(difference) too \(isMore ? "many" : "few")"
  }

  private func tickFaults() -> [String] {
    let tickRings = rings.filter { $0.kind == .tick }
    let committed = ticks.published &+ ticks.copies
    let name = "ticks published plus copies"
    return [
      fault(
        name, committed, "what the tick rings say was published",
        tickRings.reduce(0) { $0 &+ $1.published }),
      fault(
        name, committed, "what the tick rings say was polled, lost or left unread",
        tickRings.reduce(0) { $0 &+ $1.polled &+ $1.lost &+ ($1.unread ?? 0) }),
    ].compactMap { $0 }
  }

  private func ringFaults() -> [String] {
    rings.compactMap { ring in
      fault(
        "published to ring \(ring.name)", ring.published, "polled, lost or left unread",
        ring.polled &+ ring.lost &+ (ring.unread ?? 0))
    }
  }

  private func orderFaults() -> [String] {
    let rejected = orders.riskRejected.values.reduce(0, &+)
    return [
      fault(
        "orders requested", orders.requested, "risk-rejected plus unsent plus sent",
        rejected &+ orders.unsent &+ orders.sent),
      fault(
        "orders sent", orders.sent, "acknowledged plus venue-rejected plus in flight",
        orders.acked &+ orders.venueRejected &+ orders.inFlight),
    ].compactMap { $0 }
  }
}
