import TickRing
import TickWire

/// The ingester alone, to build on: datagrams of IEX-TP (TOPS 1.6, DEEP 1.0) in; arbitrated,
/// decoded and validated ticks out, into one ring.
///
/// ```swift
/// let ring = try Region.create(.ticks, name: "feed.0", capacity: 65_536)
/// let names = try Region.create(
///   .directory, name: "feed.names", capacity: FeedIngester.instrumentsMax)
/// var ingester = try FeedIngester(ring: ring, directory: names)
/// _ = ingester.ingest(datagram, clock: utc_ns, received_ns: MonotonicClock.now)
/// ```
///
/// - Ownership: attaches to both regions itself and claims their writing roles; the caller's
///   attachments stay the caller's.
/// - Thread safety: one thread at a time. `ingest` neither allocates nor locks nor calls the
///   kernel, unless the ring is full: then it waits for the consumer, or, where nobody holds that
///   role, loses ticks and tells of it by a gap in the ring. Who polls on the same thread therefore
///   polls before fewer than `ticksPerDatagramMax` slots are free.
/// - Clocks: `clock` is ns since the Unix epoch, UTC; `received_ns` is CLOCK_MONOTONIC.
public struct FeedIngester: ~Copyable {
  /// Instruments that are followed, and the capacity that a directory needs for them all.
  public static let instrumentsMax = TickPublisher.instrumentsMax
  /// No datagram makes more ticks: 65,507 bytes of 32-byte price levels, two ticks each, and what
  /// the sequence says.
  public static let ticksPerDatagramMax = 4_096

  private var feed: IexFeed

  /// - Throws: when another producer or directory writer lives, a region is of another kind, or
  ///   there is no room for a page of shared memory.
  public init(
    ring: borrowing Region, directory: borrowing Region,
    validation: ValidationLimits = ValidationLimits(), restarts: RestartPolicy = .follow
  ) throws(RingError) {
    let page = try TickPublisher.controlPage()
    let publisher = try TickPublisher(
      ring: ring, directory: directory, control: ControlPage(try page.attach()),
      validation: validation)
    feed = IexFeed(publisher: publisher, restarts: restarts)
  }

  /// Takes one datagram; anything may be in it.
  /// - Parameters:
  ///   - clock: what age is judged by: now, or the capture time.
  ///   - received_ns: receive time, which the ticks carry to their consumer; the ring's heartbeat.
  /// - Returns: false if the venue began its sequence anew and the policy is to refuse that.
  public mutating func ingest(_ datagram: RawSpan, clock: UInt64, received_ns: UInt64) -> Bool {
    feed.decoder.beatIfDue(received_ns)
    // Safe: the view ends with the call, and nothing below keeps it.
    return unsafe datagram.withUnsafeBytes { bytes in
      feed.ingest(unsafe Bytes(bytes), clock: clock, received_ns: received_ns)
    }
  }

  /// A fresh session: sequences and books are forgotten, the directory stays.
  public mutating func beginSession() { feed.beginSession() }

  public var feedCounts: FeedCounts { feed.counts }
  public var tickCounts: TickCounts { feed.publisher.counts }
}

extension TickPublisher {
  /// One ring that takes everything, and a directory that grows, of IEX.
  init(
    ring: borrowing Region, directory: borrowing Region, control: consuming ControlPage,
    validation: ValidationLimits, policy: SlowConsumerPolicy = .wait
  ) throws(RingError) {
    let names = try DirectoryWriter(
      claiming: directory.duplicate(), venue: Symbol("IEX")!.word)
    let shared = SharedRegion(try ring.duplicate())
    let outlets = try Slab<TickOutlet>(count: 1) { _ throws(RingError) in
      TickOutlet(
        try TickProducer(claiming: shared.attach()), policy: policy, waitPolicy: .share)
    }
    self.init(
      directory: names, outlets: outlets, workers: 1, board: nil, control: control,
      limits: validation, isRestricted: false)
  }

  /// A control page of nobody else's.
  static func controlPage() throws(RingError) -> SharedRegion {
    try ReplayRegions(directory: Region.defaultDirectory)
      .make(.control, capacity: ControlPage.capacity)
  }
}
