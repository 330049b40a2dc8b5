import TickMetrics
import TickRing

/// The live ingester, to build on: listens to the lines of an IEX-TP feed (TOPS 1.6, DEEP 1.0), and
/// puts arbitrated, decoded and validated ticks into one ring. What `tickway ingest` runs on a
/// thread of its own, turn by turn on the caller's.
///
/// ```swift
/// var options = IngestOptions(feed: .iex, lines: [LineAddress("239.1.2.3:5000")!])
/// var listener = try FeedListener(options, ring: ring, directory: names)
/// while goesOn { _ = try listener.turn() }
/// ```
///
/// - Ownership: of the sockets; attaches to both regions itself and claims their writing roles.
/// - Thread safety: one thread at a time. `turn` neither allocates nor locks, and calls the kernel
///   to receive; what a full ring means is the options' policy.
/// - Clocks: age is judged by CLOCK_REALTIME; ticks carry their receive time, CLOCK_MONOTONIC.
public struct FeedListener: ~Copyable {
  private var ingester: LiveIngester<IexDecoder>
  private let histograms: HistogramStorage

  /// Of the options, those of receiving, arbitration and validation are taken, and the policy; the
  /// rest is for `Ingest.run`.
  ///
  /// - Throws: `IngestError`, `ReceiveError`, `MemoryShortage` or `RingError`: what keeps it from
  ///   listening.
  public init(
    _ options: IngestOptions, ring: borrowing Region, directory: borrowing Region
  ) throws {
    try options.check()
    try options.checkMemory()
    guard options.feed == .iex else { throw IngestError.options("a listener's feed is iex") }
    guard options.policy == .wait || ring.capacity >= SlowConsumerPolicy.capacityMin else {
      throw IngestError.options(
        "a ring of \(SlowConsumerPolicy.capacityMin) slots is needed, or the policy wait")
    }
    let page = try TickPublisher.controlPage()
    let publisher = try TickPublisher(
      ring: ring, directory: directory, control: ControlPage(try page.attach()),
      validation: options.validation, policy: options.policy)
    let lines = try LineSockets.open(options, ReplayObserver())
    let histograms = HistogramStorage(count: 3)
    let latency = unsafe LiveLatency(
      ingest: histograms[0], socket: histograms[1], line: histograms[2])
    var ingester = try LiveIngester(
      IexDecoder(publisher: publisher), lines: lines, options: options,
      control: ControlPage(try page.attach()), latency: latency, waitPolicy: .spin)
    ingester.begin()
    self.ingester = ingester
    self.histograms = histograms
  }

  /// Takes what is there of each line, at most a batch, and does what is due by now; never waits.
  /// - Returns: datagrams taken.
  /// - Throws: that a socket can never receive again, or a restart that the policy refuses.
  public mutating func turn() throws -> Int { try ingester.turn() }

  public var feedCounts: FeedCounts { ingester.feed.counts }
  public var tickCounts: TickCounts { ingester.feed.publisher.counts }

  /// - Parameter line: 0 is line A, 1 is line B.
  public func lineCounts(_ line: Int) -> LineCounts { ingester.feed.lines[line] }

  /// The port that a line has, also where the kernel chose it.
  public func port(ofLine line: Int) -> UInt16 { ingester.port(ofLine: line) }
}
