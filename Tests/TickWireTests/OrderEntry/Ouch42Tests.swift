import Testing

@testable import TickWire

struct Ouch42Tests {
  typealias O = Ouch42
  static let symbol = Symbol("ZIEXT")!
  static let firm = FixedText("LIME")!
  static let price: UInt32 = 0x0102_0304
  static let seven = O.Token(7, tag: O.Token.tagMax)
  static let two = O.Token(2)

  static let entered = WireBuffer.encoded {
    O.EnterOrder.encode(
      into: $0, token: seven, side: .sellShort, quantity: 100, symbol: symbol, priceE4: price,
      timeInForce: .immediateOrCancel, firm: firm, display: 1, capacity: 2, sweep: 3,
      minimumQuantity: 40, cross: 4, customer: O.customerRetail)
  }

  static let inbound: [WireBuffer] = [
    entered,
    .encoded {
      O.ReplaceOrder.encode(
        into: $0, replacing: seven, token: O.Token(8, tag: 3), quantity: 9, priceE4: price,
        timeInForce: .systemHours, display: 1, sweep: 2, minimumQuantity: 3)
    },
    .encoded { O.CancelOrder.encode(into: $0, token: seven, quantity: 30) },
    .encoded { O.ModifyOrder.encode(into: $0, token: seven, side: .sell, quantity: 5) },
  ]

  static func accepted(replacing previous: O.Token?, state: UInt8) -> WireBuffer {
    .encoded {
      O.Accepted.encode(
        into: $0, time_ns: 1, token: seven, replacing: previous, side: .sellShort, quantity: 100,
        symbol: symbol, priceE4: price, timeInForce: .immediateOrCancel, firm: firm, display: 1,
        orderReference: 5, capacity: 2, sweep: 3, minimumQuantity: 40, cross: 4, state: state,
        bboWeight: 6)
    }
  }

  static func executed(_ extend: (MutableBytes) -> Int? = { _ in nil }) -> WireBuffer {
    .encoded {
      let length = O.Executed.encode(
        into: $0, time_ns: 1, token: two, quantity: 3, priceE4: price, liquidity: 4, match: 5)
      return extend($0) ?? length
    }
  }

  static func canceled(_ extend: (MutableBytes) -> Int? = { _ in nil }) -> WireBuffer {
    .encoded {
      let length = O.Canceled.encode(
        into: $0, time_ns: 1, token: two, quantity: 3, reason: 0x55)
      return extend($0) ?? length
    }
  }

  static let outbound: [WireBuffer] = [
    .encoded { O.SystemEvent.encode(into: $0, time_ns: 1, event: Ouch50.eventEndOfDay) },
    accepted(replacing: nil, state: Ouch50.stateLive),
    accepted(replacing: O.Token(6, tag: 4), state: Ouch50.stateDead),
    canceled(),
    canceled { O.Canceled.extend($0, preventedQuantity: 4, priceE4: price, liquidity: 5) },
    executed(),
    executed { O.Executed.extend($0, referencePriceE4: 6, referenceType: 0x49) },
    executed { O.Executed.extend($0, correctionReason: 0x4E) },
    .encoded {
      O.BrokenTrade.encode(into: $0, time_ns: 1, token: two, match: 3, reason: 0x45)
    },
    .encoded { O.Rejected.encode(into: $0, time_ns: 1, token: two, reason: .halted) },
    .encoded { O.CancelAnswer.encode(into: $0, time_ns: 1, token: two, isReject: false) },
    .encoded { O.CancelAnswer.encode(into: $0, time_ns: 1, token: two, isReject: true) },
    .encoded {
      O.PriorityUpdate.encode(
        into: $0, time_ns: 1, token: two, priceE4: price, display: 3, orderReference: 4)
    },
    .encoded { O.Modified.encode(into: $0, time_ns: 1, token: two, side: .sell, quantity: 3) },
  ]

  @Test func theLengthsAreTheSpecifications() {
    #expect(Self.inbound.map(\.length) == [49, 47, 19, 20])
    #expect(
      Self.outbound.map(\.length)
        == [10, 66, 80, 28, 37, 40, 45, 41, 32, 24, 23, 23, 36, 28])
  }

  @Test func requestsSurviveTheRoundTrip() throws {
    let order = try #require(O.EnterOrder(Self.inbound[0].bytes))
    #expect(order.token == Self.seven && order.side == .sellShort && order.quantity == 100)
    #expect(order.symbol == Self.symbol && order.priceE4 == Self.price)
    #expect(order.timeInForce == .immediateOrCancel && order.firm == Self.firm)
    #expect(order.display == 1 && order.capacity == 2 && order.sweep == 3)
    #expect(order.minimumQuantity == 40 && order.cross == 4)
    #expect(order.customer == O.customerRetail)
    let replace = try #require(O.ReplaceOrder(Self.inbound[1].bytes))
    #expect(replace.originalToken == Self.seven && replace.token == O.Token(8, tag: 3))
    #expect(replace.quantity == 9)
    #expect(replace.priceE4 == Self.price && replace.timeInForce == .systemHours)
    #expect(replace.display == 1 && replace.sweep == 2 && replace.minimumQuantity == 3)
    let cancel = try #require(O.CancelOrder(Self.inbound[2].bytes))
    #expect(cancel.token == Self.seven && cancel.quantity == 30)
    let modify = try #require(O.ModifyOrder(Self.inbound[3].bytes))
    #expect(modify.token == Self.seven && modify.side == .sell && modify.quantity == 5)
  }

  @Test(arguments: [1, 2])
  func anAcceptedOrderSaysWhatWasEntered(index: Int) throws {
    let accepted = try #require(O.Accepted(Self.outbound[index].bytes))
    #expect(accepted.isReplacement == (index == 2) && accepted.time_ns == 1)
    #expect(accepted.token == Self.seven && accepted.side == .sellShort && accepted.quantity == 100)
    #expect(accepted.symbol == Self.symbol && accepted.priceE4 == Self.price)
    #expect(accepted.timeInForce == .immediateOrCancel && accepted.firm == Self.firm)
    #expect(accepted.display == 1 && accepted.capacity == 2 && accepted.sweep == 3)
    #expect(accepted.minimumQuantity == 40 && accepted.cross == 4 && accepted.bboWeight == 6)
    #expect(accepted.orderReference == 5)
    #expect(accepted.state == (index == 2 ? Ouch50.stateDead : Ouch50.stateLive))
    #expect(accepted.previousToken == (index == 2 ? O.Token(6, tag: 4) : nil))
  }

  @Test func fillsSurviveTheRoundTrip() throws {
    for index in 5...7 {
      let executed = try #require(O.Executed(Self.outbound[index].bytes))
      #expect(executed.time_ns == 1 && executed.token == Self.two && executed.quantity == 3)
      #expect(executed.priceE4 == Self.price && executed.liquidity == 4 && executed.match == 5)
      #expect(executed.referencePriceE4 == (index == 6 ? 6 : nil))
      #expect(executed.correctionReason == (index == 7 ? 0x4E : nil))
    }
    let broken = try #require(O.BrokenTrade(Self.outbound[8].bytes))
    #expect(broken.token == Self.two && broken.match == 3 && broken.reason == 0x45)
  }

  @Test func theOtherAnswersSurviveTheRoundTrip() throws {
    #expect(O.SystemEvent(Self.outbound[0].bytes)?.event == Ouch50.eventEndOfDay)
    let canceled = try #require(O.Canceled(Self.outbound[3].bytes))
    #expect(canceled.token == Self.two && canceled.quantity == 3 && canceled.reason == 0x55)
    #expect(canceled.priceE4 == nil && canceled.preventedQuantity == nil)
    let selfMatch = try #require(O.Canceled(Self.outbound[4].bytes))
    #expect(selfMatch.quantity == 3 && selfMatch.preventedQuantity == 4)
    #expect(selfMatch.isSelfMatch && selfMatch.priceE4 == Self.price)
    #expect(O.Rejected(Self.outbound[9].bytes)?.reason == .halted)
    #expect(O.CancelAnswer(Self.outbound[10].bytes)?.isReject == false)
    #expect(O.CancelAnswer(Self.outbound[11].bytes)?.isReject == true)
    let update = try #require(O.PriorityUpdate(Self.outbound[12].bytes))
    #expect(update.priceE4 == Self.price && update.display == 3 && update.orderReference == 4)
    let modified = try #require(O.Modified(Self.outbound[13].bytes))
    #expect(modified.side == .sell && modified.quantity == 3)
  }

  @Test func anyOtherLengthIsMalformed() {
    expectNoOtherLength(of: Self.inbound, O.inbound)
    expectNoOtherLength(of: Self.outbound, O.outbound)
  }

  @Test func everyKnownTypePassesAtItsLengthAndOthersAreUnknown() {
    for byte in UInt8.min...UInt8.max {
      let message = WireBuffer([byte] + [UInt8](repeating: 0, count: 99))
      if let type = O.OutboundType(rawValue: byte) {
        #expect(O.outbound(message.bytes.slice(at: 0, count: type.length)) == .message(type))
      } else {
        #expect(O.outbound(message.bytes) == .unknown(byte))
      }
      if let type = O.InboundType(rawValue: byte) {
        #expect(O.inbound(message.bytes.slice(at: 0, count: type.length)) == .message(type))
      } else {
        #expect(O.inbound(message.bytes) == .unknown(byte))
      }
    }
  }
}
