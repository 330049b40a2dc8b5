import CLinux
import TickRing
import TickWire

/// Republishes a tick ring as MoldUDP64 on one or two lines, in the messages of `RelayMessage`.
///
/// Hot path. Thread: its own, also for requests. It is the ring's one consumer; what it has taken
/// is in a datagram or retained, so the ring's producer never waits for the network's receivers,
/// though it may for the kernel's room. A datagram is sent when it is full, or the ring is found
/// empty, or the turn is over. No allocation or lock after the start.
///
/// Failure: what the kernel refuses is counted by the line; what is lost on the way is asked for.
/// While nobody publishes to the ring, or who does hangs, nothing fills the silence: receivers must
/// not take it for a quiet market.
struct Relay: ~Copyable, Role {
  /// Ticks taken in one turn, between looks at the clock and at requests.
  private static let turnTicks = 512
  /// Requests answered in one turn.
  private static let turnRequests = 4

  private(set) var stream: RelayStream
  private(set) var output: RelayOutput
  /// None or one.
  let requests: Slab<RequestServer>
  private(set) var started_ns: UInt64 = 0
  private(set) var ended_ns: UInt64 = 0
  private var ticks: TickConsumer
  private let stop: StopFlag
  /// Ends the answering after the end.
  private let leave: StopFlag
  private let done: StopFlag
  private let linger_ns: UInt64
  private var nextNames_ns: UInt64 = 0

  init(
    _ ticks: consuming TickConsumer, _ stream: consuming RelayStream,
    _ output: consuming RelayOutput, requests: consuming Slab<RequestServer>, linger_ms: Int,
    stop: StopFlag, leave: StopFlag, done: StopFlag
  ) {
    self.ticks = ticks
    self.stream = stream
    self.output = output
    self.requests = requests
    self.stop = stop
    self.leave = leave
    self.done = done
    linger_ns = UInt64(max(0, linger_ms)) * 1_000_000
  }

  var name: String { "relay" }

  mutating func run() {
    started_ns = MonotonicClock.now
    output.start(started_ns)
    var backoff = Backoff(.share)
    while !stop.isRequested {
      if turn() { backoff.reset() } else { backoff.wait() }
    }
    drain()
    ended_ns = MonotonicClock.now
    end()
  }

  /// One round: ticks, what is due, requests. Returns whether there was anything.
  private mutating func turn() -> Bool {
    let now_ns = MonotonicClock.now
    output.tell(now_ns)
    let taken = take(Relay.turnTicks)
    let isDue = now_ns >= nextNames_ns
    if isDue { nextNames_ns = now_ns &+ PublishTimes.names_ns }
    let isFed = isDue && ticks.hasProducer(monotonic_ns: now_ns)
    if isFed { stream.repeatNames(into: &output) }
    stream.flush(into: &output)
    output.flush()
    if isFed, output.isSilent { output.fillSilence(stream.heartbeat(isEnd: false)) }
    let asked = answer()
    return taken + asked > 0
  }

  private mutating func take(_ limit: Int) -> Int {
    var count = ticks.peek(limit)
    // A datagram ends behind them, and must not part a bid from its ask.
    if count == limit, ticks.peeked(count - 1).series.kind == .bid { count -= 1 }
    for index in 0..<count { stream.add(ticks.peeked(index), into: &output) }
    ticks.advance(count)
    return count
  }

  /// Nothing is gathered then: an answer repeats what was sent.
  private mutating func answer() -> Int {
    guard requests.count > 0 else { return 0 }
    return requests[0].poll(stream.retained, atMost: Relay.turnRequests)
  }

  /// What the ring has at the end, but no more than it holds: its producer may live on.
  private mutating func drain() {
    var left = ticks.capacity
    while left > 0 {
      let taken = take(min(left, Relay.turnTicks))
      if taken == 0 { break }
      left -= taken
    }
    stream.flush(into: &output)
    output.flush()
  }

  /// Ends of session, several, a while apart, so that a tail that was lost shows on any line; they
  /// meet the line's faults as any datagram does. Requests are answered throughout, and after it
  /// until nobody has asked for a while; ends of session go on as long.
  private mutating func end() {
    let closings_ns = UInt64(PublishTimes.closings) * PublishTimes.closing_ns
    let last_ns = ended_ns &+ max(closings_ns, linger_ns, PublishTimes.requests_ns)
    var until_ns = ended_ns &+ max(closings_ns, requests.count > 0 ? linger_ns : 0)
    var sent = 0
    while true {
      let now_ns = MonotonicClock.now
      output.tell(now_ns)
      if now_ns >= until_ns || leave.isRequested { break }
      if now_ns >= ended_ns &+ UInt64(sent) * PublishTimes.closing_ns {
        output.send(stream.heartbeat(isEnd: true))
        sent += 1
      }
      output.flush()
      if answer() > 0 {
        until_ns = min(last_ns, max(until_ns, now_ns &+ linger_ns))
      } else {
        clinux_sleep_until(now_ns + 100_000)
      }
    }
    output.finish()
    done.request()
  }
}

/// The lines of a relay, with their faults. Without a schedule, a datagram is due when it is sent.
struct RelayOutput: ~Copyable, DatagramSink {
  let lines: Slab<PublishLine>
  private var plan = PlanLosses()
  private(set) var heartbeats: UInt64 = 0
  private var started_ns: UInt64 = 0
  private var now_ns: UInt64 = 0
  private var lastSent_ns: UInt64 = 0

  init(_ lines: consuming Slab<PublishLine>) { self.lines = lines }

  var losses: LossCounts { plan.counts }

  mutating func start(_ now_ns: UInt64) {
    started_ns = now_ns
    self.now_ns = now_ns
    lastSent_ns = now_ns
  }

  /// Tells the time, CLOCK_MONOTONIC ns; what is held back until then goes out.
  mutating func tell(_ now_ns: UInt64) {
    self.now_ns = now_ns
    for line in 0..<lines.count where lines[line].nextTime_ns <= now_ns &- started_ns {
      lines[line].release(until: now_ns &- started_ns, due_ns: 0)
    }
  }

  var isSilent: Bool { now_ns >= lastSent_ns &+ PublishTimes.heartbeat_ns }

  mutating func send(_ datagram: Bytes) {
    let time_ns = now_ns &- started_ns
    plan.offer(
      datagram, messages: MoldUdp64Header(datagram)?.messageCount ?? 0, at: time_ns, due_ns: 0,
      to: lines)
    lastSent_ns = now_ns
  }

  mutating func fillSilence(_ heartbeat: Bytes) {
    for line in 0..<lines.count { lines[line].sendHeartbeat(heartbeat) }
    heartbeats += 1
    lastSent_ns = now_ns
    flush()
  }

  mutating func flush() {
    for line in 0..<lines.count { lines[line].flush() }
  }

  /// Sends what is held back, and all else.
  mutating func finish() {
    for line in 0..<lines.count { lines[line].release(until: .max - 1, due_ns: 0) }
    flush()
    plan.finish(lines)
  }
}
