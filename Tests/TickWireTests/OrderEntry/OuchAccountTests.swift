import Testing

@testable import TickWire

/// The messages of OUCH 5.0 that are rarely seen, and the options that any may end with.
struct OuchAccountTests {
  typealias O = Ouch50
  static let firm = FixedText("LIME")!
  static let symbol = Symbol("ZIEXT")!
  static let id = FixedText("CLIENT-0000001")!

  static let inbound: [WireBuffer] = [
    .encoded { O.MassCancel.encode(into: $0, userRefNum: 7, firm: firm, symbol: symbol) },
    .encoded { O.EntrySwitch.encode(.disable, into: $0, userRefNum: 8, firm: firm) },
    .encoded { O.EntrySwitch.encode(.enable, into: $0, userRefNum: 9, firm: .blank) },
    .encoded { O.AccountQuery.encode(into: $0) },
  ]

  static let outbound: [WireBuffer] = [
    .encoded {
      O.MassCancelResponse.encode(
        into: $0, time_ns: 1, userRefNum: 7, firm: firm, symbol: symbol)
    },
    .encoded {
      O.EntrySwitchResponse.encode(.disable, into: $0, time_ns: 1, userRefNum: 8, firm: firm)
    },
    .encoded {
      O.EntrySwitchResponse.encode(.enable, into: $0, time_ns: 1, userRefNum: 9, firm: firm)
    },
    .encoded {
      O.BrokenTrade.encode(
        into: $0, time_ns: 1, userRefNum: 2, match: 3, reason: .consent, clientOrderId: id)
    },
    .encoded { O.CancelAnswer.encode(into: $0, time_ns: 1, userRefNum: 2, isReject: true) },
    .encoded { O.CancelAnswer.encode(into: $0, time_ns: 1, userRefNum: 2, isReject: false) },
    .encoded {
      O.PriorityUpdate.encode(
        into: $0, time_ns: 1, userRefNum: 2, priceE4: 3, display: 4, orderReference: 5)
    },
    .encoded {
      O.Restated.encode(into: $0, time_ns: 1, userRefNum: 2, reason: .displayRefreshed)
    },
  ]

  @Test func theLengthsAreTheSpecifications() {
    #expect(Self.inbound.map(\.length) == [19, 11, 11, 1])
    #expect(Self.outbound.map(\.length) == [27, 19, 19, 36, 13, 13, 30, 16])
  }

  @Test func requestsForAnAccountSurviveTheRoundTrip() throws {
    let cancel = try #require(O.MassCancel(Self.inbound[0].bytes))
    #expect(cancel.userRefNum == 7 && cancel.firm == Self.firm && cancel.symbol == Self.symbol)
    #expect(cancel.appendage.isEmpty)
    let all = WireBuffer.encoded { O.MassCancel.encode(into: $0, userRefNum: 7, firm: .blank) }
    #expect(O.MassCancel(all.bytes)?.symbol == nil)
    let disable = try #require(O.EntrySwitch(Self.inbound[1].bytes))
    #expect(disable.direction == .disable && disable.userRefNum == 8)
    #expect(disable.firm == Self.firm)
    let enable = try #require(O.EntrySwitch(Self.inbound[2].bytes))
    #expect(enable.direction == .enable && enable.userRefNum == 9 && enable.firm == .blank)
    #expect(O.AccountQuery(Self.inbound[3].bytes)?.appendage.isEmpty == true)
  }

  @Test func answersForAnAccountSurviveTheRoundTrip() throws {
    let cancel = try #require(O.MassCancelResponse(Self.outbound[0].bytes))
    #expect(cancel.time_ns == 1 && cancel.userRefNum == 7 && cancel.firm == Self.firm)
    #expect(cancel.symbol == Self.symbol && cancel.appendage.isEmpty)
    for (index, direction) in [(1, O.EntrySwitch.Direction.disable), (2, .enable)] {
      let response = try #require(O.EntrySwitchResponse(Self.outbound[index].bytes))
      #expect(response.direction == direction && response.time_ns == 1)
      #expect(response.userRefNum == UInt32(7 + index) && response.firm == Self.firm)
    }
  }

  @Test func changesSurviveTheRoundTrip() throws {
    let broken = try #require(O.BrokenTrade(Self.outbound[3].bytes))
    #expect(broken.userRefNum == 2 && broken.match == 3 && broken.reason == .consent)
    #expect(broken.clientOrderId == Self.id && broken.appendage.isEmpty)
    #expect(O.CancelAnswer(Self.outbound[4].bytes)?.isReject == true)
    #expect(O.CancelAnswer(Self.outbound[5].bytes)?.isReject == false)
    let update = try #require(O.PriorityUpdate(Self.outbound[6].bytes))
    #expect(update.userRefNum == 2 && update.priceE4 == 3 && update.display == 4)
    #expect(update.orderReference == 5 && update.appendage.isEmpty)
    let restated = try #require(O.Restated(Self.outbound[7].bytes))
    #expect(restated.userRefNum == 2 && restated.reason == .displayRefreshed)
  }

  @Test func everyTruncationAndAnExtraByteAreMalformed() {
    expectNoOtherLength(of: Self.inbound, O.inbound) { message in
      O.InboundType(rawValue: message.array[0])?.lengthMin
    }
    expectNoOtherLength(of: Self.outbound, O.outbound) { message in
      O.OutboundType(rawValue: message.array[0])?.lengthMin
    }
  }

  /// A venue of an earlier edition leaves an empty appendage out.
  @Test func anEmptyAppendageMayBeMissing() throws {
    for (message, length) in zip(Self.inbound, [17, 9, 9, 1]) {
      let bytes = message.bytes.slice(at: 0, count: length)
      #expect(O.inbound(bytes) != .malformed)
    }
    let cancel = Self.outbound[0].bytes.slice(at: 0, count: 25)
    #expect(try #require(O.MassCancelResponse(cancel)).appendage.isEmpty)
    let response = Self.outbound[1].bytes.slice(at: 0, count: 17)
    #expect(try #require(O.EntrySwitchResponse(response)).appendage.isEmpty)
  }

  @Test func aRestatementSaysInItsOptionsWhatIsShown() throws {
    let message = WireBuffer.encoded {
      var length = O.Restated.encode(
        into: $0, time_ns: 1, userRefNum: 2, reason: .displayPriceUpdated)
      length = O.Appendage.append(
        .displayQuantity, u32: 300, to: $0, length: length, lengthAt: O.Restated.length - 2)
      return O.Appendage.append(
        .displayPrice, u64: 1_234_500, to: $0, length: length, lengthAt: O.Restated.length - 2)
    }
    let restated = try #require(O.Restated(message.bytes))
    #expect(restated.appendage.u32(.displayQuantity) == 300)
    #expect(restated.appendage.u64(.displayPrice) == 1_234_500)
    #expect(restated.appendage.u32(.displayPrice) == nil, "of another size")
  }

  @Test func aMassCancelTakesOptionsOfEverySize() throws {
    let message = WireBuffer.encoded {
      var length = O.MassCancel.encode(into: $0, userRefNum: 7, firm: Self.firm)
      length = O.Appendage.append(.side, u8: 0x42, to: $0, length: length, lengthAt: 17)
      return O.Appendage.append(.groupId, u16: 515, to: $0, length: length, lengthAt: 17)
    }
    let cancel = try #require(O.MassCancel(message.bytes))
    #expect(cancel.appendage.u8(.side) == 0x42 && cancel.appendage.u16(.groupId) == 515)
  }

  /// The venue echoes which of an account's sequences it speaks of, after any message.
  @Test func everyAnswerMayEndWithOptions() throws {
    let plain: [O.OutboundType] = [
      .canceled, .canceledSelfMatch, .rejected, .modified, .brokenTrade, .cancelPending,
      .cancelReject, .priorityUpdate, .accountQueryResponse,
    ]
    for type in plain {
      var raw = [UInt8](repeating: 0x42, count: type.lengthMin)
      raw[0] = type.rawValue
      let message = WireBuffer.encoded {
        $0.put(WireBuffer(raw).bytes, at: 0)
        let length = O.Appendage.open(after: raw.count, in: $0)
        return O.Appendage.append(
          .userRefIndex, u8: 3, to: $0, length: length, lengthAt: raw.count)
      }
      #expect(O.outbound(message.bytes) == .message(type))
      #expect(OrderDialect.ouch50.decode(message.bytes).kind != .malformed, "\(type)")
    }
    let canceled = WireBuffer(OuchTests.outbound[6].array + [0, 3, 2, 28, 9])
    #expect(try #require(O.Canceled(canceled.bytes)).appendage.u8(.userRefIndex) == 9)
  }

  /// An edition added a letter to it; without, with, and with options after either it is whole.
  @Test func aSelfMatchCancelIsReadInBothEditions() throws {
    let long = WireBuffer.encoded {
      O.CanceledSelfMatch.encode(
        into: $0, time_ns: 1, userRefNum: 2, quantity: 3, reason: .selfMatchPrevention,
        preventedQuantity: 4, priceE4: 5, liquidity: 6, strategy: 0x4F)
    }
    let short = WireBuffer(Array(long.array.dropLast()))
    #expect(short.length == 31 && long.length == 32)
    for message in [short, long] {
      for options: [UInt8] in [[], [0, 0], [0, 3, 2, 28, 9]] {
        let buffer = WireBuffer(message.array + options)
        let cancel = try #require(O.CanceledSelfMatch(buffer.bytes), "\(options)")
        #expect(cancel.strategy == (message === long ? 0x4F : nil))
        #expect(cancel.appendage.u8(.userRefIndex) == (options.count == 5 ? 9 : nil))
        #expect(cancel.quantity == 3 && cancel.preventedQuantity == 4)
      }
      for bad: [UInt8] in [[0], [0, 1], [0, 2, 1]] {
        #expect(O.outbound(WireBuffer(message.array + bad).bytes) == .malformed, "\(bad)")
      }
    }
  }
}
