import TickRing

/// The order in which a worker took ticks, events and timers, so that a run can be repeated: see
/// `Rerun`.
///
/// A log is a file of 56-byte `OrderEvent` records in the order taken. A record of kind
/// `position` says in `order_id` how many ticks had been handled when what follows was; kind
/// `timer` says in `order_id` the exchange time, just before the tick that let it ring; kind
/// `session` says in `order_id` which session begins; kind `closed` that no order is taken any
/// more; kind `end`, the last record of a run that did not fail, how many ticks had been handled in
/// all: a log without it is cut. Any other record is the event itself.
/// Ticks are not repeated: they are in the recording.
public enum MergeLog {
  public static let positionKind: UInt8 = 0xF0
  public static let timerKind: UInt8 = 0xF1
  public static let sessionKind: UInt8 = 0xF2
  public static let closedKind: UInt8 = 0xF3
  public static let endKind: UInt8 = 0xF4

  static func record(_ kind: UInt8, _ value: UInt64 = 0) -> OrderEvent {
    var record = OrderEvent()
    record.kind = kind
    record.order_id = value
    return record
  }
}

/// Writes the log of one worker into a ring that the recorder drains. Thread: the worker's.
@usableFromInline
struct MergeLogWriter: ~Copyable {
  private var ring: EventProducer
  private let control: ControlPage
  private let waitPolicy: WaitPolicy
  /// Ticks handled at the last position written.
  private var ticks: UInt64 = .max

  init(_ ring: consuming EventProducer, control: consuming ControlPage, waitPolicy: WaitPolicy) {
    self.ring = ring
    self.control = control
    self.waitPolicy = waitPolicy
  }

  @usableFromInline mutating func event(_ event: OrderEvent, afterTicks ticks: UInt64) {
    if ticks != self.ticks {
      self.ticks = ticks
      write(MergeLog.record(MergeLog.positionKind, ticks))
    }
    write(event)
  }

  @usableFromInline mutating func timer(_ time: UInt64, afterTicks ticks: UInt64) {
    event(MergeLog.record(MergeLog.timerKind, time), afterTicks: ticks)
  }

  @usableFromInline mutating func session(_ number: UInt64, afterTicks ticks: UInt64) {
    event(MergeLog.record(MergeLog.sessionKind, number), afterTicks: ticks)
  }

  @usableFromInline mutating func closed(afterTicks ticks: UInt64) {
    event(MergeLog.record(MergeLog.closedKind), afterTicks: ticks)
  }

  @usableFromInline mutating func end(afterTicks ticks: UInt64) {
    write(MergeLog.record(MergeLog.endKind, ticks))
  }

  private mutating func write(_ record: OrderEvent) {
    var backoff = Backoff(waitPolicy)
    while !ring.publish(record), control.read(.failed) == 0 { backoff.wait() }
  }
}
