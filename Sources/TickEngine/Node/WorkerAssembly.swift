import TickMetrics
import TickRing

/// Makes a worker, be it a thread beside other roles or a process of its own.
struct WorkerAssembly {
  let options: ReplayOptions
  let number: Int
  let waitPolicy: WaitPolicy
  /// The worker's own words, or those of the run.
  let page: SharedRegion
  let directory: SharedRegion
  let rings: WorkerRings
  let delivery: LatencyHistogram
  let strategy: LatencyHistogram

  func make<S: Strategy & ~Copyable>(_: S.Type) throws -> Worker<S> {
    let context = StrategyContext(
      worker: number, workers: options.workers, instrumentsMax: TickPublisher.instrumentsMax,
      subscriptions: options.workerSubscriptions)
    var parameters = StrategyParameters(options.parameters)
    let strategy = try S(parameters: &parameters, context: context)
    try parameters.checkAllTaken()
    var journal: OrderProducer?
    if let region = rings.journal { journal = try OrderProducer(claiming: region.attach()) }
    var merge: MergeLogWriter?
    if let region = rings.merge {
      merge = MergeLogWriter(
        try EventProducer(claiming: region.attach()), control: try control(),
        waitPolicy: waitPolicy)
    }
    let desk = OrderDesk(
      orders: try OrderProducer(claiming: rings.orders.attach()), journal: journal,
      backlog: EventBacklog(try EventConsumer(claiming: rings.events.attach())),
      latency: self.strategy, control: try control(),
      directory: DirectoryReader(try directory.attach()), context: context,
      waitPolicy: waitPolicy, numbers: try numbers())
    return Worker(
      strategy, number: number, ticks: try TickConsumer(claiming: rings.ticks.attach()),
      desk: desk, merge: merge, control: try control(), delivery: delivery,
      waitPolicy: waitPolicy)
  }

  private func control() throws -> ControlPage { ControlPage(try page.attach()) }

  /// The order numbers that a predecessor gave, to go on from.
  private func numbers() throws(RingError) -> Slab<UInt32>? {
    guard let shared = rings.numbers else { return nil }
    var region = try shared.attach()
    try region.claimWriter(.state)
    return unsafe Slab(in: SharedRegion(region), line: 0, count: TickPublisher.instrumentsMax)
  }
}
