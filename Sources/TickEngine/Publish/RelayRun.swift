import CLinux
import TickMetrics
import TickRing
import TickWire

/// A relay as a whole process: it attaches a ring as its one consumer, and its symbol directory,
/// and republishes both until SIGINT or SIGTERM.
///
/// Threads: the relay's, and the caller's, which watches for signals.
public enum RelayRun {
  /// Relays until SIGINT or SIGTERM, both of which it blocks; a second one ends the answering of
  /// requests that follows the end of session.
  ///
  /// - Throws: what keeps it from starting: `VenueMarketError`, `RingError`, `PublishError`,
  ///   `RequestServerError`, `MemoryShortage`.
  /// - Parameter note: a line for the operator, once receivers may join and ask.
  public static func run(
    _ options: RelayOptions, note: (String) -> Void = { _ in }
  ) throws -> RelayReport {
    try check(options)
    try MemoryShortage.check(
      RetainedMessages.byteCount(
        messagesMax: options.retainedMessages,
        bytesMax: RelayStream.retainedBytes(options.retainedMessages)) + fixedBytes,
      options: "--retain")
    clinux_block_stop_signals()
    // Of no use without a schedule, but a line wants it; it outlives the lines.
    let lateness = HistogramStorage()
    let session = MoldUdp64Session.startingNow()
    let (stop, leave, done) = (StopFlag(), StopFlag(), StopFlag())
    let relay = Relay(
      try attachTicks(options), try makeStream(options, session),
      RelayOutput(try makeLines(options, unsafe lateness[0])),
      requests: try makeRequests(options), linger_ms: options.linger_ms, stop: stop, leave: leave,
      done: done)
    let thread = RoleThread(relay, core: nil, onFailure: {})
    note(opening(options, session, thread.role))
    try thread.start()
    var watch = RelayedRingWatch(options)
    while !done.isRequested {
      watch.look(note)
      guard clinux_wait_stop_signal(10) != 0 else { continue }
      if stop.isRequested { leave.request() }
      stop.request()
    }
    thread.join()
    return RelayReport(thread.role, options)
  }

  /// What else there is: the lines' datagrams, and the stack of a thread.
  private static let fixedBytes = 16 << 20

  private static func check(_ options: RelayOptions) throws(PublishError) {
    guard options.lineA != options.lineB else {
      throw .options("--line-b is the same address as --line-a: the lines need one each")
    }
    guard (1...(1 << 30)).contains(options.retainedMessages) else {
      throw .options("--retain \(options.retainedMessages): a number from 1 to 2^30 is needed")
    }
  }

  private static func attachTicks(_ options: RelayOptions) throws -> TickConsumer {
    try VenueMarketError.told { () throws(RingError) in
      try TickConsumer(
        claiming: Region.attach(
          .ticks, directory: options.ringDirectory, name: options.ring))
    }
  }

  private static func makeStream(
    _ options: RelayOptions, _ session: MoldUdp64Session
  ) throws -> RelayStream {
    let names = try VenueMarketError.told { () throws(RingError) in
      DirectoryReader(
        try Region.attach(
          .directory, directory: options.ringDirectory, name: options.directory))
    }
    return RelayStream(
      session, names: names, retainedMessages: options.retainedMessages,
      restartTicks: options.restartTicks)
  }

  private static func makeLines(
    _ options: RelayOptions, _ lateness: LatencyHistogram
  ) throws(PublishError) -> Slab<PublishLine> {
    let addresses = [options.lineA] + (options.lineB.map { [$0] } ?? [])
    return try Slab<PublishLine>(count: addresses.count) { number throws(PublishError) in
      try PublishLine(
        addresses[number], number == 0 ? options.faultsA : options.faultsB, number: number,
        options.lineOptions, lateness: lateness)
    }
  }

  private static func makeRequests(
    _ options: RelayOptions
  ) throws(RequestServerError) -> Slab<RequestServer> {
    guard let address = options.requests else { return Slab(count: 0) { _ in fatalError() } }
    return try Slab<RequestServer>(count: 1) { _ throws(RequestServerError) in
      try RequestServer(address)
    }
  }

  private static func opening(
    _ options: RelayOptions, _ session: MoldUdp64Session, _ relay: borrowing Relay
  ) -> String {
    let lines = [options.lineA] + (options.lineB.map { [$0] } ?? [])
    let note = OpeningNote(
      doing: "relaying \(options.ring)", lines: lines, session: session,
      requests: relay.requests.count > 0 ? relay.requests[0].address : nil)
    return "\(note)"
  }
}

/// Tells the operator when nobody publishes to the ring that is relayed. Thread: the starter's.
struct RelayedRingWatch {
  private static let each_ns: UInt64 = 1_000_000_000

  private let options: RelayOptions
  private let instance: UInt64?
  private var isFed = true
  private var next_ns = MonotonicClock.now

  init(_ options: RelayOptions) {
    self.options = options
    instance = RelayedRingWatch.info(options)?.instance
  }

  private static func info(_ options: RelayOptions) -> RegionInfo? {
    try? RegionInfo(directory: options.ringDirectory, name: options.ring)
  }

  mutating func look(_ note: (String) -> Void) {
    let now = MonotonicClock.now
    guard now >= next_ns else { return }
    next_ns = now + RelayedRingWatch.each_ns
    let info = RelayedRingWatch.info(options)
    let isSame = info.map { $0.instance == instance } ?? false
    let isFedNow = isSame && info.map { $0.producer.isAlive && !$0.producer.isSilent } ?? false
    defer { isFed = isFedNow }
    guard isFedNow != isFed else { return }
    if isFedNow { return note("\(options.ring) is published to again") }
    let advice =
      isSame ? "start whoever does" : "it was removed or made anew, so start this relay again"
    note(
      "nobody publishes to \(options.ring): no heartbeats are sent, so that receivers notice;"
        + " \(advice)")
  }
}
