import CLinux
import Glibc
import TickMetrics
import TickWire

/// What a publication comes to.
public struct PublishOutcome {
  public var report: PublishReport
  /// SIGINT or SIGTERM, if that ended it.
  public var signal: Int32?
}

/// Plays captures as multicast, the way a venue would.
public enum Publisher {
  /// Publishes to the end, or until SIGINT or SIGTERM, both of which it blocks.
  ///
  /// - Throws: what keeps it from starting: `CaptureError`, `PublishError`.
  /// - Parameter note: a line for the operator, before the first packet.
  public static func run(
    _ options: PublishOptions, note: (String) -> Void = { _ in }
  ) throws -> PublishOutcome {
    try check(options)
    let captures = try PublishCaptures(options.captures)
    let framing = options.framing ?? (captures.isItch ? .mold : .iex)
    switch (framing, captures.isItch) {
    case (.iex, true):
      throw PublishError.options("--as iex: raw ITCH files are published as MoldUDP64")
    case (.iex, false):
      guard options.requests == nil else {
        throw PublishError.options(
          "--requests: IEX-TP has no re-requests here; --as mold carries its messages in"
            + " MoldUDP64, which has")
      }
      return try run(iex(captures, options), framing, options, note)
    case (.mold, true):
      let midnight =
        options.keepsTimes ? 0 : NewYorkTime.midnight_ns(before: clinux_realtime_ns())
      let messages = ItchFeedMessages(captures.itch, midnight_ns: midnight)
      return try run(mold(messages, captures, options), framing, options, note)
    case (.mold, false):
      let messages = IexFeedMessages(captures.merged())
      return try run(mold(messages, captures, options), framing, options, note)
    }
  }

  private static func iex(
    _ captures: PublishCaptures, _ options: PublishOptions
  ) -> IexPackets {
    let restart = options.restarts ? captures.count().packets / 2 : nil
    return IexPackets(
      captures.merged(), schedule: schedule(options), restartPacket: restart,
      messagesPerPacket: options.messagesPerPacket)
  }

  private static func mold<Messages: FeedMessages & ~Copyable>(
    _ messages: consuming Messages, _ captures: PublishCaptures, _ options: PublishOptions
  ) throws -> MoldPackets<Messages> {
    let session = try session(options)
    // Only what needs to know reads everything before the start.
    let isCounted = options.restarts || options.requests != nil
    let size = isCounted ? captures.count() : PublishSize()
    let schedule = schedule(options)
    let perPacket = options.messagesPerPacket ?? (schedule == nil ? nil : 20)
    let requests = try requests(options.requests, session, size)
    return MoldPackets(
      messages, session: session, schedule: schedule,
      restartMessage: options.restarts ? size.messages / 2 : nil, messagesPerPacket: perPacket,
      requests: requests)
  }

  /// A packet of MoldUDP64 has no sending time that could tell a second publication from copies of
  /// the first: its session does.
  private static func session(
    _ options: PublishOptions
  ) throws(PublishError) -> MoldUdp64Session {
    guard let name = options.session else { return .startingNow() }
    guard let session = MoldUdp64Session(name) else {
      throw .options("--session \(name): 1 to 10 printable characters without spaces are needed")
    }
    return session
  }

  private static func requests(
    _ address: UdpEndpoint?, _ session: MoldUdp64Session, _ size: PublishSize
  ) throws -> Slab<MoldRequests> {
    let messages = Int(min(max(size.messages, 1), retainedMessagesMax))
    let bytes = max(Int(min(size.bytes, retainedBytesMax)), MoldUdp64Writer.datagramBytesMax)
    if address != nil {
      try MemoryShortage.check(
        RetainedMessages.byteCount(messagesMax: messages, bytesMax: bytes),
        options: "capture, publish it in parts, or without --requests")
    }
    return try Slab(count: address == nil ? 0 : 1) { _ throws(RequestServerError) in
      MoldRequests(
        store: RetainedMessages(session: session, messagesMax: messages, bytesMax: bytes),
        server: try RequestServer(address ?? UdpEndpoint()))
    }
  }

  /// What is kept for re-requests at most; of more, the oldest are forgotten.
  private static let retainedMessagesMax: UInt64 = 1 << 24
  private static let retainedBytesMax: UInt64 = 1 << 30

  private static func check(_ options: PublishOptions) throws(PublishError) {
    guard !options.captures.isEmpty else { throw .options("no capture is given") }
    guard options.lineA != options.lineB else {
      throw .options("--line-b is the same address as --line-a: the lines need one each")
    }
    if options.bursts != nil, schedule(options) == nil {
      throw .options("--bursts needs a --pace in messages per second, such as 300000/s")
    }
  }

  private static func schedule(_ options: PublishOptions) -> RateSchedule? {
    guard case .messagesPerSecond(let rate) = options.pace else { return nil }
    return RateSchedule(messagesPerSecond: rate, bursts: options.bursts)
  }

  private static func run<Source: PacketSource & ~Copyable>(
    _ source: consuming Source, _ framing: PublishFraming, _ options: PublishOptions,
    _ note: (String) -> Void
  ) throws -> PublishOutcome {
    let lateness = HistogramStorage()
    let addresses = [options.lineA] + (options.lineB.map { [$0] } ?? [])
    let lines = try Slab<PublishLine>(count: addresses.count) { number throws(PublishError) in
      try PublishLine(
        addresses[number], number == 0 ? options.faultsA : options.faultsB, number: number,
        options, lateness: unsafe lateness[0])
    }
    let opening = OpeningNote(
      doing: "publishing", lines: addresses, session: source.lastSession,
      requests: source.requestAddress)
    note("\(opening)")
    let stop = StopFlag()
    let done = StopFlag()
    clinux_block_stop_signals()
    let role = PublishRole(Publication(source, lines: lines, options, stop: stop), done: done)
    let thread = RoleThread(role, core: nil, onFailure: {})
    try thread.start()
    var signal: Int32?
    while !done.isRequested {
      let caught = clinux_wait_stop_signal(10)
      if caught != 0 {
        signal = caught
        stop.request()
      }
    }
    thread.join()
    var report = thread.role.report(options, framing)
    if options.pace != .max { report.lateness_ns = LatencySummary(lateness.snapshot()) }
    return PublishOutcome(report: report, signal: signal)
  }
}

/// A publication on its thread, which says when it is done.
struct PublishRole<Source: PacketSource & ~Copyable>: ~Copyable, Role {
  private(set) var publication: Publication<Source>
  private let done: StopFlag

  init(_ publication: consuming Publication<Source>, done: StopFlag) {
    self.publication = publication
    self.done = done
  }

  var name: String { "publisher" }

  mutating func run() {
    publication.run()
    done.request()
  }
}
