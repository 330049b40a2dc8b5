/// What a publisher has counted, and how its rings stand.
///
/// Off the hot path; allocates nothing but `counts`. Thread: the ingester, or whoever joined it.
extension TickPublisher {
  public var counts: TickCounts {
    var counts = TickCounts()
    counts.tradeVolume = tradeVolume
    counts.tradeNotionalE4 = tradeNotionalE4
    fanOut.addCounts(to: &counts)
    for reason in 0..<rejected.count { counts.rejected[reason] = rejected[reason] }
    return counts
  }

  // Mutating in name only: read through a decoder that is generic, what is not would be copied to
  // the heap first.

  /// What is told of the whole, now and then, while it goes on.
  var sums: (ticks: UInt64, rejected: UInt64, full: UInt64, lost: UInt64) {
    mutating get {
      var sums = (ticks: fanOut.published, rejected: UInt64(0), full: UInt64(0), lost: UInt64(0))
      for reason in 0..<rejected.count { sums.rejected += rejected[reason] }
      for ring in 0..<fanOut.ringCount {
        let counts = fanOut.counts(ofRing: ring)
        sums.full += counts.full
        sums.lost += counts.lost + counts.conflated
      }
      return sums
    }
  }

  /// Quotes and trades refused as too old, or of the future.
  var refusedForAge: UInt64 {
    mutating get {
      rejected[TickRejection.stale.rawValue] + rejected[TickRejection.future.rawValue]
    }
  }

  /// Relayed ticks whose instrument's name has not come, and halves of quotes.
  var refusedOfRelay: (unnamed: UInt64, halfQuotes: UInt64) {
    mutating get {
      (rejected[TickRejection.unnamed.rawValue], rejected[TickRejection.halfQuote.rawValue])
    }
  }

  var ringCount: Int { fanOut.ringCount }

  /// One ring's counters, workers' first; `advanced` is how far its consumer is.
  func ringState(_ ring: Int) -> (
    published: UInt64, advanced: UInt64, capacity: Int, counts: OutletCounts
  ) {
    let progress = fanOut.progress(ofRing: ring)
    return (progress.published, progress.advanced, progress.capacity, fanOut.counts(ofRing: ring))
  }

  /// Whether the consumer of a ring has taken all that was published.
  func isDrained(_ ring: Int) -> Bool {
    let progress = fanOut.progress(ofRing: ring)
    return progress.advanced == progress.published
  }
}
