import TickWire

/// The venue's sink: every event becomes one OUCH message in its account's retained stream.
struct VenueStreams: VenueSink, ~Copyable {
  var streams: [RetainedStream] = []
  /// Exchange time of what happens now, ns since midnight US Eastern; set by the server's loop.
  var time_ns: UInt64 = 0

  mutating func emit(_ event: VenueEvent, to account: UInt32) {
    let time = time_ns
    append(to: account) { event.encode(into: $0, time_ns: time) }
  }

  mutating func emit(systemEvent event: UInt8, to account: UInt32) {
    let time = time_ns
    append(to: account) { Ouch50.SystemEvent.encode(into: $0, time_ns: time, event: event) }
  }

  mutating func emit(nextUserRefNum number: UInt32, to account: UInt32) {
    let time = time_ns
    append(to: account) {
      Ouch50.AccountQueryResponse.encode(into: $0, time_ns: time, nextUserRefNum: number)
    }
  }

  private mutating func append(to account: UInt32, _ encode: (MutableBytes) -> Int) {
    let target = streams[Int(account)].claim()
    let header = SoupBin.headerLength
    let length = encode(target.slice(at: header, count: target.count - header))
    streams[Int(account)].commit(SoupBin.frame(.sequenced, payload: length, into: target))
  }
}

extension VenueEvent {
  /// Writes the event as an OUCH message; returns its length.
  func encode(into target: MutableBytes, time_ns: UInt64) -> Int {
    switch self {
    case .accepted(let order, let reference):
      order.encodeAccepted(into: target, time_ns: time_ns, reference: reference)
    case .replaced(let order, let original, let reference):
      order.encodeReplaced(into: target, time_ns: time_ns, original: original, reference: reference)
    case .rejected(let userRefNum, let reason, let id):
      Ouch50.Rejected.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, reason: reason, clientOrderId: id)
    case .executed(let userRefNum, let quantity, let priceE4, let liquidity, let match):
      Ouch50.Executed.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, quantity: quantity,
        priceE4: priceE4, liquidity: liquidity, match: match)
    case .canceled(let userRefNum, let quantity, let reason):
      Ouch50.Canceled.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, quantity: quantity, reason: reason)
    case .modified(let userRefNum, let side, let quantity):
      Ouch50.Modified.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, side: side, quantity: quantity)
    }
  }
}

extension VenueOrderRequest {
  // An order that was let in has a side and a time in force.

  fileprivate func encodeAccepted(
    into target: MutableBytes, time_ns: UInt64, reference: UInt64
  ) -> Int {
    Ouch50.Accepted.encode(
      into: target, time_ns: time_ns, userRefNum: userRefNum, side: side!, quantity: quantity,
      symbol: symbol, priceE4: priceE4, timeInForce: timeInForce!, display: display,
      orderReference: reference, capacity: capacity, sweep: sweep, cross: cross,
      state: Ouch50.stateLive, clientOrderId: clientOrderId)
  }

  fileprivate func encodeReplaced(
    into target: MutableBytes, time_ns: UInt64, original: UInt32, reference: UInt64
  ) -> Int {
    Ouch50.Replaced.encode(
      into: target, time_ns: time_ns, originalUserRefNum: original, userRefNum: userRefNum,
      side: side!, quantity: quantity, symbol: symbol, priceE4: priceE4,
      timeInForce: timeInForce!, display: display, orderReference: reference, capacity: capacity,
      sweep: sweep, cross: cross, state: Ouch50.stateLive, clientOrderId: clientOrderId)
  }
}
