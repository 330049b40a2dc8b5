/// SoupBinTCP streams, and OUCH messages in both directions. The first byte of an input says how
/// the stream is cut; the rest is the stream.
enum FuzzOrder {
  static let capacity = 2_048

  static func read(_ bytes: Bytes) {
    guard bytes.count > 0 else { return }
    let stream = bytes.slice(at: 1, count: bytes.count - 1)
    let whole = walk(stream, pieceMax: capacity)
    let pieces = walk(stream, pieceMax: 1 + Int(bytes[0]))
    fuzzCheck(whole == pieces, "how TCP cuts a stream changes nothing")
    readMessage(stream)
  }

  /// What came out of a stream, to compare.
  private struct Outcome: Equatable {
    var packets = 0
    var hash: UInt64 = 0
    var fault: SoupBinFramer.Fault?
  }

  private static func walk(_ stream: Bytes, pieceMax: Int) -> Outcome {
    var framer = SoupBinFramer(capacity: capacity)
    var outcome = Outcome()
    var sent = 0
    while sent < stream.count && framer.fault == nil {
      let room = framer.writable
      fuzzCheck(room.count > 0, "there is room once all packets are taken")
      let count = min(room.count, pieceMax, stream.count - sent)
      room.put(stream.slice(at: sent, count: count), at: 0)
      framer.received(count)
      sent += count
      while let packet = framer.next() { take(packet, &outcome) }
    }
    outcome.fault = framer.fault
    fuzzCheck(3 * outcome.packets <= stream.count, "a packet takes three bytes at the least")
    return outcome
  }

  private static func take(_ packet: SoupBinPacket, _ outcome: inout Outcome) {
    outcome.packets += 1
    outcome.hash = outcome.hash &* 31 &+ UInt64(packet.typeByte)
    for offset in 0..<packet.payload.count {
      outcome.hash = outcome.hash &* 31 &+ UInt64(packet.payload[offset])
    }
    fuzzUse(packet.type?.rawValue ?? 0)
    if let login = SoupBinLoginRequest(payload: packet.payload) { fuzzUse(login.sequence) }
    if let accepted = SoupBinLoginAccepted(payload: packet.payload) { fuzzUse(accepted.sequence) }
    readMessage(packet.payload)
  }

  private static func readMessage(_ bytes: Bytes) {
    FuzzOuchInbound.read(bytes)
    FuzzOuchOutbound.read(bytes)
    FuzzOuchAccount.read(bytes)
    FuzzOuch42.read(bytes)
    FuzzDialect.read(bytes)
  }
}

enum FuzzOuchInbound {
  static func read(_ bytes: Bytes) {
    let reading = Ouch50.inbound(bytes)
    if let order = Ouch50.EnterOrder(bytes) {
      fuzzCheck(reading == .message(.enterOrder), "a view is made of whole messages only")
      fuzzUse(order.userRefNum &+ order.quantity)
      fuzzUse(order.symbol.word &+ order.priceE4)
      fuzzUse((order.side?.rawValue ?? 0) &+ (order.timeInForce?.rawValue ?? 0))
      fuzzUse(order.display &+ order.capacity &+ order.sweep &+ order.cross)
      fuzzUse(order.clientOrderId.low)
      fuzzUse(order.appendage.u32(.minimumQuantity) ?? 0)
    }
    if let replace = Ouch50.ReplaceOrder(bytes) {
      fuzzUse(replace.originalUserRefNum &+ replace.userRefNum &+ replace.quantity)
      fuzzUse(replace.priceE4 &+ replace.clientOrderId.high)
      fuzzUse(replace.appendage.u32(.minimumQuantity) ?? 0)
    }
    if let cancel = Ouch50.CancelOrder(bytes) { fuzzUse(cancel.userRefNum &+ cancel.quantity) }
    if let modify = Ouch50.ModifyOrder(bytes) { fuzzUse(modify.userRefNum &+ modify.quantity) }
  }
}

enum FuzzOuchOutbound {
  static func read(_ bytes: Bytes) {
    let reading = Ouch50.outbound(bytes)
    if let accepted = Ouch50.Accepted(bytes) {
      fuzzCheck(reading == .message(.accepted), "a view is made of whole messages only")
      fuzzUse(accepted.time_ns &+ accepted.symbol.word &+ accepted.priceE4)
      fuzzUse(accepted.userRefNum &+ accepted.quantity)
      fuzzUse(accepted.orderReference &+ accepted.clientOrderId.low)
      fuzzUse(accepted.state &+ accepted.capacity &+ accepted.sweep &+ accepted.cross)
      fuzzUse(accepted.appendage.u32(.minimumQuantity) ?? 0)
    }
    if let replaced = Ouch50.Replaced(bytes) {
      fuzzUse(replaced.time_ns &+ replaced.priceE4 &+ replaced.orderReference)
      fuzzUse(replaced.originalUserRefNum &+ replaced.userRefNum &+ replaced.quantity)
      fuzzUse(replaced.state &+ replaced.cross)
      fuzzUse(replaced.appendage.u32(.minimumQuantity) ?? 0)
    }
    if let executed = Ouch50.Executed(bytes) {
      fuzzUse(executed.time_ns &+ executed.priceE4 &+ executed.match)
      fuzzUse(executed.userRefNum &+ executed.quantity)
      fuzzUse(executed.appendage.u32(.minimumQuantity) ?? 0)
    }
    if let canceled = Ouch50.Canceled(bytes) {
      fuzzUse(canceled.time_ns &+ UInt64(canceled.quantity))
      fuzzUse(canceled.reason?.rawValue ?? 0)
    }
    if let canceled = Ouch50.CanceledSelfMatch(bytes) {
      fuzzUse(canceled.preventedQuantity)
      fuzzUse(canceled.priceE4)
    }
    if let rejected = Ouch50.Rejected(bytes) {
      fuzzUse(rejected.reason?.rawValue ?? 0)
      fuzzUse(rejected.clientOrderId.low)
    }
    if let modified = Ouch50.Modified(bytes) { fuzzUse(modified.quantity) }
    if let event = Ouch50.SystemEvent(bytes) { fuzzUse(event.event) }
    if let answer = Ouch50.CancelAnswer(bytes) { fuzzUse(answer.userRefNum) }
    if let broken = Ouch50.BrokenTrade(bytes) { fuzzUse(broken.match) }
    if let answer = Ouch50.AccountQueryResponse(bytes) { fuzzUse(answer.nextUserRefNum) }
  }
}
