import CLinux
import Glibc
import TickRing

/// What is to be computed while an instance runs.
public struct ValueAtRiskOptions: Sendable {
  /// Reads them, which of a recording takes as long as it is. Called once, by the role's maker.
  let returns: @Sendable () throws -> ReturnTable
  /// Above 0.5 and below 1.
  public var confidence: Double
  /// From one computation to the next, at least a millisecond.
  public var interval_ns: UInt64

  public init(
    confidence: Double, interval_ns: UInt64, returns: @escaping @Sendable () throws -> ReturnTable
  ) {
    self.returns = returns
    self.confidence = confidence
    self.interval_ns = interval_ns
  }
}

/// Computes the value at risk of an instance's positions every so often, and publishes it beside
/// them: a role of its own, that neither asks nor delays the sender.
///
/// Thread: its own. It waits in the kernel between two computations. What cannot be computed is
/// published as unknown.
public struct ValueAtRiskRole: ~Copyable, Role {
  private let observer: PositionObserver
  private let lines: SharedLines
  private let symbols: [String]
  private let covariance: Covariance
  private let observations: Int
  private let confidence: Double
  private let interval_ns: UInt64
  private let stop: StopFlag
  /// What was published last.
  private(set) var latest: PublishedValueAtRisk?
  /// Why the latest could not be computed.
  public private(set) var problem: ValueAtRiskError?

  /// - Parameters:
  ///   - region: an attachment of the positions region that may write; this is the only writer of
  ///     its line.
  ///   - interval_ns: from one computation to the next, at least a millisecond.
  ///   - stop: ends it within 50 ms, after one more.
  public init(
    _ region: consuming Region, observer: consuming PositionObserver, returns: ReturnTable,
    confidence: Double, interval_ns: UInt64, stop: StopFlag
  ) throws {
    precondition(interval_ns >= 1_000_000)
    guard confidence > 0.5, confidence < 1 else { throw ValueAtRiskError.confidence(confidence) }
    let covariance = try Covariance(returns)
    let lines = try SharedLines(region, .positions)
    self.observer = observer
    self.lines = lines
    self.covariance = covariance
    symbols = returns.symbols
    observations = returns.observations
    self.confidence = confidence
    self.interval_ns = interval_ns
    self.stop = stop
  }

  /// Of an instance's positions, under the numbers of its directory.
  init(
    _ options: ValueAtRiskOptions, positions: SharedRegion, directory: SharedRegion,
    stop: StopFlag
  ) throws {
    let observer = try PositionObserver(
      positions.attach(), directory: DirectoryReader(try directory.attach()))
    try self.init(
      positions.attach(), observer: observer, returns: options.returns(),
      confidence: options.confidence, interval_ns: options.interval_ns, stop: stop)
  }

  @usableFromInline var name: String { "tickway-var" }

  @usableFromInline
  mutating func run() throws {
    var due = clinux_monotonic_ns()
    while !stop.isRequested {
      let now = clinux_monotonic_ns()
      guard now >= due else {
        usleep(UInt32(min(50_000, (due - now) / 1_000 + 1)))
        continue
      }
      _ = publish()
      due = now + interval_ns
    }
    _ = publish()
  }

  /// For the operator, in the end.
  var note: String? { problem.map { "the value at risk is not known: \($0)" } }

  /// Computes once and publishes it, with the wall clock's time.
  public mutating func publish() -> PublishedValueAtRisk { publish(at: clinux_realtime_ns()) }

  @discardableResult
  mutating func publish(at time: UInt64) -> PublishedValueAtRisk {
    var valueE4: Int64?
    do throws(ValueAtRiskError) {
      let value = try ValueAtRisk.compute(
        of: observer.snapshot(), symbols: symbols, covariance: covariance, confidence: confidence)
      valueE4 = Int64(exactly: (value * 10_000).rounded())
      problem = valueE4 == nil ? .notFinite(what: "the value at risk") : nil
    } catch {
      problem = error
    }
    let published = PublishedValueAtRisk(
      valueE4: valueE4, confidence_ppm: UInt64((confidence * 1_000_000).rounded()), time: time,
      observations: UInt64(observations))
    latest = published
    ValueAtRiskLine.publish(published, in: lines)
    return published
  }
}
