import TickRing

/// What an ingester tells whoever watches, now and then, while it runs.
///
/// Some stores to lines that nobody else writes. Thread: the ingester. No allocation.
extension LiveIngester where Decoder: ~Copyable {
  @inline(never)
  mutating func tellMetrics() {
    let counts = feed.counts
    let drops = received.drops
    metrics?.tell(.packets, counts.packets)
    metrics?.tell(.messages, counts.messages)
    metrics?.tell(.gaps, counts.gaps)
    metrics?.tell(.missing, counts.missing)
    metrics?.tell(.duplicates, counts.duplicates)
    metrics?.tell(.lineStates, control.read(.lineStates))
    metrics?.tell(.kernelDrops, drops)
    let sums = feed.decoder.publisher.sums
    metrics?.tell(.ticks, sums.ticks)
    metrics?.tell(.rejected, sums.rejected)
    metrics?.tell(.ringFull, sums.full)
    metrics?.tell(.ticksLost, sums.lost)
  }

  /// For the operator of this process.
  @inline(never)
  mutating func tellNews() {
    let counts = feed.counts
    let received = received
    control.write(.gaps, counts.gaps)
    control.write(.missing, counts.missing)
    control.write(.restarts, counts.restarts)
    control.write(.sessionChanges, counts.sessionChanges)
    control.write(.serverChanges, feed.serverChanges)
    control.write(.bad, counts.malformed + counts.foreign + received.bad)
    control.write(.tooLong, received.tooLong)
    control.write(.kernelDrops, received.drops)
    control.write(.refusedForAge, feed.decoder.publisher.refusedForAge)
    let refused = feed.decoder.publisher.refusedOfRelay
    control.write(.unnamed, refused.unnamed)
    control.write(.halfQuotes, refused.halfQuotes)
    // The step before its count, so that who sees the one has the other.
    control.write(.clockStep_ns, UInt64(bitPattern: clockWatch.lastStep_ns))
    control.write(.clockSteps, clockWatch.steps)
  }

  /// Of all lines: datagrams that found no room, and that were dropped as they came; those that
  /// were too long of the request server, too.
  private var received: (drops: UInt64, tooLong: UInt64, bad: UInt64) {
    mutating get {
      var sums = (drops: UInt64(0), tooLong: answersTooLong, bad: UInt64(0))
      for line in 0..<lines.count {
        let counts = lines[line].counts
        sums.drops += counts.droppedByKernel
        sums.tooLong += counts.tooLong
        sums.bad += counts.empty + counts.wrongSource
      }
      return sums
    }
  }
}
