import CLinux
import TickMetrics
import TickRing
import TickWire

/// Where a venue that runs alone takes its market from.
public enum VenueMarketSource: Sendable {
  /// Captures, in time order, played `repeats` times; what they say last stays the market.
  case captures([String], pace: ReplayPace, repeats: Int)
  /// The tick ring `name` in `directory`, made by whoever publishes into it, and beside it its
  /// symbol directory, the region `VenueMarketSource.directoryName(ofRing:)`.
  /// `symbols` is another name of that.
  case ring(name: String, directory: String, symbols: String? = nil)

  /// The name of the region that holds the symbols of the tick ring `name`.
  public static func directoryName(ofRing name: String) -> String { "\(name).directory" }
}

/// Why there is no market for a venue that runs alone, in a sentence that says what to do.
public enum VenueMarketError: Error, CustomStringConvertible {
  case ringAbsent(path: String)
  case ringTaken(path: String, pid: UInt64)

  public var description: String {
    switch self {
    case .ringAbsent(let path):
      "there is no region \(path): start whoever publishes the ring, or check the ring's name"
        + " and its directory"
    case .ringTaken(let path, let pid):
      "the ring \(path) is being consumed by process \(pid), and a ring has one consumer: stop"
        + " that process, or name another ring"
    }
  }
}

extension VenueMarketError {
  /// Runs `body`, which attaches a ring to consume it; what keeps it from that is said in the
  /// words of whoever wants to.
  static func told<Value: ~Copyable>(
    _ body: () throws(RingError) -> Value
  ) throws -> Value {
    do throws(RingError) {
      return try body()
    } catch {
      switch error.kind {
      case .absent: throw VenueMarketError.ringAbsent(path: error.path)
      case .roleTaken: throw VenueMarketError.ringTaken(path: error.path, pid: error.ownerPid)
      default: throw error
      }
    }
  }
}

/// What a venue that ran alone comes to.
public struct VenueOutcome {
  public var counts: VenueCounts
  /// Each account's truth, if it was to be kept.
  public var accounts: [VenueStatement] = []
  /// Why the market stopped before its time.
  public var failure: (any Error)?
}

/// A venue that runs alone: a market of its own, and a port that clients connect to.
///
/// Threads: the venue's, the ingester's where the market is a capture, and the caller's, which
/// watches for signals. Neither is pinned: others measure against this process.
public final class VenueRun {
  /// The port that it listens on; a client may connect as soon as the run is made.
  public let port: UInt16
  private let control: ControlPage?
  private let ingester: RoleThread<ReplayIngester>?
  private let venue: RoleThread<VenueRole>
  private let role: RoleOptions?
  private let stop = StopFlag()
  private let inquiry = VenueInquiry()
  /// The ingester measures in it; what it measures is not told.
  private let latency = HistogramStorage()

  /// Opens everything; nothing moves yet. Blocks SIGINT and SIGTERM.
  ///
  /// - Throws: `CaptureError`, `ReplayError`, `RingError`, `VenueMarketError`, `VenueError`.
  /// - Parameters:
  ///   - ringDirectory: where the rings of its own are made, without names.
  ///   - role: how it runs as a role of an instance; nil: it stands for itself.
  public init(
    _ options: VenueOptions, market source: VenueMarketSource, ringDirectory: String = "/dev/shm",
    role: RoleOptions? = nil
  ) throws {
    self.role = role
    // Says what keeps it from being a role of that instance, and places its memory.
    let process = try role.map { try RoleProcess($0, ReplayObserver()) }
    let market: RingMarket
    switch source {
    case .captures(let paths, let pace, let repeats):
      let capture = try CaptureMarket(ringDirectory: ringDirectory)
      ingester = try capture.makeIngester(
        paths, pace: pace, repeats: repeats, latency: unsafe latency[0])
      market = try capture.makeMarket()
      control = ControlPage(try capture.control.attach())
    case .ring(let name, let directory, let symbols):
      market = try VenueRun.attach(
        name, directory, symbols ?? VenueMarketSource.directoryName(ofRing: name))
      ingester = nil
      control = nil
    }
    let server = try VenueServer(options)
    port = server.port
    venue = RoleThread(
      VenueRole(server, market: market, stop: stop, inquiry: inquiry), core: role?.core,
      onFailure: {})
    clinux_block_stop_signals()
    try process?.verifyMemory()
  }

  private static func attach(
    _ name: String, _ directory: String, _ symbols: String
  ) throws -> RingMarket {
    try VenueMarketError.told { () throws(RingError) in
      RingMarket(
        ticks: try TickConsumer(
          claiming: Region.attach(.ticks, directory: directory, name: name, sameBuild: true)),
        directory: DirectoryReader(
          try Region.attach(.directory, directory: directory, name: symbols, sameBuild: true)))
    }
  }

  /// Serves until SIGINT or SIGTERM, then ends every session. To be called once.
  public func run() -> VenueOutcome {
    do throws(ThreadFailure) {
      try venue.start()
      try ingester?.start()
    } catch {
      stopAll()
      return VenueOutcome(counts: venue.role.counts, failure: error)
    }
    if let unheard = RoleOptions.tellReady(role, "X_TICKWAY_PORT=\(port)\n") {
      stopAll()
      return VenueOutcome(counts: venue.role.counts, failure: unheard)
    }
    // Ends early only if the market fails; a market that ends is no reason to stop serving.
    while clinux_wait_stop_signal(100) == 0, control?.read(.failed) ?? 0 == 0 {}
    stopAll()
    return VenueOutcome(
      counts: venue.role.counts, accounts: inquiry.statements() ?? [], failure: ingester?.failure)
  }

  /// The venue last: the ingester may be waiting for it to make room.
  private func stopAll() {
    control?.write(.stopIngest, 1)
    ingester?.join()
    stop.request()
    venue.join()
  }
}

/// The regions between an ingester that plays captures and the venue that trades against them.
private struct CaptureMarket {
  /// Slots of the one ring. Small: the venue is to be at most this far behind its market.
  static let ringSlots = 16_384

  let control: SharedRegion
  private let ticks: SharedRegion
  private let directory: SharedRegion

  init(ringDirectory: String) throws(RingError) {
    let regions = ReplayRegions(directory: ringDirectory)
    control = try regions.make(.control, capacity: ControlPage.capacity)
    directory = try regions.make(.directory, capacity: TickPublisher.instrumentsMax)
    ticks = try regions.make(.ticks, capacity: CaptureMarket.ringSlots)
  }

  func makeMarket() throws -> RingMarket {
    RingMarket(
      ticks: try TickConsumer(claiming: ticks.attach()),
      directory: DirectoryReader(try directory.attach()),
      control: ControlPage(try control.attach()))
  }

  func makeIngester(
    _ paths: [String], pace: ReplayPace, repeats: Int, latency: LatencyHistogram
  ) throws -> RoleThread<ReplayIngester> {
    let capture = try ReplayFeedCheck.open(paths)
    var options = ReplayOptions(captures: paths)
    options.pace = pace
    options.repeats = repeats
    // None that the ingester would wait for between repeats: only the ring is to be drained.
    options.workers = 0
    let outlets = try Slab<TickOutlet>(count: 1) { _ throws(RingError) in
      TickOutlet(try TickProducer(claiming: ticks.attach()), waitPolicy: .share)
    }
    let publisher = TickPublisher(
      directory: try DirectoryWriter(claiming: directory.attach(), venue: Symbol("IEX")!.word),
      outlets: outlets, workers: 1, board: nil, control: ControlPage(try control.attach()),
      limits: options.validation, isRestricted: false)
    let role = ReplayIngester(
      capture: capture, feed: IexFeed(publisher: publisher, restarts: .follow), options: options,
      isTrading: false, control: ControlPage(try control.attach()),
      latency: latency, waitPolicy: .share)
    let failure = FailureFlag(ControlPage(try control.attach()))
    return RoleThread(role, core: nil, onFailure: { failure.raise() })
  }
}
