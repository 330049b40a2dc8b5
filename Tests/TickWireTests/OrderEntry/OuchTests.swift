import TestSupport
import Testing

@testable import TickWire

struct OuchTests {
  typealias O = Ouch50
  static let symbol = Symbol("ZIEXT")!
  static let id = FixedText("CLIENT-0000001")!
  static let price: UInt64 = 0x0102_0304_0506_0708

  static let inbound: [WireBuffer] = [
    .encoded {
      O.EnterOrder.encode(
        into: $0, userRefNum: 7, side: .sellShort, quantity: 100, symbol: symbol, priceE4: price,
        timeInForce: .immediateOrCancel, clientOrderId: id, minimumQuantity: 40)
    },
    .encoded {
      O.ReplaceOrder.encode(
        into: $0, originalUserRefNum: 7, userRefNum: 8, quantity: 9, priceE4: price,
        timeInForce: .day, clientOrderId: id)
    },
    .encoded { O.CancelOrder.encode(into: $0, userRefNum: 7, quantity: 30) },
    .encoded { O.ModifyOrder.encode(into: $0, userRefNum: 7, side: .sell, quantity: 5) },
  ]

  static let outbound: [WireBuffer] = [
    .encoded { O.SystemEvent.encode(into: $0, time_ns: 1, event: O.eventStartOfDay) },
    .encoded {
      O.Accepted.encode(
        into: $0, time_ns: 1, userRefNum: 2, side: .buy, quantity: 3, symbol: symbol,
        priceE4: price, timeInForce: .day, display: 4, orderReference: 5, capacity: 6, sweep: 7,
        cross: 8, state: O.stateLive, clientOrderId: id)
    },
    .encoded {
      O.Replaced.encode(
        into: $0, time_ns: 1, originalUserRefNum: 2, userRefNum: 3, side: .sell, quantity: 4,
        symbol: symbol, priceE4: price, timeInForce: .goodTillTime, display: 5, orderReference: 6,
        capacity: 7, sweep: 8, cross: 9, state: O.stateDead, clientOrderId: id)
    },
    .encoded {
      O.Rejected.encode(
        into: $0, time_ns: 1, userRefNum: 2, reason: .invalidSymbol, clientOrderId: id)
    },
    .encoded { O.Modified.encode(into: $0, time_ns: 1, userRefNum: 2, side: .sell, quantity: 3) },
    .encoded {
      O.Executed.encode(
        into: $0, time_ns: 1, userRefNum: 2, quantity: 3, priceE4: price,
        liquidity: O.liquidityAdded, match: 4)
    },
    .encoded {
      O.Canceled.encode(into: $0, time_ns: 1, userRefNum: 2, quantity: 3, reason: .userRequested)
    },
    .encoded {
      O.CanceledSelfMatch.encode(
        into: $0, time_ns: 1, userRefNum: 2, quantity: 3, reason: .selfMatchPrevention,
        preventedQuantity: 4, priceE4: price, liquidity: 5)
    },
  ]

  @Test func theLengthsAreTheSpecifications() {
    #expect(Self.inbound.map(\.length) == [47 + 6, 40, 9, 10])
    #expect(Self.outbound.map(\.length) == [10, 64, 68, 29, 18, 36, 18, 31])
  }

  @Test func anEnteredOrderSurvivesTheRoundTrip() throws {
    let order = try #require(O.EnterOrder(Self.inbound[0].bytes))
    #expect(order.userRefNum == 7 && order.side == .sellShort && order.quantity == 100)
    #expect(order.symbol == Self.symbol && order.priceE4 == Self.price)
    #expect(order.timeInForce == .immediateOrCancel && order.clientOrderId == Self.id)
    #expect(order.display == O.displayVisible && order.capacity == O.capacityPrincipal)
    #expect(order.sweep == O.sweepNotEligible && order.cross == O.crossContinuous)
    #expect(order.appendage.u32(.minimumQuantity) == 40 && order.appendage.value(.firm) == nil)
  }

  @Test func theOtherRequestsSurviveTheRoundTrip() throws {
    let replace = try #require(O.ReplaceOrder(Self.inbound[1].bytes))
    #expect(replace.originalUserRefNum == 7 && replace.userRefNum == 8 && replace.quantity == 9)
    #expect(replace.priceE4 == Self.price && replace.timeInForce == .day)
    #expect(replace.clientOrderId == Self.id && replace.appendage.isEmpty)
    let cancel = try #require(O.CancelOrder(Self.inbound[2].bytes))
    #expect(cancel.userRefNum == 7 && cancel.quantity == 30)
    let modify = try #require(O.ModifyOrder(Self.inbound[3].bytes))
    #expect(modify.userRefNum == 7 && modify.side == .sell && modify.quantity == 5)
  }

  @Test func answersToRequestsSurviveTheRoundTrip() throws {
    let accepted = try #require(O.Accepted(Self.outbound[1].bytes))
    #expect(accepted.time_ns == 1 && accepted.userRefNum == 2 && accepted.side == .buy)
    #expect(accepted.quantity == 3 && accepted.symbol == Self.symbol)
    #expect(accepted.priceE4 == Self.price && accepted.timeInForce == .day)
    #expect(accepted.display == 4 && accepted.orderReference == 5 && accepted.capacity == 6)
    #expect(accepted.sweep == 7 && accepted.cross == 8 && accepted.state == O.stateLive)
    #expect(accepted.clientOrderId == Self.id && accepted.appendage.isEmpty)
    let replaced = try #require(O.Replaced(Self.outbound[2].bytes))
    #expect(replaced.originalUserRefNum == 2 && replaced.userRefNum == 3)
    #expect(replaced.side == .sell && replaced.quantity == 4 && replaced.symbol == Self.symbol)
    #expect(replaced.priceE4 == Self.price && replaced.timeInForce == .goodTillTime)
    #expect(replaced.display == 5 && replaced.orderReference == 6 && replaced.capacity == 7)
    #expect(replaced.sweep == 8 && replaced.cross == 9 && replaced.state == O.stateDead)
    let rejected = try #require(O.Rejected(Self.outbound[3].bytes))
    #expect(rejected.userRefNum == 2 && rejected.reason == .invalidSymbol)
    #expect(rejected.clientOrderId == Self.id)
    let modified = try #require(O.Modified(Self.outbound[4].bytes))
    #expect(modified.userRefNum == 2 && modified.side == .sell && modified.quantity == 3)
  }

  @Test func eventsSurviveTheRoundTrip() throws {
    #expect(O.SystemEvent(Self.outbound[0].bytes)?.event == O.eventStartOfDay)
    let executed = try #require(O.Executed(Self.outbound[5].bytes))
    #expect(executed.time_ns == 1 && executed.userRefNum == 2 && executed.quantity == 3)
    #expect(executed.priceE4 == Self.price && executed.liquidity == O.liquidityAdded)
    #expect(executed.match == 4 && executed.appendage.isEmpty)
    let canceled = try #require(O.Canceled(Self.outbound[6].bytes))
    #expect(canceled.userRefNum == 2 && canceled.quantity == 3)
    #expect(canceled.reason == .userRequested)
    let selfMatch = try #require(O.CanceledSelfMatch(Self.outbound[7].bytes))
    #expect(selfMatch.userRefNum == 2 && selfMatch.quantity == 3 && selfMatch.priceE4 == Self.price)
    #expect(selfMatch.reason == .selfMatchPrevention && selfMatch.preventedQuantity == 4)
    #expect(selfMatch.liquidity == 5)
    let answer = WireBuffer.encoded {
      O.AccountQueryResponse.encode(into: $0, time_ns: 1, nextUserRefNum: 9)
    }
    #expect(O.AccountQueryResponse(answer.bytes)?.nextUserRefNum == 9)
  }

  @Test func everyTruncationAndAnExtraByteAreMalformed() {
    expectNoOtherLength(of: Self.inbound, O.inbound)
    expectNoOtherLength(of: Self.outbound, O.outbound)
  }

  @Test func aViewRefusesAnotherType() {
    #expect(O.Accepted(Self.outbound[2].bytes) == nil && O.Executed(Self.outbound[1].bytes) == nil)
    #expect(O.EnterOrder(Self.inbound[1].bytes) == nil)
  }

  @Test func everyKnownTypePassesAtItsLengthAndOthersAreUnknown() {
    for byte in UInt8.min...UInt8.max {
      let message = WireBuffer([byte] + [UInt8](repeating: 0, count: 99))
      if let type = O.OutboundType(rawValue: byte) {
        let bytes = message.bytes.slice(at: 0, count: type.lengthMin)
        #expect(O.outbound(bytes) == .message(type))
      } else {
        #expect(O.outbound(message.bytes) == .unknown(byte))
      }
      if let type = O.InboundType(rawValue: byte) {
        let bytes = message.bytes.slice(at: 0, count: type.lengthMin)
        #expect(O.inbound(bytes) == .message(type))
      } else {
        #expect(O.inbound(message.bytes) == .unknown(byte))
      }
    }
  }

  @Test func anAppendageThatDoesNotTileIsMalformed() {
    let cancel = Self.outbound[6].array
    #expect(O.outbound(WireBuffer(cancel + [0, 0]).bytes) == .message(.canceled))
    #expect(O.outbound(WireBuffer(cancel + [0, 3, 2, 1, 9]).bytes) == .message(.canceled))
    for bad: [UInt8] in [[0, 1, 0], [0, 1, 1], [0, 3, 3, 1, 9], [0, 2, 1, 9, 9], [0, 9, 1, 1]] {
      #expect(O.outbound(WireBuffer(cancel + bad).bytes) == .malformed, "\(bad)")
    }
  }

  @Test func rejectReasonsHaveTheSpecificationsNumbers() {
    let wanted: [(O.RejectReason, UInt16)] = [
      (.quoteUnavailable, 1), (.halted, 7), (.invalidSide, 9), (.processingError, 0x0A),
      (.other, 0x0F), (.invalidQuantity, 0x13), (.replaceNotAllowed, 0x15), (.invalidSymbol, 0x17),
      (.invalidPrice, 0x1D), (.sharesExceedThreshold, 0x1E), (.notionalExceedsMaximum, 0x1F),
    ]
    for (reason, number) in wanted { #expect(reason.rawValue == number, "\(reason)") }
  }

  @Test func randomBytesNeverTrap() {
    var random = SplitMix(seed: 50)
    let inTypes = O.InboundType.allCases.map(\.rawValue)
    let outTypes = O.OutboundType.allCases.map(\.rawValue)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...90, using: &random)
      let limit: UInt8 = Bool.random(using: &random) ? 255 : 3
      var raw = (0..<count).map { _ in UInt8.random(in: 0...limit, using: &random) }
      if count > 0 { raw[0] = (inTypes + outTypes).randomElement(using: &random)! }
      let bytes = WireBuffer(raw).bytes
      _ = O.inbound(bytes)
      _ = O.outbound(bytes)
      _ = O.EnterOrder(bytes)?.appendage.u32(.minimumQuantity)
      _ = O.Accepted(bytes)?.appendage.value(.firm)?.count
    }
  }
}

struct OuchCaptureTests {
  @Test(.enabled(if: OuchCaptures.present, "SKIPPED: no captures/ouch; set TICKWAY_CAPTURES"))
  func aRealEnterOrderIsReadAndWrittenAsItWas() throws {
    let payload = try #require(OuchCaptures.payload("EnterOrderMessage.pcap"))
    var framer = SoupBinFramer(capacity: 256)
    framer.writable.put(WireBuffer(payload).bytes, at: 0)
    framer.received(payload.count)
    let next = framer.next()
    let unread = framer.unread
    let packet = try #require(next)
    #expect(packet.type == .unsequenced && unread == 0)
    let order = try #require(Ouch50.EnterOrder(packet.payload))
    #expect(order.userRefNum == 0x71 && order.side == .sellShort && order.quantity == 225)
    #expect(order.symbol == Symbol("CVLT") && order.priceE4 == 630_200)
    #expect(order.timeInForce == .day && order.clientOrderId.text == "H8FUB8IV")
    #expect(order.appendage.value(.firm)?.array == Array("LIME".utf8))
    let again = WireBuffer.encoded {
      let length = Ouch50.EnterOrder.encode(
        into: $0, userRefNum: 0x71, side: .sellShort, quantity: 225, symbol: Symbol("CVLT")!,
        priceE4: 630_200, timeInForce: .day, clientOrderId: FixedText("H8FUB8IV")!,
        capacity: Ouch50.capacityAgency)
      return Ouch50.Appendage.append(
        .firm, u32: 0x4C49_4D45, to: $0, length: length, lengthAt: 45)
    }
    #expect(again.array == packet.payload.array)
  }

  @Test(.enabled(if: OuchCaptures.present, "SKIPPED: no captures/ouch; set TICKWAY_CAPTURES"))
  func aRealCancelAndHeartbeatAreReadAndWrittenAsTheyWere() throws {
    let cancel = try #require(OuchCaptures.payload("CancelOrderMessage.pcap"))
    let message = WireBuffer(cancel)
    let view = try #require(
      Ouch50.CancelOrder(message.bytes.slice(at: 3, count: cancel.count - 3)))
    #expect(view.userRefNum == 0x752E71 && view.quantity == 0)
    let again = WireBuffer.encoded { target in
      let length = Ouch50.CancelOrder.encode(
        into: target.slice(at: 3, count: target.count - 3), userRefNum: 0x752E71)
      return SoupBin.frame(.unsequenced, payload: length, into: target)
    }
    #expect(again.array == cancel)
    let heartbeat = try #require(OuchCaptures.payload("ServerHeartbeatPacket.pcap"))
    #expect(heartbeat == WireBuffer.encoded { SoupBin.encode(.serverHeartbeat, into: $0) }.array)
  }
}
