import Testing
import TickRing
import TickWire

@testable import TickEngine

/// One tick, to compare.
struct SeenTick: Equatable {
  var instrument: UInt32
  var kind: TickKind
  var time: UInt64
  var price: Double
  var quantity: UInt32

  init(
    _ instrument: UInt32, _ kind: TickKind, _ time: UInt64, _ price: Double, _ quantity: UInt32
  ) {
    self.instrument = instrument
    self.kind = kind
    self.time = time
    self.price = price
    self.quantity = quantity
  }

  init(_ tick: Tick) {
    self.init(
      tick.series.instrument, tick.series.kind!, tick.timestamp, tick.price, tick.quantity)
  }

  static func status(_ instrument: UInt32, _ code: StatusCode, _ time: UInt64) -> SeenTick {
    SeenTick(instrument, .status, time, 0, code.rawValue)
  }
}

/// A feed with real rings, board and directory, and a writer of packets in front of it.
final class FeedBench {
  static let start: UInt64 = 1_500_000_000_000_000_000

  struct Options {
    var workers = 1
    var taps = 0
    /// Of each worker; empty: all wait. Taps wait.
    var policies: [SlowConsumerPolicy] = []
    var subscriptions: [Subscription] = []
    var ringCapacity = 1 << 12
    var limits = ValidationLimits()
    var symbols: [String]?
    var directoryCapacity = 1 << 10
    var restarts = RestartPolicy.follow
    var isDeep = false
  }

  var feed: IexFeed
  private let board: BoardReader
  private let directory: DirectoryReader
  private let consumers: Slab<TickConsumer>
  private let memory = Slab<UInt8>(count: 1 << 16, repeating: 0)
  var stream: IexTpWriter.Stream
  /// Receive time of the next packet, and how long before it the venue sent it, ns.
  var clock = FeedBench.start
  var age: Int64 = 0

  init(_ options: Options = Options()) throws {
    let regions = ReplayRegions(directory: "/dev/shm")
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let names = try regions.make(.directory, capacity: options.directoryCapacity)
    let prices = try regions.make(.board, capacity: options.directoryCapacity)
    var rings: [SharedRegion] = []
    for _ in 0..<(options.workers + options.taps) {
      rings.append(try regions.make(.ticks, capacity: options.ringCapacity))
    }
    var writer = try DirectoryWriter(claiming: names.attach(), venue: Symbol("IEX")!.word)
    for symbol in options.symbols ?? [] { _ = writer.number(of: Symbol(symbol)!.word) }
    let publisher = TickPublisher(
      directory: writer,
      outlets: try Slab<TickOutlet>(count: rings.count) {
        TickOutlet(
          try TickProducer(claiming: rings[$0].attach()),
          policy: $0 < options.policies.count ? options.policies[$0] : .wait, waitPolicy: .share)
      },
      workers: options.workers, subscriptions: options.subscriptions,
      board: try BoardWriter(claiming: prices.attach()),
      control: ControlPage(try page.attach()), limits: options.limits,
      isRestricted: options.symbols != nil)
    feed = IexFeed(publisher: publisher, restarts: options.restarts)
    consumers = try Slab<TickConsumer>(count: rings.count) {
      try TickConsumer(claiming: rings[$0].attach())
    }
    board = BoardReader(try prices.attach())
    directory = DirectoryReader(try names.attach())
    stream = IexTpWriter.Stream(
      messageProtocol: (options.isDeep ? IexProtocol.deep : .tops).rawValue, channel: 1, session: 7)
  }

  static func tops() throws -> FeedBench { try FeedBench() }

  static func deep() throws -> FeedBench {
    var options = Options()
    options.isDeep = true
    return try FeedBench(options)
  }

  // MARK: In

  /// One packet; the next one follows it in the sequence. False if the feed refused to go on.
  @discardableResult
  func send(advance: Bool = true, _ body: (inout IexTpWriter) -> Void = { _ in }) -> Bool {
    let bytes = memory.mutableBytes
    var writer = IexTpWriter(into: bytes)
    body(&writer)
    stream.sendTimeNs = Int64(clock) - age
    let length = writer.finish(stream)
    if advance { stream.firstSequence += UInt64(writer.count) }
    return feed.ingest(bytes.bytes.slice(at: 0, count: length), clock: clock, received_ns: clock)
  }

  /// A packet of messages byte by byte, whose header may lie.
  func send(_ messages: [[UInt8]], payload: Int? = nil, count: Int? = nil, version: UInt8 = 1) {
    let bytes = memory.mutableBytes
    stream.sendTimeNs = Int64(clock) - age
    var used = IexTpWriter(into: bytes).finish(stream)
    for message in messages {
      bytes.put(u16le: UInt16(message.count), at: used)
      for (index, byte) in message.enumerated() { bytes.put(u8: byte, at: used + 2 + index) }
      used += 2 + message.count
    }
    bytes.put(u8: version, at: 0)
    bytes.put(u16le: UInt16(payload ?? used - 40), at: 12)
    bytes.put(u16le: UInt16(count ?? messages.count), at: 14)
    stream.firstSequence += UInt64(count ?? messages.count)
    _ = feed.ingest(bytes.bytes.slice(at: 0, count: used), clock: clock, received_ns: clock)
  }

  func head(_ symbol: String, flags: UInt8 = 0, time: UInt64? = nil) -> IexTpWriter.Head {
    IexTpWriter.Head(
      flags: flags, exchangeTimeNs: Int64(time ?? clock), symbol: Symbol(symbol)!)
  }

  func quote(
    _ symbol: String, _ bid: Int64, _ ask: Int64, bidSize: UInt32 = 100, askSize: UInt32 = 200,
    flags: UInt8 = 0
  ) {
    send { writer in
      writer.quote(
        head(symbol, flags: flags), bidSize: bidSize, bidPriceE4: bid, askPriceE4: ask,
        askSize: askSize)
    }
  }

  func trade(_ symbol: String, _ price: Int64, size: UInt32 = 10, flags: UInt8 = 0) {
    send { writer in
      writer.trade(
        head(symbol, flags: flags), IexTradeFields(size: size, priceE4: price, tradeId: 1))
    }
  }

  func level(
    _ symbol: String, _ side: BookSide, _ price: Int64, _ size: UInt32, completes: Bool = true
  ) {
    send { writer in
      writer.priceLevel(
        head(symbol, flags: completes ? 1 : 0), isBuy: side == .bid, size: size, priceE4: price)
    }
  }

  func status(_ symbol: String, _ code: Character, time: UInt64? = nil) {
    send { writer in
      writer.tradingStatus(head(symbol, flags: code.asciiValue!, time: time), reason: 0)
    }
  }

  func operationalHalt(_ symbol: String, _ code: Character) {
    send { writer in writer.operationalHalt(head(symbol, flags: code.asciiValue!)) }
  }

  // MARK: Out

  /// What a ring got since it was last asked.
  func ticks(_ ring: Int = 0) -> [SeenTick] {
    var seen: [SeenTick] = []
    var tick = Tick()
    while consumers[ring].poll(&tick) { seen.append(SeenTick(tick)) }
    return seen
  }

  /// The board's line of an instrument; a missing one fails every claim about it.
  func entry(_ instrument: UInt32) throws -> BoardEntry {
    let entry = board.read(instrument)
    return try #require(entry)
  }

  var instruments: Int { directory.count }

  func symbol(_ instrument: UInt32) -> Symbol? {
    directory.symbol(instrument).map { Symbol(word: $0) }
  }

  var counts: FeedCounts { feed.counts }
  var tickCounts: TickCounts { feed.publisher.counts }

  func rejected(_ reason: TickRejection) -> UInt64 { tickCounts.rejected[reason.rawValue] }

  var rejectedInAll: UInt64 { TickRejection.allCases.reduce(0) { $0 + rejected($1) } }

  /// A bid and an ask tick as they must come, of prices in 1e-4.
  func pair(
    _ instrument: UInt32, _ bid: Int64, _ ask: Int64, _ bidSize: UInt32 = 100,
    _ askSize: UInt32 = 200
  ) -> [SeenTick] {
    [
      SeenTick(instrument, .bid, clock, Double(bid) / 10_000, bidSize),
      SeenTick(instrument, .ask, clock, Double(ask) / 10_000, askSize),
    ]
  }

  func empty(_ instrument: UInt32) -> [SeenTick] { pair(instrument, 0, 0, 0, 0) }

  /// What a refused quote makes of the one before.
  func withdrawn(_ instrument: UInt32) -> [SeenTick] {
    [.status(instrument, .invalidQuote, clock)] + empty(instrument)
  }
}
