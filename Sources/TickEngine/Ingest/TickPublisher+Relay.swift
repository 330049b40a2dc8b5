import TickRing
import TickWire

/// Ticks that are ticks already: what another machine's ingester has validated.
///
/// Hot path of a relayed feed. Thread: the ingester.
extension TickPublisher {
  /// A packet of relayed ticks, which are judged one by one, by their own times.
  mutating func beginRelayed(_ times: ArrivalTimes) {
    fanOut.received = receiveStamp(monotonic_ns: times.received_ns)
    if sendTime == 0 { sendTime = times.clock }
  }

  /// The number of a relayed instrument, under which it is published; nil (counted) if the symbol
  /// is not of a given list, or the directory is full.
  mutating func instrument(of symbol: Symbol, venue: Symbol) -> UInt32? {
    // A given list has no venues.
    if isRestricted { return instrument(of: symbol) }
    let known = directory.count
    guard let number = directory.number(of: symbol.word, venue: venue.word) else {
      reject(.directoryFull)
      return nil
    }
    if directory.count > known { begin(number, symbol) }
    streams[Int(number)] = UInt8(truncatingIfNeeded: stream)
    return number
  }

  /// Counts a tick of an instrument whose name found no number, for the same reason.
  mutating func rejectUnnumbered() { reject(isRestricted ? .unknownSymbol : .directoryFull) }

  /// Whether a tick that was made elsewhere is refused for its age, where that is judged at all:
  /// not of what was asked for again. The first that is not ends the doubt of a clock that was set.
  mutating func rejectForAge(_ tick: Tick, _ times: ArrivalTimes, isRecovered: Bool) -> Bool {
    if !isRecovered {
      if limits.age_ns < .max,
        rejectForAge(limits.freshness(at: times.clock, sendTime: tick.timestamp))
      {
        return true
      }
      if isClockDoubted { trustClock(times.received_ns, at: tick.timestamp) }
    }
    return isRefusedInDoubt && rejectForAge(.stale)
  }

  /// Counts a relayed trade, published or not. Its price is the venue's integer divided once, which
  /// comes back exact.
  mutating func countTrade(_ tick: Tick) {
    guard let priceE4 = Int64(exactly: (tick.price * 10_000).rounded()) else { return }
    countTrade(priceE4: priceE4, size: tick.quantity)
  }

  /// Publishes what another machine's ingester has validated. The board learns what it would have
  /// learnt there.
  mutating func relay(_ tick: Tick) {
    let (instrument, kind) = (tick.series.instrument, tick.series.kind ?? .trade)
    sendTime = tick.timestamp
    switch kind {
    case .status:
      let code = StatusCode(rawValue: tick.quantity)
      relayStatus(code, of: instrument)
      // Told once the clock is trusted.
      if isClockDoubted, instrument == 0, code == .recovered { return }
      return fanOut.publishStatus(tick, of: instrument)
    case .trade: board?.setLast(instrument, price: tick.price, time: tick.timestamp)
    case .tradeBreak: board?.clearLast(instrument)
    default: break
    }
    fanOut.publish(tick, of: instrument, kind)
  }

  mutating func relayQuote(_ bid: Tick, _ ask: Tick) {
    let instrument = bid.series.instrument
    sendTime = ask.timestamp
    noteQuote(instrument, isEmpty: bid.quantity == 0 && ask.quantity == 0)
    board?.setQuote(instrument, bid: bid.price, ask: ask.price, time: ask.timestamp)
    fanOut.publishQuote(bid, ask, of: instrument)
  }

  private mutating func relayStatus(_ code: StatusCode?, of instrument: UInt32) {
    guard instrument == 0 else {
      // A state that is not known is a halt: missing is never healthy.
      return note(code ?? .halted, of: instrument)
    }
    if code != .recovered && code != .degraded { forgetAllPrices() }
  }
}
