import CLinux
import TickMetrics
import TickWire

/// Plays a source on the lines: each packet at its time, whatever became of those before it.
///
/// Hot path. Thread: its own, which sleeps until shortly before a time, then spins. Each packet is
/// stamped once, and then is the same bytes wherever and however often it is sent. What is due is
/// gathered and sent in batches, line by line. No allocation or lock after the start; the clock is
/// read once a wait, once a batch, and once a packet without a time of its own.
///
/// The order on each line follows from the plan's times and the seed, not from the clock.
struct Publication<Source: PacketSource & ~Copyable>: ~Copyable, Role {
  private(set) var source: Source
  /// A, and B if there is one.
  let lines: Slab<PublishLine>
  private let pace: PublishPace
  private let keepsTimes: Bool
  private let stop: StopFlag
  private let buffer: Slab<UInt8>
  /// For heartbeats, while `buffer` holds the next packet.
  private let spare: Slab<UInt8>

  private var plan = PlanLosses()
  private(set) var started_ns: UInt64 = 0
  /// When the last packet of the source was sent; heartbeats come after it.
  private(set) var ended_ns: UInt64 = 0
  /// When the last packet of the plan was due.
  private(set) var intendedEnd_ns: UInt64 = 0
  private(set) var isStopped = false
  private var utcOffset_ns: UInt64 = 0
  private var now_ns: UInt64 = 0
  private var lastSent_ns: UInt64 = 0
  private var sinceFlush = 0

  init(
    _ source: consuming Source, lines: consuming Slab<PublishLine>, _ options: PublishOptions,
    stop: StopFlag
  ) {
    self.source = source
    self.lines = lines
    pace = options.pace
    keepsTimes = options.keepsTimes
    self.stop = stop
    buffer = Slab(count: LineSender.packetBytesMax, repeating: 0)
    spare = Slab(count: LineSender.packetBytesMax, repeating: 0)
  }

  var name: String { "publisher" }
  var losses: LossCounts { plan.counts }

  mutating func run() {
    utcOffset_ns = clinux_realtime_ns() &- MonotonicClock.now
    started_ns = MonotonicClock.now
    now_ns = started_ns
    lastSent_ns = started_ns
    ended_ns = started_ns
    intendedEnd_ns = started_ns
    var time_ns: UInt64 = 0
    play(&time_ns)
    flush()
    ended_ns = MonotonicClock.now
    close(after: time_ns)
  }

  /// Until the source is at its end, or the run is stopped.
  private mutating func play(_ time_ns: inout UInt64) {
    // Safe: the slab lives as long as this.
    let room = unsafe buffer.mutableBytes
    var next = source.next(into: room)
    while true {
      let held_ns = heldTime_ns
      let packet_ns = next?.time_ns ?? .max
      time_ns = min(held_ns, packet_ns) == .max ? time_ns : min(held_ns, packet_ns)
      guard next != nil || held_ns < .max else { return }
      guard let due_ns = waitUntilDue(time_ns) else { return }
      if held_ns <= packet_ns {
        release(until: held_ns, due_ns: due_ns)
      } else if let packet = next {
        intendedEnd_ns = due_ns
        send(packet, room.slice(at: 0, count: packet.byteCount), due_ns)
        next = source.next(into: room)
      }
    }
  }

  private mutating func send(_ packet: SourcePacket, _ bytes: MutableBytes, _ due_ns: UInt64) {
    if !keepsTimes {
      let sent_ns = due_ns == 0 ? MonotonicClock.now : due_ns
      source.stamp(bytes, packet, utc_ns: sent_ns &+ utcOffset_ns)
    }
    source.commit(bytes.bytes)
    offer(bytes.bytes, packet.messages, packet.time_ns, due_ns)
    sinceFlush += 1
    // Who never waits must still look for requests.
    if sinceFlush >= LineSender.batch { flush() }
  }

  private mutating func offer(
    _ packet: Bytes, _ messages: Int, _ time_ns: UInt64, _ due_ns: UInt64
  ) {
    plan.offer(packet, messages: messages, at: time_ns, due_ns: due_ns, to: lines)
  }

  /// When the next packet that a line holds back goes out; `.max` if none is held.
  private var heldTime_ns: UInt64 {
    min(lines[0].nextTime_ns, lines.count > 1 ? lines[1].nextTime_ns : .max)
  }

  private mutating func release(until time_ns: UInt64, due_ns: UInt64) {
    for line in 0..<lines.count { lines[line].release(until: time_ns, due_ns: due_ns) }
  }

  private mutating func flush() {
    for line in 0..<lines.count { lines[line].flush() }
    lastSent_ns = max(lastSent_ns, now_ns)
    sinceFlush = 0
    // An answer never overtakes what it repeats.
    if source.servesRequests { _ = source.serve() }
  }
}

// Time.
extension Publication where Source: ~Copyable {
  /// Waits until a time of the plan has come, and returns its deadline on CLOCK_MONOTONIC, 0 if it
  /// has none; nil if the run is to stop first. What is due already is not waited for.
  private mutating func waitUntilDue(_ time_ns: UInt64) -> UInt64? {
    guard let due_ns = deadline(time_ns) else {
      // At full speed a look at each packet: a load that nobody else writes to.
      return stop.isRequested ? stopped() : 0
    }
    if due_ns <= now_ns { return due_ns }
    now_ns = MonotonicClock.now
    if due_ns <= now_ns && !stop.isRequested { return due_ns }
    flush()
    return waitQuietly(until: due_ns) ? due_ns : stopped()
  }

  private mutating func stopped() -> UInt64? {
    isStopped = true
    return nil
  }

  private func deadline(_ time_ns: UInt64) -> UInt64? {
    switch pace {
    case .max: nil
    case .times(let factor): ReplayIngester.due(started_ns, after: time_ns, factor)
    case .messagesPerSecond: started_ns &+ time_ns
    }
  }

  /// Sends heartbeats where the wait is long; false if the run is to stop first.
  private mutating func waitQuietly(until due_ns: UInt64) -> Bool {
    // A request is waited for by the millisecond.
    let step_ns: UInt64 = source.servesRequests ? 2_000_000 : 20_000_000
    while true {
      if stop.isRequested { return false }
      now_ns = MonotonicClock.now
      if now_ns >= lastSent_ns &+ PublishTimes.heartbeat_ns {
        fillSilence()
        lastSent_ns = now_ns
      }
      guard due_ns > now_ns &+ step_ns else { break }
      if source.servesRequests {
        source.waitForRequest()
        _ = source.serve()
      } else {
        MonotonicClock.wait(until: now_ns &+ step_ns)
      }
    }
    MonotonicClock.wait(until: due_ns)
    now_ns = MonotonicClock.now
    return true
  }
}

// Heartbeats.
extension Publication where Source: ~Copyable {
  private mutating func fillSilence() {
    for stream in 0..<source.streamCount {
      let packet = heartbeat(stream, isEnd: false)
      for line in 0..<lines.count { lines[line].sendHeartbeat(packet) }
    }
    flush()
  }

  /// Several, a while apart, so that a tail that was lost shows on any line. They meet the line's
  /// faults as any packet does.
  private mutating func close(after time_ns: UInt64) {
    var time_ns = time_ns
    var closings = 0
    var lastRequest_ns = ended_ns
    while closings < PublishTimes.closings || mayBeAsked(since: lastRequest_ns) {
      if waitForRequests(until: MonotonicClock.now &+ PublishTimes.closing_ns) {
        lastRequest_ns = MonotonicClock.now
      }
      closings += 1
      time_ns &+= PublishTimes.closing_ns
      now_ns = MonotonicClock.now
      release(until: time_ns, due_ns: 0)
      for stream in 0..<source.streamCount {
        offer(heartbeat(stream, isEnd: true), 0, time_ns, 0)
      }
      flush()
    }
    release(until: .max - 1, due_ns: 0)
    flush()
    plan.finish(lines)
  }

  private func mayBeAsked(since lastRequest_ns: UInt64) -> Bool {
    guard source.servesRequests, !stop.isRequested else { return false }
    let now_ns = MonotonicClock.now
    return now_ns < lastRequest_ns &+ PublishTimes.quiet_ns
      && now_ns < ended_ns &+ PublishTimes.requests_ns
  }

  /// Whether any request came.
  private mutating func waitForRequests(until deadline_ns: UInt64) -> Bool {
    guard source.servesRequests else {
      MonotonicClock.wait(until: deadline_ns)
      return false
    }
    var requests = 0
    while MonotonicClock.now < deadline_ns {
      source.waitForRequest()
      requests += source.serve()
    }
    return requests > 0
  }

  private mutating func heartbeat(_ stream: Int, isEnd: Bool) -> Bytes {
    // Safe: the slab lives as long as this.
    let room = unsafe spare.mutableBytes
    let count = source.heartbeat(
      ofStream: stream, into: room, utc_ns: MonotonicClock.now &+ utcOffset_ns, isEnd: isEnd)
    return room.slice(at: 0, count: count).bytes
  }
}
