import TickRing
import TickWire

/// MoldUDP64 with the ticks of a ring elsewhere, as `tickway relay` sends them: the same ticks, in
/// the same order, under the numbers of this machine's directory. They were validated where they
/// were made, so nothing is judged here but whether they can be ticks; and, if that is asked for,
/// the age of quotes and trades: by their exchange time, since a relay has no sending time.
///
/// Hot path. Thread: the ingester, alone. No allocation, lock or system call.
struct TickFeedDecoder: ~Copyable, MoldDecoder {
  var counts = FeedCounts()
  var publisher: TickPublisher
  private var relay: TickRelayDecoder
  /// A bid whose ask has not come yet: they are published together.
  private var bid: Tick?
  private var times = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
  private var isRecovered = false

  /// - Parameter memory: what a predecessor left; nil: there was none.
  init(publisher: consuming TickPublisher, memory: FeedMemory? = nil) {
    self.publisher = publisher
    if let memory {
      relay = TickRelayDecoder(numbers: memory.relayedNumbers())
    } else {
      relay = TickRelayDecoder()
    }
  }

  mutating func begin(_ packet: SequencedPacket, _ times: ArrivalTimes, isRecovered: Bool) {
    self.times = times
    self.isRecovered = isRecovered
    // No mark for what was asked for again: the ticks are the relay's, byte for byte.
    publisher.beginRelayed(times)
  }

  mutating func judged(_ verdict: SequenceVerdict, _ packet: SequencedPacket) {
    if verdict.isRestart || verdict.isNewSession {
      relay.restart()
      forgetBid()
      publisher.restart(stream: verdict.stream, time: publisher.statusTime(at: times.clock))
    }
    if verdict.missing > 0 {
      if !verdict.isOfPast { forgetBid() }
      publisher.gap(
        stream: verdict.stream, time: publisher.statusTime(at: times.clock),
        isOfPast: verdict.isOfPast)
    }
    publisher.beginMessages(stream: verdict.stream)
  }

  mutating func take(_ message: Bytes) {
    switch relay.decode(message) {
    case .tick(let tick): take(tick)
    case .entry(let entry):
      counts.entries += 1
      guard let number = publisher.instrument(of: entry.symbol, venue: entry.venue) else { return }
      relay.assign(entry.instrument, number: number)
    case .repeated: counts.entries += 1
    case .rejected(.unnamed): publisher.reject(.unnamed)
    case .rejected(.unnumbered): publisher.rejectUnnumbered()
    case .rejected(.malformed), .rejected(.conflicting): counts.malformed += 1
    }
  }

  mutating func end() {
    forgetBid()
    publisher.end()
  }

  /// Its ask does not come any more.
  private mutating func forgetBid() {
    guard bid.take() != nil else { return }
    publisher.reject(.halfQuote)
  }

  private mutating func take(_ tick: Tick) {
    // Half a quote is no quote, whichever half.
    if let first = bid.take() {
      if tick.series.kind == .ask, tick.series.instrument == first.series.instrument {
        return isRefused(tick)
          ? publisher.withdrawQuote(first.series.instrument, time: tick.timestamp)
          : publisher.relayQuote(first, tick)
      }
      publisher.reject(.halfQuote)
    }
    switch tick.series.kind {
    case .bid: bid = tick
    case .ask: publisher.reject(.halfQuote)
    case .trade, .tradeNoLast:
      publisher.countTrade(tick)
      if !isRefused(tick) { publisher.relay(tick) }
    default: publisher.relay(tick)
    }
  }

  private mutating func isRefused(_ tick: Tick) -> Bool {
    publisher.rejectForAge(tick, times, isRecovered: isRecovered)
  }

  func messages(ofType type: Int) -> UInt64 { 0 }
}
