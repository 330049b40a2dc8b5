import TickWire

/// The venue's sink: every event becomes one OUCH message in its account's retained stream.
struct VenueStreams: VenueSink, ~Copyable {
  var streams: [RetainedStream] = []
  /// The protocol of every account.
  let dialect: OrderDialect
  /// Exchange time of what happens now, ns since midnight US Eastern; set by the server's loop.
  var time_ns: UInt64 = 0
  /// What the tokens of OUCH 4.2 say beside their numbers.
  var tags = VenueTags()
  /// The accounts' record, where it is kept.
  var truth: VenueTruth?
  /// What goes wrong on the wire of each account; empty: nothing on any.
  var wire: [WireFaults] = []
  var faultCounts = VenueFaultCounts()
  /// The server's clock; for `wire`.
  var now_ns: Int64 = 0

  init(_ dialect: OrderDialect) { self.dialect = dialect }

  mutating func emit(_ event: VenueEvent, to account: UInt32) {
    let time = time_ns
    truth?.note(event, account)
    switch dialect {
    case .ouch50: append(to: account) { event.encode(into: $0, time_ns: time) }
    case .ouch42:
      let tags = tags
      append(to: account) {
        event.encode42(into: $0, time_ns: time) { tags.token($0, of: account) }
      }
    }
  }

  mutating func emit(systemEvent event: UInt8, to account: UInt32) {
    let time = time_ns
    // The same in both dialects.
    append(to: account) { Ouch50.SystemEvent.encode(into: $0, time_ns: time, event: event) }
  }

  mutating func emit(nextUserRefNum number: UInt32, to account: UInt32) {
    let time = time_ns
    append(to: account) {
      Ouch50.AccountQueryResponse.encode(into: $0, time_ns: time, nextUserRefNum: number)
    }
  }

  private mutating func append(to account: UInt32, _ encode: (MutableBytes) -> Int) {
    let length = put(to: account, encode)
    if !wire.isEmpty { disturb(account, length) }
  }

  /// Returns the packet's length.
  private mutating func put(to account: UInt32, _ encode: (MutableBytes) -> Int) -> Int {
    let target = streams[Int(account)].claim()
    let header = SoupBin.headerLength
    let payload = encode(target.slice(at: header, count: target.count - header))
    let length = SoupBin.frame(.sequenced, payload: payload, into: target)
    streams[Int(account)].commit(length)
    return length
  }

  /// What the wire does to the message that was put last.
  private mutating func disturb(_ account: UInt32, _ length: Int) {
    let index = Int(account)
    let isFollowed = wire[index].appended(length: length, end: end(of: account), now_ns: now_ns)
    guard isFollowed else { return }
    faultCounts.unknownMessages += 1
    var faults = wire[index]
    _ = put(to: account) { faults.encodeUnknown(into: $0) }
    wire[index] = faults
    wire[index].hold(end: end(of: account), now_ns: now_ns)
  }

  /// Bytes of an account's stream.
  private func end(of account: UInt32) -> Int {
    let stream = streams[Int(account)]
    return stream.position(of: stream.end) ?? 0  // the end is never forgotten
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
    case .cancelPending(let userRefNum):
      Ouch50.CancelAnswer.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, isReject: false)
    case .cancelRefused(let userRefNum):
      Ouch50.CancelAnswer.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, isReject: true)
    case .massCanceled(let request):
      Ouch50.MassCancelResponse.encode(
        into: target, time_ns: time_ns, userRefNum: request.userRefNum, firm: request.firm,
        symbol: request.symbol)
    case .entrySwitched(let direction, let userRefNum, let firm):
      Ouch50.EntrySwitchResponse.encode(
        direction, into: target, time_ns: time_ns, userRefNum: userRefNum, firm: firm)
    case .broken(let userRefNum, let match, let reason, let id):
      Ouch50.BrokenTrade.encode(
        into: target, time_ns: time_ns, userRefNum: userRefNum, match: match, reason: reason,
        clientOrderId: id)
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
