import TickRing
import TickWire

/// Ticks that are ticks already: what another machine's ingester has validated.
///
/// Hot path of a relayed feed. Thread: the ingester.
extension TickPublisher {
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

  /// Whether a tick that was made elsewhere is refused for its age, where that is judged at all.
  /// - Parameter clock: CLOCK_REALTIME, ns.
  mutating func rejectForAge(_ tick: Tick, at clock: UInt64) -> Bool {
    guard limits.age_ns < .max else { return false }
    return rejectForAge(limits.freshness(at: clock, sendTime: tick.timestamp))
  }

  /// Publishes what another machine's ingester has validated. The board learns what it would have
  /// learnt there.
  mutating func relay(_ tick: Tick) {
    let (instrument, kind) = (tick.series.instrument, tick.series.kind ?? .trade)
    switch kind {
    case .status:
      relayStatus(StatusCode(rawValue: tick.quantity), of: instrument)
      return fanOut.publishStatus(tick, of: instrument)
    case .trade: board?.setLast(instrument, price: tick.price, time: tick.timestamp)
    case .tradeBreak: board?.clearLast(instrument)
    default: break
    }
    fanOut.publish(tick, of: instrument, kind)
  }

  mutating func relayQuote(_ bid: Tick, _ ask: Tick) {
    let instrument = bid.series.instrument
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
