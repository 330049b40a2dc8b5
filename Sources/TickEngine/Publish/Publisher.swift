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
    let restart = options.restarts ? captures.packets / 2 : nil
    let source = IexPackets(
      captures.merged(), schedule: schedule(options), restartPacket: restart)
    return try run(source, framing: "iex", options, note)
  }

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
    _ source: consuming Source, framing: String, _ options: PublishOptions,
    _ note: (String) -> Void
  ) throws -> PublishOutcome {
    let lateness = HistogramStorage()
    let addresses = [options.lineA] + (options.lineB.map { [$0] } ?? [])
    let lines = try Slab<PublishLine>(count: addresses.count) { number throws(PublishError) in
      try PublishLine(
        addresses[number], number == 0 ? options.faultsA : options.faultsB, number: number,
        options, lateness: unsafe lateness[0])
    }
    note("publishing to \(addresses.map { "\($0)" }.joined(separator: " and "))")
    let stop = StopFlag()
    let done = StopFlag()
    clinux_block_stop_signals()
    let role = PublishRole(Publication(source, lines: lines, options, stop: stop), done: done)
    let thread = RoleThread(role, core: nil, onFailure: {})
    thread.start()
    var signal: Int32?
    while !done.isRequested {
      let caught = clinux_wait_stop_signal(10)
      if caught != 0 {
        signal = caught
        stop.request()
      }
    }
    thread.join()
    var report = thread.role.report(options, framing: framing)
    if options.pace != .max { report.lateness_ns = LatencySummary(lateness.snapshot()) }
    return PublishOutcome(report: report, signal: signal)
  }
}

/// The captures of a publication, opened and looked through.
struct PublishCaptures {
  private let files: [CaptureFile]
  /// IEX-TP packets that are published, in all of them.
  let packets: UInt64

  /// Reads all of the captures once.
  init(_ paths: [String]) throws {
    var files: [CaptureFile] = []
    for path in paths { files.append(try CaptureFile(path: path)) }
    self.files = files
    var datagrams = IexDatagrams(CaptureMerge(files))
    var datagram = Datagram()
    var packets: UInt64 = 0
    while datagrams.next(&datagram) != nil { packets += 1 }
    self.packets = packets
    guard packets > 0 else {
      throw PublishError.unknownFeed("no whole IEX-TP packet in \(paths.joined(separator: ", "))")
    }
  }

  func merged() -> CaptureMerge { CaptureMerge(files) }
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
