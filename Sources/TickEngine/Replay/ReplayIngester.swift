import TickMetrics
import TickRing
import TickWire

/// Plays the captures into the feed: the ingester of a replay.
///
/// Hot path. Thread: its own. The clock is read once a packet at full speed. No allocation or
/// system call, except to wait for a packet's time.
struct ReplayIngester: ~Copyable, Role {
  private var capture: CaptureMerge
  private(set) var feed: IexFeed
  private let pace: ReplayPace
  private let repeats: Int
  private let workers: Int
  private let isTrading: Bool
  private let control: ControlPage
  private let latency: LatencyHistogram
  private let waitPolicy: WaitPolicy

  private var countsAtStop: CaptureCounts?
  private(set) var sessions = 0
  /// When the first packet was taken and the last one was done, CLOCK_MONOTONIC ns.
  private(set) var started_ns: UInt64 = 0
  private(set) var ended_ns: UInt64 = 0
  private(set) var hotAllocations: UInt64?

  init(
    capture: consuming CaptureMerge, feed: consuming IexFeed, options: ReplayOptions,
    isTrading: Bool, control: consuming ControlPage, latency: LatencyHistogram,
    waitPolicy: WaitPolicy
  ) {
    self.capture = capture
    self.feed = feed
    pace = options.pace
    repeats = options.repeats
    workers = options.workers
    self.isTrading = isTrading
    self.control = control
    self.latency = latency
    self.waitPolicy = waitPolicy
  }

  var name: String { "ingester" }
  /// Without the packet that was read and waiting for its time when the run was stopped.
  var captureCounts: CaptureCounts { countsAtStop ?? capture.counts }

  mutating func run() throws {
    // However this ends, the workers must learn that nothing more comes.
    defer { control.write(.ingestDone, 1) }
    let before = AllocationAudit.count()
    started_ns = MonotonicClock.now
    ended_ns = started_ns
    while sessions < repeats, !isStopping {
      if sessions > 0 {
        waitForQuiet()
        // Not quiet then: what is still on its way is of the session before.
        if isStopping { break }
        feed.beginSession()
        capture.rewind()
        control.write(.session, UInt64(sessions))
      }
      sessions += 1
      switch pace {
      case .max: try playAtOnce()
      case .times(let factor): try play(factor)
      }
    }
    if let before, let after = AllocationAudit.count() { hotAllocations = after - before }
  }

  private var isStopping: Bool {
    control.read(.stopIngest) != 0 || control.read(.failed) != 0
  }

  /// As fast as it goes: a packet's receive time is when the one before it was done.
  private mutating func playAtOnce() throws {
    var datagram = Datagram()
    var now = MonotonicClock.now
    while !isStopping, capture.next(&datagram) {
      try take(datagram, received_ns: now)
      let done = MonotonicClock.now
      latency.recordDifference(from: now, to: done)
      feed.publisher.beatIfDue(done)
      now = done
      ended_ns = done
    }
  }

  /// By the capture's clock: a packet's receive time is when it was due, so that being late counts
  /// against the latencies after it.
  private mutating func play(_ factor: Double) throws {
    var datagram = Datagram()
    var played = capture.counts
    guard capture.next(&datagram) else { return }
    let origin = datagram.captureTime
    let start = MonotonicClock.now
    repeat {
      let elapsed = datagram.captureTime > origin ? datagram.captureTime - origin : 0
      let due = ReplayIngester.due(start, after: elapsed, factor)
      guard waitUntil(due) else {
        countsAtStop = played
        return
      }
      try take(datagram, received_ns: due)
      ended_ns = MonotonicClock.now
      latency.recordDifference(from: due, to: ended_ns)
      played = capture.counts
    } while capture.next(&datagram)
  }

  /// Saturates: capture times are anybody's, and a slow pace stretches them.
  static func due(_ start: UInt64, after elapsed: UInt64, _ factor: Double) -> UInt64 {
    let wait = Double(elapsed) / factor
    guard wait < Double(UInt64.max / 2) else { return .max }
    let (due, overflow) = start.addingReportingOverflow(UInt64(wait))
    return overflow ? .max : due
  }

  /// False if the run is to stop first; a long wait looks up now and then.
  private mutating func waitUntil(_ due: UInt64) -> Bool {
    let step_ns: UInt64 = 20_000_000
    while true {
      if isStopping { return false }
      let now = MonotonicClock.now
      feed.publisher.beatIfDue(now)
      guard due > now + step_ns else { break }
      MonotonicClock.wait(until: now + step_ns)
    }
    MonotonicClock.wait(until: due)
    return true
  }

  @inline(__always)
  private mutating func take(_ datagram: Datagram, received_ns: UInt64) throws {
    let isTaken = feed.ingest(
      datagram.payload, clock: datagram.captureTime, received_ns: received_ns)
    if feed.counts.packets & 1023 == 0 { control.write(.packetsIngested, feed.counts.packets) }
    if !isTaken { throw ReplayError.restartRefused(packet: feed.counts.packets) }
  }

  /// Until every tick has been acted upon and every request decided: then a new session may begin.
  private mutating func waitForQuiet() {
    var backoff = Backoff(waitPolicy)
    while !isStopping, !isQuiet {
      backoff.wait()
      feed.publisher.beatIfDue(MonotonicClock.now)
    }
  }

  private var isQuiet: Bool {
    var requests: UInt64 = 0
    for ring in 0..<feed.publisher.ringCount where !feed.publisher.isDrained(ring) { return false }
    for worker in 0..<workers {
      let processed = control.read(.ticksProcessed, worker: worker)
      guard processed == feed.publisher.ringState(worker).published else { return false }
      requests += control.read(.requests, worker: worker)
    }
    return !isTrading || control.read(.requestsDecided) == requests
  }
}
