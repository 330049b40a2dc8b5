import TickMetrics
import TickRing
import TickWire

/// A worker on its own: rings that lead nowhere, and a merge log that says what comes when.
/// Thread: the caller's.
struct RerunStage<S: Strategy & ~Copyable>: ~Copyable {
  private static var orderSlots: Int { 8_192 }

  private var worker: Worker<S>
  private let sink: RequestSink
  private let histograms: HistogramStorage
  private let merge: RecordedFile
  private let mergePath: String
  /// The next record of the merge log, and the position that it holds for.
  private var next = 0
  private var due: UInt64 = .max
  private var handled: UInt64 = 0
  /// The timer that rings with the next tick, says the log.
  private var timer: UInt64?

  init(
    merge: RecordedFile, mergePath: String, symbols: [UInt64], parameters: [String: String],
    context: StrategyContext, ringDirectory: String
  ) throws {
    let regions = ReplayRegions(directory: ringDirectory)
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let directory = try regions.make(.directory, capacity: TickPublisher.instrumentsMax)
    let orders = try regions.make(.orders, capacity: RerunStage.orderSlots)
    let events = try regions.make(.events, capacity: 1)
    let ticks = try regions.make(.ticks, capacity: 1)
    var numbers = try DirectoryWriter(claiming: directory.attach(), venue: Symbol("IEX")!.word)
    for symbol in symbols {
      guard numbers.number(of: symbol) == UInt32(numbers.count) else {
        throw RerunError.damaged(mergePath, "its symbols are more than there can be, or not unique")
      }
    }
    var values = StrategyParameters(parameters)
    let strategy = try S(parameters: &values, context: context)
    try values.checkAllTaken()
    let histograms = HistogramStorage(count: 2)
    let sink = RequestSink(try OrderConsumer(claiming: orders.attach()))
    var desk = OrderDesk(
      orders: try OrderProducer(claiming: orders.attach()), journal: nil,
      backlog: EventBacklog(try EventConsumer(claiming: events.attach())),
      latency: unsafe histograms[0], control: ControlPage(try page.attach()),
      directory: DirectoryReader(try directory.attach()), context: context,
      waitPolicy: .share)
    desk.sink = sink
    worker = Worker(
      strategy, number: context.worker, ticks: try TickConsumer(claiming: ticks.attach()),
      desk: desk, merge: nil, control: ControlPage(try page.attach()),
      delivery: unsafe histograms[1], waitPolicy: .share)
    self.sink = sink
    self.histograms = histograms
    self.merge = merge
    self.mergePath = mergePath
  }

  /// Whether the worker got the instrument's ticks.
  func owns(_ instrument: UInt32) -> Bool { worker.desk.owns(instrument) }

  /// What the log has for this place, then the tick.
  mutating func take(_ tick: Tick) throws(RerunError) {
    try followLog()
    let rings = tick.timestamp >= worker.desk.timer ? worker.desk.timer : nil
    guard rings == timer else { throw .diverged(mergePath, ticks: handled) }
    timer = nil
    worker.act(on: tick)
    handled += 1
    sink.drain()
  }

  /// What came after the last tick; returns every request.
  mutating func finish() throws(RerunError) -> [OrderRequest] {
    try followLog()
    guard next < merge.count else {
      throw .damaged(mergePath, "it has no end: the run did not finish, or the file is cut")
    }
    let end = merge.record(next, as: OrderEvent.self)
    guard end.kind == MergeLog.endKind, next + 1 == merge.count, timer == nil else {
      throw .damaged(mergePath, "it goes on after the last tick of the recording")
    }
    guard end.order_id == handled else {
      throw .damaged(
        mergePath, "it ends after \(end.order_id) ticks, and the recording has \(handled) for it")
    }
    return sink.requests
  }

  private mutating func followLog() throws(RerunError) {
    while next < merge.count {
      let record = merge.record(next, as: OrderEvent.self)
      if record.kind == MergeLog.endKind { return }
      if record.kind == MergeLog.positionKind {
        guard record.order_id >= handled else {
          throw .damaged(mergePath, "its positions do not rise")
        }
        due = record.order_id
      } else {
        guard due == handled else { return }
        take(record)
      }
      next += 1
    }
  }

  private mutating func take(_ record: OrderEvent) {
    switch record.kind {
    case MergeLog.timerKind: timer = record.order_id
    case MergeLog.sessionKind: worker.beginSession(record.order_id)
    case MergeLog.closedKind: worker.desk.isOpen = false
    default: worker.strategy.onEvent(record, &worker.desk)
    }
    sink.drain()
  }
}
