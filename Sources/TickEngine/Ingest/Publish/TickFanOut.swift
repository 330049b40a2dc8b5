import TickRing

/// Ticks to the rings of those who take them: the workers' by their subscriptions, and the taps,
/// which take every tick (the venue's, the recorder's).
///
/// Hot path. Thread: the ingester, alone. Lines written: the rings' slots, its own words. A tick is
/// counted once however many workers take it, the further copies apart.
struct TickFanOut: ~Copyable {
  /// The workers', then the taps.
  private let outlets: Slab<TickOutlet>
  private let workers: Int
  private var table: SubscriptionTable
  /// One ring that takes everything: no look-up.
  private let isSingle: Bool
  private let control: ControlPage
  /// Receive time of the packet whose ticks are published, as a commit word carries it.
  var received: UInt32 = 0

  /// Quotes, of two ticks each; all other ticks are counted by kind.
  private var quotes: UInt64 = 0
  private(set) var copies: UInt64 = 0
  /// Ticks of instruments that no worker takes.
  private(set) var unsubscribed: UInt64 = 0
  private let byKind = Slab(count: 16, repeating: UInt64(0))

  /// - Parameter subscriptions: one for each worker; the outlets after theirs are taps.
  init(
    outlets: consuming Slab<TickOutlet>, subscriptions: [Subscription],
    control: consuming ControlPage
  ) {
    table = SubscriptionTable(subscriptions, rings: outlets.count)
    workers = subscriptions.count
    isSingle = outlets.count == 1 && (subscriptions[0] == .all || subscriptions[0] == .share)
    for ring in 0..<outlets.count {
      let isTap = ring >= subscriptions.count
      outlets[ring].consumerCode = UInt64(
        isTap ? ControlPage.capacity + ring - subscriptions.count : ring + 1)
    }
    self.outlets = outlets
    self.control = control
  }

  /// To be called before the first tick of an instrument.
  mutating func add(_ instrument: UInt32, symbol: UInt64) {
    table.add(instrument, symbol: symbol)
  }

  // MARK: Publishing

  @inline(__always)
  private static func next(_ rings: inout UInt64) -> Int {
    let ring = rings.trailingZeroBitCount
    rings &= rings - 1
    return ring
  }

  /// Publishes a trade, a break or an auction.
  @inline(__always)
  mutating func publish(_ tick: Tick, of instrument: UInt32, _ kind: TickKind) {
    guard isSingle else { return publishToMany(tick, of: instrument, kind) }
    if !outlets[0].publish(tick, received: received) { publishSlowly(tick, of: instrument, 0) }
    byKind[Int(kind.rawValue)] += 1
  }

  @inline(never)
  private mutating func publishSlowly(_ tick: Tick, of instrument: UInt32, _ ring: Int) {
    outlets[ring].publishSlowly(tick, of: instrument, received: received, control: control)
  }

  @inline(never)
  private mutating func publishToMany(_ tick: Tick, of instrument: UInt32, _ kind: TickKind) {
    var left = table[instrument]
    while left != 0 {
      let ring = TickFanOut.next(&left)
      if !outlets[ring].publish(tick, received: received) {
        publishSlowly(tick, of: instrument, ring)
      }
    }
    if count(table[instrument], ticks: 1) { byKind[Int(kind.rawValue)] += 1 }
  }

  /// Publishes a quote: both ticks or, ring by ring, neither.
  @inline(__always)
  mutating func publishQuote(_ bid: Tick, _ ask: Tick, of instrument: UInt32) {
    guard isSingle else { return publishQuoteToMany(bid, ask, of: instrument) }
    if !outlets[0].publishQuote(bid, ask, received: received) {
      publishQuoteSlowly(bid, ask, of: instrument, 0)
    }
    quotes += 1
  }

  @inline(never)
  private mutating func publishQuoteSlowly(
    _ bid: Tick, _ ask: Tick, of instrument: UInt32, _ ring: Int
  ) {
    outlets[ring].publishQuoteSlowly(
      bid, ask, of: instrument, received: received, control: control)
  }

  @inline(never)
  private mutating func publishQuoteToMany(_ bid: Tick, _ ask: Tick, of instrument: UInt32) {
    var left = table[instrument]
    while left != 0 {
      let ring = TickFanOut.next(&left)
      if !outlets[ring].publishQuote(bid, ask, received: received) {
        publishQuoteSlowly(bid, ask, of: instrument, ring)
      }
    }
    if count(table[instrument], ticks: 2) { quotes += 1 }
  }

  mutating func publishStatus(_ tick: Tick, of instrument: UInt32) {
    var left = table[instrument]
    while left != 0 {
      let ring = TickFanOut.next(&left)
      outlets[ring].publishStatus(tick, of: instrument, received: received, control: control)
    }
    if count(table[instrument], ticks: 1) { byKind[Int(TickKind.status.rawValue)] += 1 }
  }

  /// Publishes a status of the whole feed to every ring.
  mutating func publishToAll(_ code: StatusCode, time: UInt64) {
    let tick = Tick(
      timestamp: time, symbolId: Series(instrument: 0, kind: .status).id, price: 0,
      quantity: code.rawValue)
    for ring in 0..<outlets.count {
      outlets[ring].publishStatus(tick, of: 0, received: received, control: control)
    }
    if count(table.workerMask, ticks: 1) { byKind[Int(TickKind.status.rawValue)] += 1 }
  }

  /// Counts copies, and what no worker takes.
  /// - Returns: whether any takes it.
  private mutating func count(_ takers: UInt64, ticks: UInt64) -> Bool {
    let workers = (takers & table.workerMask).nonzeroBitCount
    guard workers > 0 else {
      unsubscribed += ticks
      return false
    }
    copies += UInt64(workers - 1) * ticks
    return true
  }

  // MARK: Quiet and the end

  /// Says in each ring that its producer lives.
  /// - Parameter now: CLOCK_MONOTONIC, ns.
  mutating func beat(_ now: UInt64) {
    for ring in 0..<outlets.count { outlets[ring].ring.beat(monotonic_ns: now) }
  }

  /// Publishes what waits for room, as far as there is some.
  mutating func idle() {
    for ring in 0..<outlets.count { outlets[ring].idle(received: received) }
  }

  /// The same for the last time: what finds no room is lost.
  /// - Parameter time: exchange time of the end, ns since the Unix epoch.
  mutating func end(time: UInt64) {
    for ring in 0..<outlets.count { outlets[ring].end(time: time, received: received) }
  }

  // MARK: Reports

  var published: UInt64 {
    var sum = quotes * 2
    for kind in 0..<byKind.count { sum += byKind[kind] }
    return sum
  }

  /// Adds what went out. A gap told to one ring is a tick published, too.
  func addCounts(to counts: inout TickCounts) {
    counts.published = published
    counts.copies = copies
    counts.unsubscribed = unsubscribed
    for kind in 0..<byKind.count { counts.byKind[kind] = byKind[kind] }
    for kind in [TickKind.bid, .ask] { counts.byKind[Int(kind.rawValue)] = quotes }
    for ring in 0..<workers {
      let outlet = outlets[ring].counts
      counts.published += outlet.gapsTold
      counts.byKind[Int(TickKind.status.rawValue)] += outlet.gapsTold
    }
    for ring in 0..<outlets.count { counts.abandoned += outlets[ring].abandoned }
  }

  var ringCount: Int { outlets.count }

  /// Whether somebody has published to a ring before.
  var isContinued: Bool {
    for ring in 0..<outlets.count where outlets[ring].committedBefore > 0 { return true }
    return false
  }

  func counts(ofRing ring: Int) -> OutletCounts { outlets[ring].counts }

  /// Ticks ever published to a ring, ticks that its consumer has advanced past, slots.
  func progress(ofRing ring: Int) -> (published: UInt64, advanced: UInt64, capacity: Int) {
    (outlets[ring].ring.published, outlets[ring].ring.advanced, outlets[ring].ring.capacity)
  }
}
