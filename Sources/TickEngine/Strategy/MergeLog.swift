import TickRing

/// The order in which a worker took ticks, events and timers, so that a run can be repeated.
///
/// A log is a file of 56-byte `OrderEvent` records in the order taken. A record of kind
/// `position` says in `order_id` how many ticks had been handled when what follows was; kind
/// `timer` says in `order_id` the exchange time; any other record is the event itself.
/// Ticks are not repeated: they are in the recording.
public enum MergeLog {
  public static let positionKind: UInt8 = 0xF0
  public static let timerKind: UInt8 = 0xF1

  static func position(_ ticks: UInt64) -> OrderEvent {
    var record = OrderEvent()
    record.kind = positionKind
    record.order_id = ticks
    return record
  }

  static func timer(_ time: UInt64) -> OrderEvent {
    var record = OrderEvent()
    record.kind = timerKind
    record.order_id = time
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
      write(MergeLog.position(ticks))
    }
    write(event)
  }

  @usableFromInline mutating func timer(_ time: UInt64, afterTicks ticks: UInt64) {
    event(MergeLog.timer(time), afterTicks: ticks)
  }

  private mutating func write(_ record: OrderEvent) {
    var backoff = Backoff(waitPolicy)
    while !ring.publish(record), control.read(.failed) == 0 { backoff.wait() }
  }
}
