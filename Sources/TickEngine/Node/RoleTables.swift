import TickRing
import TickWire

/// One table that a role has for itself, made at its start.
public struct PlannedTable: Equatable, Sendable {
  public let set: Int
  /// `ingester`, `worker-0`.
  public let role: String
  public let user: String
  public let byteCount: Int
  public let node: Int?
}

/// What each role allocates for itself, a line for each user (ARCHITECTURE.md, "Memory plan"): as
/// many elements as its tables are made with, of the size that the types have. What is smaller than
/// a few pages is not listed.
struct RoleTables {
  private static let instruments = TickPublisher.instrumentsMax

  private let configuration: NodeConfiguration
  private let role: NodePlacement.Role
  private(set) var tables: [PlannedTable] = []

  init(_ configuration: NodeConfiguration, _ role: NodePlacement.Role) {
    self.configuration = configuration
    self.role = role
    switch role.kind {
    case .ingester: ingester()
    case .worker: worker(configuration.sets[role.set].workers[role.number])
    case .sender: sender(configuration.risk.limits ?? .simulation)
    case .venue: venue()
    }
  }

  private mutating func add(_ user: String, _ byteCount: Int) {
    guard byteCount > 0 else { return }
    tables.append(
      PlannedTable(
        set: role.set, role: role.name, user: user, byteCount: byteCount, node: role.node))
  }

  private mutating func add<Element>(_ user: String, _ count: Int, of _: Element.Type) {
    add(user, count * MemoryLayout<Element>.stride)
  }

  // MARK: Ingester

  private mutating func ingester() {
    let feed = configuration.feed
    let instruments = RoleTables.instruments
    add("symbols to instruments", instruments * 2, of: (UInt64, UInt64).self)
    add("who takes an instrument", instruments, of: UInt64.self)
    if feed.feed == .ticks {
      add("instruments of the relay", instruments, of: RelayedInstrument.self)
    } else {
      add("price levels", PriceLevelBooks.levelsMax, of: PriceLevelBooks.Level.self)
      add("sides of the books", instruments * 2, of: PriceLevelBooks.Side.self)
      add("tops last published", instruments, of: TopOfBook.self)
    }
    for (number, worker) in configuration.sets[role.set].workers.enumerated() {
      guard worker.policy == .conflate else { continue }
      add("quotes held for worker \(number)", instruments, of: HeldQuote.self)
    }
    let lines = feed.lineB == nil ? 1 : 2
    let datagrams = DatagramTables(datagramBytes_max: feed.datagramBytes_max, lines: lines)
    add("packets held behind holes", datagrams.heldBytes)
    add("packets in doubt", datagrams.doubtedBytes)
    add("arrivals remembered", LineTable.arrivalsMax, of: LineTable.Arrival.self)
    add("datagrams of the lines", datagrams.receivedBytes)
    add("the kernel's receive buffers, at most", lines * 2 * feed.receiveBufferBytes)
  }

  // MARK: Worker

  private mutating func worker(_ worker: NodeConfiguration.Worker) {
    let instruments = RoleTables.instruments
    add("last quotes", instruments, of: Quote.self)
    add("event backlog", EventBacklog.capacity, of: OrderEvent.self)
    if configuration.sets[role.set].subscriptions.values.contains(where: \.isOfSymbols) {
      add("whose instruments are", instruments, of: OwnInstruments.Standing.self)
    }
    add("\(worker.strategy.rawValue)'s tables", RoleTables.byteCount(of: worker.strategy))
  }

  static func byteCount(of strategy: BuiltinStrategy) -> Int {
    let each =
      switch strategy {
      case .none: 0
      case .momentum:
        MemoryLayout<Double>.stride + MemoryLayout<Quote>.stride + MemoryLayout<Int64>.stride
          + MemoryLayout<TradingHalt>.stride
      case .marketMaker: MemoryLayout<MarketMakerStrategy.Book>.stride
      }
    return instruments * each
  }

  // MARK: Sender

  private mutating func sender(_ limits: RiskLimits) {
    let instruments = RoleTables.instruments
    add("lists of orders and their edges", instruments * 2, of: OpenOrders.Side.self)
    add("fills remembered", OrderBook.fillsRemembered, of: FillTable.Fill.self)
    add("exposure", RoleTables.exposureByteCount(strategies: limits.strategiesMax))
    add("holdings", RoleTables.positionsByteCount(strategies: limits.strategiesMax))
    add("reference data, twice while it is reloaded", instruments * 2, of: ReferenceLine.self)
    add(
      "order id to place", OrderPool.slots(limits.openOrdersMax), of: OrderIndex.Entry.self)
    add("cancels due", OrderPool.slots(limits.openOrdersMax), of: DueCancels.Links.self)
    add("times of the last orders", limits.ordersPerSecondMax, of: UInt64.self)
    add(
      "times of the last executions", limits.strategiesMax * limits.repeatedExecutionsMax,
      of: UInt64.self)
    if limits.duplicateWindow_ns > 0 {
      add("orders that may be repeated", RoleTables.repeatedByteCount(limits))
    }
    guard configuration.venue.place != .none else { return }
    add("bytes out and in", VenueSession.outBytes + VenueSession.inBytes)
  }

  static func exposureByteCount(strategies: Int) -> Int {
    let shares = strategies * MemoryLayout<Exposure.Share>.stride
    return instruments
      * (MemoryLayout<Exposure.Line>.stride + shares + MemoryLayout<UInt32>.stride)
  }

  static func positionsByteCount(strategies: Int) -> Int {
    let holdings = PositionOptions(equityE4: 0, strategyEquityE4: 0).holdingsMax
    return (instruments * (strategies + 1) + holdings) * MemoryLayout<UInt32>.stride
  }

  private static func repeatedByteCount(_ limits: RiskLimits) -> Int {
    let needed = RepeatedOrders.entriesNeeded(
      ordersPerSecond: limits.ordersPerSecondMax, window_ns: limits.duplicateWindow_ns)
    var slots = 1
    while slots < needed { slots *= 2 }
    return slots * MemoryLayout<SentOrder>.stride
      + min(slots, RepeatedOrders.headsMax) * MemoryLayout<UInt64>.stride
  }

  // MARK: Venue

  private mutating func venue() {
    let (limits, options) = (MatchingLimits(), VenueOptions())
    add("books", limits.instruments, of: VenueBook.self)
    add("resting orders", limits.restingOrders, of: RestingOrder.self)
    let kept = "messages kept for replay, growing to \(options.retainedBytesMax) an account"
    add(kept, options.retainedChunkBytes)
  }
}

extension Subscription {
  fileprivate var isOfSymbols: Bool {
    if case .symbols = self { true } else { false }
  }
}
