/// What is out when the sender stops.
extension OrderBook {
  /// Orders sent and not answered. Looks at every order: for the end of a run.
  var inFlight: Int {
    var count = 0
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      if !order.isAccepted, !order.isReplacement, order.isHeard { count += 1 }
      link = order.links.after
    }
    return count
  }

  /// Counts what is still out when the sender stops.
  mutating func finish() {
    var link = open.first
    while link != 0 {
      let order = pool[atPlace: Int(link) - 1]
      link = order.links.after
      guard !order.isReplacement else { continue }
      if !order.isAccepted {
        if order.isHeard { counts.inFlight += 1 }
      } else {
        counts.open += 1
        if order.filled > 0 { counts.partiallyFilled += 1 }
      }
    }
  }
}
