import CLinux
import TickMetrics
import TickRing
import TickWire

/// Listens to the lines of a feed: the ingester of a live run.
///
/// Hot path. Thread: its own. Cost: a system call a batch, two looks at the clocks a batch and one
/// for each four packets, or one look where nothing came. No allocation or lock; no other system
/// call, except to ask for what is missing, and to wait where roles share cores. Failure: what the
/// network does is counted; a socket that can never receive again ends the run.
struct LiveIngester<Decoder: PublishingDecoder & ~Copyable>: ~Copyable, Role {
  /// How often the lines' health is looked at; MD1 wants each second at least.
  private static var healthEach_ns: UInt64 { 100_000_000 }
  /// How often an idle line's drops are read and its membership is looked at.
  private static var upkeepEach_ns: UInt64 { 1_000_000_000 }
  /// Turns after the end was asked for: more than the sockets hold, and an end where packets never
  /// do.
  private static var lastTurnsMax: Int { 4_096 }
  /// How long a wait for packets lasts where cores are shared: half of the shortest promise.
  private static var wait_ns: UInt64 { 1_000_000 }

  /// Packets that one look at the clock is for, when the last of them is out: it takes as long as
  /// two or three messages, since the core finishes first what it has begun.
  private static var packetsPerLook: Int { 4 }
  /// From here on a sending time is taken for one of another day.
  private static var lineLatency_ns_max: UInt64 { 60_000_000_000 }

  var feed: ArbitratedFeed<Decoder>
  let lines: Slab<UdpLine>
  /// One or none.
  private let recovery: Slab<RecoveryClient>
  private var health: LineHealth
  let control: ControlPage
  private(set) var clockWatch = ClockWatch()
  private let latency: LiveLatency
  private let waitPolicy: WaitPolicy
  /// Whether a predecessor has published to a ring.
  private let isContinued: Bool
  private var liveLines: UInt64 = 0
  private var nextHealth_ns: UInt64 = 0
  private var nextUpkeep_ns: UInt64 = 0
  private var idleTurns = 0
  /// Of the packets since the last look at the clock: see `ArbitratedFeed.takeSendTime`.
  private let sendTimes: Slab<UInt64>
  /// The last look at the clock, CLOCK_MONOTONIC.
  private var looked_ns: UInt64 = 0
  /// Times that a line's group had to be joined again.
  private(set) var rejoins: UInt64 = 0
  private(set) var started_ns: UInt64 = 0
  private(set) var ended_ns: UInt64 = 0
  private(set) var hotAllocations: UInt64?
  /// Whether its end is that of the feed; not where a successor may go on.
  var endsFeed = true
  var metrics: RoleMetrics?

  /// - Throws: what keeps the request server from being asked.
  init(
    _ decoder: consuming Decoder, lines: consuming Slab<UdpLine>, options: IngestOptions,
    control: consuming ControlPage, latency: LiveLatency, waitPolicy: WaitPolicy,
    memory: FeedMemory? = nil
  ) throws(ReceiveError) {
    let recovery = try Slab<RecoveryClient>(
      count: options.requests == nil ? 0 : 1
    ) { _ throws(ReceiveError) in try RecoveryClient(options.requests!, options.receive) }
    isContinued = decoder.publisher.isContinued
    health = LineHealth(
      lines: lines.count, hours: options.hours, started_ns: MonotonicClock.now,
      isContinued: isContinued)
    feed = ArbitratedFeed(
      decoder, limits: options.arbiterLimits, restarts: options.restarts, lines: lines.count,
      streams: memory?.sequences())
    sendTimes = Slab(count: Self.packetsPerLook, repeating: 0)
    self.lines = lines
    self.recovery = recovery
    self.control = control
    self.latency = latency
    self.waitPolicy = waitPolicy
  }

  var name: String { "ingester" }
  var lineCount: Int { lines.count }
  func address(ofLine line: Int) -> LineAddress { lines[line].address }
  /// The port that a line has, also where the kernel chose it.
  func port(ofLine line: Int) -> UInt16 { lines[line].port }
  var feedState: FeedState { health.feed }
  var answersTooLong: UInt64 { recovery.count > 0 ? recovery[0].counts.tooLong : 0 }
  var requestsUnsent: UInt64 { recovery.count > 0 ? recovery[0].unsent : 0 }

  func state(ofLine line: Int) -> LineState {
    health.state(line, now: ended_ns, clock: clinux_realtime_ns())
  }

  func receiveCounts(ofLine line: Int) -> ReceiveCounts { lines[line].counts }

  mutating func run() throws {
    // However this ends, the workers must learn that nothing more comes.
    defer { if endsFeed { control.write(.ingestDone, 1) } }
    let before = AllocationAudit.count()
    begin()
    defer { tellEnd() }
    while !isStopping { _ = try turn() }
    // What came before the end was asked for is taken, as far as it lies in the sockets.
    var turns = 0
    while turns < Self.lastTurnsMax, !isFailing, try receiveAll() > 0 { turns += 1 }
    ended_ns = MonotonicClock.now
    if let before, let after = AllocationAudit.count() { hotAllocations = after - before }
    feed.finish()
    feed.decoder.end()
  }

  /// For the report, also of a run that failed.
  private mutating func tellEnd() {
    if ended_ns == 0 { ended_ns = MonotonicClock.now }
    for line in 0..<lines.count { lines[line].readDrops() }
    tellMetrics()
  }

  /// To be called before the first turn.
  mutating func begin() {
    started_ns = MonotonicClock.now
    let clock = clinux_realtime_ns()
    // Nobody knows what it missed, where a predecessor left rings and nothing else.
    if isContinued, feed.streamCount == 0 {
      feed.decoder.publisher.feedStatus(.gap, time: clock)
    }
    feed.takeOver(ArrivalTimes(clock: clock, received_ns: started_ns, now: started_ns))
    checkHealth(started_ns)
  }

  /// Takes what is there of each line, at most a batch, and does what is due by now.
  /// - Returns: datagrams taken.
  @inline(__always)
  mutating func turn() throws -> Int {
    let taken = try receiveAll()
    passTime(isIdle: taken == 0)
    return taken
  }

  private var isFailing: Bool { control.read(.failed) != 0 }
  private var isStopping: Bool { control.read(.stopIngest) != 0 || isFailing }

  // MARK: Packets

  @inline(__always)
  private mutating func receiveAll() throws -> Int {
    var taken = 0
    for line in 0..<lines.count { taken += try receive(line) }
    return taken + (try receiveAnswers())
  }

  @inline(__always)
  private mutating func receive(_ line: Int) throws -> Int {
    let count = try lines[line].receive()
    guard count > 0 else { return 0 }
    var now = MonotonicClock.now
    var clock = clinux_realtime_ns()
    // Before anything is judged by a clock that was set.
    if clockWatch.isOff(clock, now) { (clock, now) = (lookAtClock(), MonotonicClock.now) }
    let times = ArrivalTimes(clock: clock, received_ns: now, now: now)
    looked_ns = now
    var isWhole = feed.survey(lines[line].datagram(0).payload)
    for index in 0..<count {
      let datagram = lines[line].datagram(index)
      let isLast = index + 1 == count
      let isNextWhole = !isLast && feed.survey(lines[line].datagram(index + 1).payload)
      let heard = feed.lines[line].packets
      if isWhole, liveLines >> UInt64(line) & 1 == 0 { wake(line, datagram.payload, looked_ns) }
      if datagram.kernelTime_ns != 0 {
        latency.socket.recordDifference(from: datagram.kernelTime_ns, to: clock)
      }
      guard feed.ingest(datagram.payload, isWhole: isWhole, line: line, times: times) else {
        throw IngestError.restartRefused
      }
      // Heartbeats count as life, what is malformed or foreign does not.
      if feed.lines[line].packets != heard { health.note(line, looked_ns) }
      let place = index % Self.packetsPerLook
      sendTimes[place] = feed.takeSendTime()
      if isLast || place + 1 == Self.packetsPerLook { noteOut(place + 1, times) }
      isWhole = isNextWhole
    }
    return count
  }

  /// The ticks of the last `packets` packets are committed.
  @inline(__always)
  private mutating func noteOut(_ packets: Int, _ times: ArrivalTimes) {
    looked_ns = MonotonicClock.now
    latency.ingest.recordDifference(
      from: times.received_ns, to: looked_ns, count: UInt64(packets))
    let clock = times.clock + (looked_ns - times.received_ns)
    for place in 0..<packets {
      let sent = sendTimes[place]
      // A capture that keeps its times is no clock to measure by.
      guard sent != 0, clock < sent &+ Self.lineLatency_ns_max else { continue }
      latency.line.recordDifference(from: sent, to: clock)
    }
  }

  /// A line that was not live brings a packet of the feed: the strategies learn of it before the
  /// packet's ticks.
  @inline(never)
  private mutating func wake(_ line: Int, _ datagram: Bytes, _ now: UInt64) {
    guard case .packet = Decoder.frame(datagram) else { return }
    health.note(line, now)
    checkHealth(now)
    // Outside the session's hours, too: not again for each packet until health is looked at next.
    liveLines |= 1 << UInt64(line)
  }

  private mutating func receiveAnswers() throws -> Int {
    guard recovery.count > 0 else { return 0 }
    let count = try recovery[0].receive()
    guard count > 0 else { return 0 }
    let now = MonotonicClock.now
    looked_ns = now
    let times = ArrivalTimes(clock: clinux_realtime_ns(), received_ns: now, now: now)
    for index in 0..<count {
      _ = feed.ingest(recovery[0].datagram(index).payload, line: nil, times: times)
    }
    return count
  }

  // MARK: Time

  private mutating func passTime(isIdle: Bool) {
    // What came was looked at a moment ago.
    let now = isIdle ? MonotonicClock.now : looked_ns
    feed.advance(to: now)
    feed.decoder.beatIfDue(now)
    if metrics?.isDue(now) == true { tellMetrics() }
    while recovery.count > 0, let range = feed.dueRequest(now: now) {
      recovery[0].ask(for: range)
    }
    if now >= nextHealth_ns { checkHealth(now) }
    guard isIdle else {
      idleTurns = 0
      return
    }
    feed.decoder.idle()
    if now >= nextUpkeep_ns { keepUp(now) }
    wait()
  }

  private mutating func wait() {
    idleTurns += 1
    guard waitPolicy == .share, idleTurns > 64 else { return clinux_pause() }
    let second = lines.count > 1 ? lines[1].descriptor : -1
    let answers = recovery.count > 0 ? recovery[0].descriptor : -1
    _ = waitForData(
      on: lines[0].descriptor, second, answers, timeout_ns: LiveIngester.wait_ns)
  }

  private mutating func checkHealth(_ now: UInt64) {
    nextHealth_ns = now + LiveIngester.healthEach_ns
    let clock = lookAtClock()
    health.isEnded = feed.isEnded
    liveLines = health.liveLines(now: now, clock: clock)
    feed.setLive(health.hopefulLines(now: now, clock: clock))
    if let state = health.check(now: now, clock: clock), health.isNews(state) {
      feed.decoder.feedChanged(to: state, time: clock)
    }
    var states = health.feed.code
    for line in 0..<lines.count {
      states |= health.state(line, now: now, clock: clock).code << UInt64(8 + 8 * line)
    }
    control.write(.lineStates, states)
    control.write(.packetsIngested, feed.counts.packets)
    tellNews()
  }

  /// CLOCK_REALTIME, ns. If it was set, the strategies learn that nobody knows the prices' age.
  @inline(never)
  private mutating func lookAtClock() -> UInt64 {
    let before = MonotonicClock.now
    let clock = clinux_realtime_ns()
    let after = MonotonicClock.now
    if clockWatch.look(clock, before: before, after: after) {
      feed.decoder.publisher.doubtClock(after)
    }
    return clock
  }

  /// While nothing comes: drops that no later packet would tell of, and, where a line is silent, a
  /// membership that went with its interface. That one allocates: there is nothing to be late for.
  private mutating func keepUp(_ now: UInt64) {
    nextUpkeep_ns = now + LiveIngester.upkeepEach_ns
    for line in 0..<lines.count {
      lines[line].readDrops()
      guard health.isSilent(line, now: now) else { continue }
      // An interface that is away is tried again next time.
      if let joined = try? lines[line].rejoin(), joined { rejoins += 1 }
    }
  }
}

/// The histograms that a live ingester writes. A packet's ticks count as committed when those of
/// four packets are, or of all that came at once.
struct LiveLatency {
  /// Packet received → its ticks committed.
  let ingest: LatencyHistogram
  /// Kernel's receive stamp → packet received, by CLOCK_REALTIME.
  let socket: LatencyHistogram
  /// Venue's sending time → its ticks committed, by CLOCK_REALTIME.
  let line: LatencyHistogram
}
