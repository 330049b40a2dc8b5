import TickRing

/// What concerns the whole feed or a stream of it: the state of its lines, losses, a sequence that
/// begins anew. Every strategy is told before the next tick; the board keeps no price that nothing
/// vouches for.
///
/// Off the hot path: a walk over all instruments. Thread: the ingester.
extension TickPublisher {
  /// A change in the state of the feed's lines: told to every strategy before the next tick.
  /// Prices and books stay as they are.
  mutating func feedStatus(_ code: StatusCode, time: UInt64) {
    fanOut.publishToAll(code, time: time)
  }

  /// The lines of the feed came, went or fell silent: strategies are told before the next tick.
  /// - Parameter time: what dates it until a market time is known, ns since the Unix epoch.
  mutating func feedChanged(to state: FeedState, time: UInt64) {
    feedState = state
    let time = statusTime(at: time)
    // Told once a packet is fresh by the clock.
    if isClockDoubted, state == .live || state == .degraded { return }
    // The gate must not take the last prices for prices while no line is live.
    if state == .stale || state == .closed { forgetAllPrices() }
    switch state {
    case .live: feedStatus(.recovered, time: time)
    case .degraded: feedStatus(.degraded, time: time)
    case .stale, .closed: feedStatus(.stale, time: time)
    case .neverSeen: break
    }
  }

  /// The clock that ages are judged by was set. Nobody knows how old the prices known so far are,
  /// and the feed is stale until a packet that comes in from now on is fresh by the new time.
  /// - Parameter now: CLOCK_MONOTONIC, ns.
  mutating func doubtClock(_ now: UInt64) {
    doubted_ns = now
    guard !isClockDoubted else { return }
    isClockDoubted = true
    forgetAllPrices()
    feedStatus(.stale, time: sendTime)
  }

  /// The time of a status that is this machine's, not the venue's: the last market time known. The
  /// clock, which may be far ahead, would let every timer ring that the strategies have set; it
  /// dates only what comes before there is a market time.
  mutating func statusTime(at clock: UInt64) -> UInt64 { sendTime == 0 ? clock : sendTime }

  /// A packet is begun while the clock is doubted. What is not the proof that ends this has no age:
  /// it was held back, and read by the clock as it was, or asked for again.
  @inline(never)
  mutating func judgeInDoubt(_ received_ns: UInt64, isRecovered: Bool) {
    guard freshness == .fresh else { return }
    if !isRecovered { trustClock(received_ns, at: sendTime) }
    if isRefusedInDoubt { freshness = .stale }
  }

  /// Whether quotes and trades without an age are refused now.
  var isRefusedInDoubt: Bool {
    mutating get { isClockDoubted && limits.age_ns < .max }
  }

  /// What came in is fresh, by the clock as it was read then.
  /// - Parameters:
  ///   - received_ns: receive time, CLOCK_MONOTONIC.
  ///   - time: its market time, ns since the Unix epoch.
  @inline(never)
  mutating func trustClock(_ received_ns: UInt64, at time: UInt64) {
    guard received_ns >= doubted_ns else { return }
    isClockDoubted = false
    sendTime = time
    feedChanged(to: feedState, time: time)
  }

  /// Messages of a stream were lost: its prices known so far vouch for nothing.
  /// Of a sequence that is over: prices of the one that goes on are not touched.
  mutating func gap(stream: Int, time: UInt64, isOfPast: Bool = false) {
    if !isOfPast { forEachInstrument(of: stream) { $0.forgetPrices($1) } }
    fanOut.publishToAll(.gap, time: time)
  }

  /// Books of a stream that are built of many messages lack some, and stay wrong until its
  /// sequence begins anew.
  mutating func suspectBooks(stream: Int) {
    suspectStreams |= 1 << UInt64(stream)
    forEachInstrument(of: stream) { publisher, instrument in
      publisher.suspectBook(instrument)
    }
  }

  mutating func suspectBook(_ instrument: UInt32) {
    states[Int(instrument)].insert(.suspect)
    tellBoardOfDoubt(instrument)
  }

  /// A stream began its sequence anew: its books are empty and whole. Halts hold until the venue
  /// says otherwise.
  mutating func restart(stream: Int, time: UInt64) {
    suspectStreams &= ~(1 << UInt64(stream))
    forEachInstrument(of: stream) { publisher, instrument in
      publisher.states[Int(instrument)].subtract([.suspect, .quoted, .quotedHalted])
      publisher.forgetPrices(instrument)
    }
    fanOut.publishToAll(.restart, time: time)
  }

  /// A fresh session of a replay; every ring is empty when this is called.
  mutating func beginSession() {
    suspectStreams = 0
    for instrument in 1..<(UInt32(directory.count) + 1) {
      states[Int(instrument)] = []
      board?.clear(instrument)
    }
  }

  private mutating func forEachInstrument(
    of stream: Int, _ body: (inout TickPublisher, UInt32) -> Void
  ) {
    for instrument in 1..<(UInt32(directory.count) + 1)
    where isInstrument(instrument, ofStream: stream) {
      body(&self, instrument)
    }
  }

  private mutating func forgetPrices(_ instrument: UInt32) {
    board?.clear(instrument)
    // The board has forgotten halts and doubts with the prices; they hold.
    tellBoardOfDoubt(instrument)
  }

  /// No price known so far vouches for anything.
  mutating func forgetAllPrices() {
    for instrument in 1..<(UInt32(directory.count) + 1) { forgetPrices(instrument) }
  }
}
