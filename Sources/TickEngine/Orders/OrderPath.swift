import TickMetrics
import TickRing
import TickWire

/// The way of orders from one worker's ring through gate, pool and codec to a venue, and of its
/// answers back: the sender that `replay` and `live` give a thread of its own, driven by hand. For
/// measuring, and for whoever runs a loop himself.
///
/// Hot path, but for `init`. Thread: one, for all. It never waits; `turn` says how a sender's turn
/// went wrong, and then it is over. Its kill switch is the control page's word.
public struct OrderPath: ~Copyable {
  private var sender: Sender
  private let histograms: HistogramStorage
  private var decisions: DecisionConsumer?

  /// Slots of the pool's region, of kind `.pool`, for so many orders out at once.
  public static func poolSlots(openOrdersMax: Int) -> Int { OrderPool.slots(openOrdersMax) }

  /// Logs in. Throws a `RingError` or a `SessionError`, which say what to do.
  ///
  /// - Parameter decisions: a region of kind `.events`, in which decisions are left while
  ///   `recordsDecisions`; nil: they never are.
  public init(
    requests: consuming OrderConsumer, events: consuming EventProducer, gate: consuming RiskGate,
    risk: consuming RiskWatch, pool: consuming Region, openOrdersMax: Int, venue: VenueAddress,
    directory: consuming DirectoryReader, control: consuming ControlPage,
    decisions: consuming Region? = nil
  ) throws {
    let histograms = HistogramStorage(count: 3)
    let pool = try OrderPool(claiming: pool, capacity: openOrdersMax)
    let kill = try KillGate.unnamed()
    let session = try VenueSession.open(venue)
    var port: SenderPort? = SenderPort(requests: requests, events: events)
    let ports = Slab<SenderPort>(count: 1) { _ in port.take()! }
    let latency = unsafe SenderLatency(
      risk: histograms[0], send: histograms[1], tickToOrder: histograms[2])
    var log = DecisionLog()
    var taker: DecisionConsumer? = nil
    if let region = decisions.take() {
      log = DecisionLog(try DecisionProducer(claiming: region.duplicate()))
      log.isOn = false
      taker = .some(try DecisionConsumer(claiming: region))
    }
    sender = Sender(
      ports: ports, gate: gate, kill: kill, risk: risk, pool: pool, session: session,
      directory: directory, control: control, latency: latency, waitPolicy: .spin,
      decisions: log)
    self.histograms = histograms
    self.decisions = taker
  }

  /// One duty cycle: what is asked for, up to 16 requests, is decided and handed to the kernel;
  /// what has come from the venue is told.
  public mutating func turn() throws { _ = try sender.turn(isRested: false) }

  /// The first part of a duty cycle, alone: requests are decided, and orders lie ready for the
  /// kernel. The next `turn` hands them over.
  public mutating func take() { _ = sender.takeRequests() }

  /// Whether each decision is left in the ring that it was made with, as for a recorder.
  public var recordsDecisions: Bool {
    get { sender.decisions.isOn }
    set {
      precondition(!newValue || decisions != nil, "there is no ring for decisions")
      sender.decisions.isOn = newValue
    }
  }

  /// Takes all decisions out of the ring, as a recorder does: how many.
  public mutating func takeDecisions() -> Int {
    var event = DecisionEvent()
    var count = 0
    while decisions?.poll(&event) == true { count += 1 }
    return count
  }

  public var openOrders: Int { sender.book.count }
  public var sent: UInt64 { sender.counts.sent }
  public var cancelsSent: UInt64 { sender.counts.cancelsSent }
  /// Bytes that the kernel has not taken yet.
  public var unsentBytes: Int {
    mutating get { sender.session?.unsent ?? 0 }
  }
}
