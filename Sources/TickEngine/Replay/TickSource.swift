import TickRing
import TickWire

/// Where the ticks of a run come from: captures, or the lines of a live feed. The stages behind it
/// are the same. (A class with subclasses, and no protocol, whose associated types cannot be
/// noncopyable.)
///
/// Thread: the starter's; only the ingester that it makes runs on another.
class TickSource<Ingester: FeedRole & ~Copyable> {
  /// What a worker's ring without room does. The venue's and the recorder's taps always wait.
  func policy(ofWorker worker: Int) -> SlowConsumerPolicy { .wait }

  func makeIngester(
    _ publisher: consuming TickPublisher, _ parts: consuming IngesterParts
  ) throws -> Ingester {
    preconditionFailure("a source makes its ingester")
  }

  /// Called many times a second while the run goes on.
  func look(_ control: borrowing ControlPage, _ observer: ReplayObserver) {}
}

/// What an ingester needs beside its source.
struct IngesterParts: ~Copyable {
  var control: ControlPage
  let isTrading: Bool
  let histograms: ReplayHistograms
  let waitPolicy: WaitPolicy
}

/// The ingester of a run; all of this is read once it has stopped.
protocol FeedRole: ~Copyable, Role {
  var hotAllocations: UInt64? { get }
  func withPublisher<R>(_ body: (borrowing TickPublisher) -> R) -> R
  /// Enters what came in, and when.
  func enter(in report: inout Report)
}

extension FeedRole where Self: ~Copyable {
  func isDrained(_ ring: Int) -> Bool { withPublisher { $0.isDrained(ring) } }
  var ringCount: Int { withPublisher { $0.ringCount } }
}

/// Captures, opened.
final class CaptureSource: TickSource<ReplayIngester> {
  private let options: ReplayOptions
  private var capture: CaptureMerge?

  init(_ options: ReplayOptions) throws {
    self.options = options
    capture = try ReplayFeedCheck.open(options.captures)
  }

  override func makeIngester(
    _ publisher: consuming TickPublisher, _ parts: consuming IngesterParts
  ) throws -> ReplayIngester {
    guard let capture = capture.take() else { preconditionFailure("one ingester a source") }
    let latency = unsafe parts.histograms.ingest[0]
    return ReplayIngester(
      capture: capture, feed: IexFeed(publisher: publisher, restarts: options.restarts),
      options: options, isTrading: parts.isTrading, control: parts.control,
      latency: latency, waitPolicy: parts.waitPolicy)
  }
}

extension ReplayIngester: FeedRole {
  func withPublisher<R>(_ body: (borrowing TickPublisher) -> R) -> R {
    body(feed.decoder.publisher)
  }

  func enter(in report: inout Report) {
    report.take(feed)
    let counts = captureCounts
    report.capture.packets = counts.packets
    report.capture.bytes = counts.bytes
    report.capture.cutTail = counts.cutTail
    report.capture.truncated = counts.truncated
    report.capture.ignored = counts.ignored.total + feed.counts.foreign
    report.run.sessions = UInt64(sessions)
    report.enterTime(started_ns, ended_ns)
  }
}

/// The lines of a live feed, joined.
final class LineSource<D: LiveDecoder & ~Copyable>: TickSource<LiveIngester<D>> {
  private let options: IngestOptions
  private var lines: Slab<UdpLine>?
  private var watcher: LineWatcher

  override func policy(ofWorker worker: Int) -> SlowConsumerPolicy {
    options.policy(ofWorker: worker)
  }

  init(_ options: IngestOptions, _ observer: ReplayObserver) throws {
    self.options = options
    lines = try LineSockets.open(options, observer)
    watcher = LineWatcher(options.lines, options.receive.interface)
  }

  override func makeIngester(
    _ publisher: consuming TickPublisher, _ parts: consuming IngesterParts
  ) throws -> LiveIngester<D> {
    guard let lines = lines.take() else { preconditionFailure("one ingester a source") }
    let latency = unsafe LiveLatency(
      ingest: parts.histograms.ingest[0], socket: parts.histograms.ingest[1],
      line: parts.histograms.ingest[2])
    return try LiveIngester(
      D(publisher), lines: lines, options: options, control: parts.control,
      latency: latency, waitPolicy: parts.waitPolicy)
  }

  override func look(_ control: borrowing ControlPage, _ observer: ReplayObserver) {
    watcher.look(control, now: MonotonicClock.now, observer)
  }
}

/// A feed whose messages become ticks that strategies act upon.
protocol LiveDecoder: PublishingDecoder & ~Copyable {
  init(_ publisher: consuming TickPublisher)
}

extension IexDecoder: LiveDecoder {
  init(_ publisher: consuming TickPublisher) { self.init(publisher: publisher) }
}

extension TickFeedDecoder: LiveDecoder {
  init(_ publisher: consuming TickPublisher) { self.init(publisher: publisher) }
}

extension LiveIngester: FeedRole where Decoder: ~Copyable {
  func withPublisher<R>(_ body: (borrowing TickPublisher) -> R) -> R {
    body(feed.decoder.publisher)
  }

  func enter(in report: inout Report) {
    report.take(feed)
    report.take(lines: self)
    report.run.sessions = 1
    report.enterTime(started_ns, ended_ns)
  }
}

extension Report {
  fileprivate mutating func enterTime(_ started_ns: UInt64, _ ended_ns: UInt64) {
    run.seconds = Double(ended_ns - started_ns) / 1e9
    run.messagesPerSecond = run.seconds > 0 ? Double(feed.messages) / run.seconds : 0
  }
}
