import TestSupport
import Testing

@testable import TickWire

struct OrderAnswerTests {
  private func answers(_ dialect: OrderDialect, _ messages: [WireBuffer]) -> [OrderAnswer] {
    messages.map { dialect.decode($0.bytes) }
  }

  /// Every field of an answer that is one, so that none is forgotten.
  private func expect(
    _ answer: OrderAnswer, _ kind: OrderAnswer.Kind, _ userRefNum: UInt32,
    _ fill: (inout OrderAnswer) -> Void = { _ in }
  ) {
    var wanted = OrderAnswer(kind, userRefNum: userRefNum, venueTime: 1)
    fill(&wanted)
    #expect(answer == wanted)
  }

  @Test func anAnswerIsSmallAndPlain() {
    #expect(MemoryLayout<OrderAnswer>.stride == 56)
  }

  @Test func ouch50sOrdersAreSaidInNeutralWords() {
    let price = Int64(OuchTests.price)
    let answers = answers(.ouch50, OuchTests.outbound)
    expect(answers[0], .systemEvent, 0) { $0.reason = UInt16(Ouch50.eventStartOfDay) }
    expect(answers[1], .accepted, 2) {
      ($0.side, $0.quantity, $0.priceE4, $0.venueOrder) = (.buy, 3, price, 5)
    }
    expect(answers[2], .replaced, 3) {
      ($0.side, $0.quantity, $0.priceE4, $0.venueOrder) = (.sell, 4, price, 6)
      ($0.previousUserRefNum, $0.isDead) = (2, true)
    }
    expect(answers[3], .rejected, 2) { $0.reason = 0x17 }
    expect(answers[4], .modified, 2) { ($0.side, $0.quantity) = (.sell, 3) }
    expect(answers[5], .executed, 2) { ($0.quantity, $0.priceE4, $0.match) = (3, price, 4) }
    expect(answers[6], .canceled, 2) { ($0.quantity, $0.reason) = (3, 0x55) }
    expect(answers[7], .canceledSelfMatch, 2) {
      ($0.quantity, $0.reason, $0.priceE4) = (3, 0x51, price)
    }
  }

  @Test func ouch50sOtherAnswersAreSaidInNeutralWords() {
    let answers = answers(.ouch50, OuchAccountTests.outbound)
    expect(answers[0], .massCancelResponse, 7)
    expect(answers[1], .entryDisabled, 8)
    expect(answers[2], .entryEnabled, 9)
    expect(answers[3], .broken, 2) { ($0.match, $0.reason) = (3, 0x43) }
    expect(answers[4], .cancelRejected, 2)
    expect(answers[5], .cancelPending, 2)
    expect(answers[6], .priorityChanged, 2) { ($0.priceE4, $0.venueOrder) = (3, 5) }
    expect(answers[7], .restated, 2) { $0.reason = 0x52 }
    let query = WireBuffer.encoded {
      Ouch50.AccountQueryResponse.encode(into: $0, time_ns: 1, nextUserRefNum: 9)
    }
    expect(OrderDialect.ouch50.decode(query.bytes), .accountQueryResponse, 0) {
      $0.nextUserRefNum = 9
    }
  }

  @Test func ouch42IsSaidInNeutralWords() {
    let price = Int64(Ouch42Tests.price)
    let answers = answers(.ouch42, Ouch42Tests.outbound)
    expect(answers[0], .systemEvent, 0) { $0.reason = UInt16(Ouch50.eventEndOfDay) }
    for (index, kind) in [(1, OrderAnswer.Kind.accepted), (2, .replaced)] {
      expect(answers[index], kind, 7) {
        ($0.side, $0.quantity, $0.priceE4, $0.venueOrder) = (.sellShort, 100, price, 5)
        if index == 2 { ($0.previousUserRefNum, $0.isDead) = (6, true) }
      }
    }
    expect(answers[3], .canceled, 2) { ($0.quantity, $0.reason) = (3, 0x55) }
    expect(answers[4], .canceledSelfMatch, 2) {
      ($0.quantity, $0.reason, $0.priceE4) = (3, 0x55, price)
    }
    for index in 5...6 {
      expect(answers[index], .executed, 2) { ($0.quantity, $0.priceE4, $0.match) = (3, price, 5) }
    }
    expect(answers[7], .corrected, 2) {
      ($0.quantity, $0.priceE4, $0.match, $0.reason) = (3, price, 5, 0x4E)
    }
    expect(answers[8], .broken, 2) { ($0.match, $0.reason) = (3, 0x45) }
    expect(answers[9], .rejected, 2) { $0.reason = 0x48 }
    expect(answers[10], .cancelPending, 2)
    expect(answers[11], .cancelRejected, 2)
    expect(answers[12], .priorityChanged, 2) { ($0.priceE4, $0.venueOrder) = (price, 4) }
    expect(answers[13], .modified, 2) { ($0.side, $0.quantity) = (.sell, 3) }
  }

  @Test(arguments: OrderDialect.allCases)
  func emptyShortAndUnknownMessagesAreClassified(dialect: OrderDialect) {
    let empty = dialect.decode(.none)
    #expect(empty.kind == .malformed && empty.reason == 0)
    for byte in UInt8.min...UInt8.max {
      let isKnown =
        dialect == .ouch50
        ? Ouch50.OutboundType(rawValue: byte) != nil : Ouch42.OutboundType(rawValue: byte) != nil
      let answer = dialect.decode(WireBuffer([byte, 0, 0]).bytes)
      #expect(answer.kind == (isKnown ? .malformed : .unknown) && answer.reason == UInt16(byte))
    }
  }

  @Test func aSideOrAPriceThatIsNoneIsMalformed() {
    for (index, side) in [(1, 13), (2, 17), (4, 13)] {
      var raw = OuchTests.outbound[index].array
      raw[side] = 0x58
      #expect(OrderDialect.ouch50.decode(WireBuffer(raw).bytes).kind == .malformed)
    }
    for (index, price) in [(1, 26), (2, 30), (5, 17), (7, 22)] {
      var raw = OuchTests.outbound[index].array
      raw[price] = 0x80
      #expect(OrderDialect.ouch50.decode(WireBuffer(raw).bytes).kind == .malformed)
    }
    for (index, side) in [(1, 23), (2, 23), (13, 23)] {
      var raw = Ouch42Tests.outbound[index].array
      raw[side] = 0x58
      #expect(OrderDialect.ouch42.decode(WireBuffer(raw).bytes).kind == .malformed)
    }
  }

  @Test func anotherClientsTokenIsAnOrderThatNobodyHas() {
    var raw = Ouch42Tests.outbound[5].array
    raw.replaceSubrange(9..<23, with: Array("HANDWRITTEN-01".utf8))
    let answer = OrderDialect.ouch42.decode(WireBuffer(raw).bytes)
    #expect(answer.kind == .executed && answer.userRefNum == 0 && answer.quantity == 3)
  }

  @Test(arguments: OrderDialect.allCases)
  func randomBytesNeverTrap(dialect: OrderDialect) {
    var random = SplitMix(seed: 42)
    let types = Ouch50.OutboundType.allCases.map(\.rawValue) + [0x46, 0x47]
    var kinds: Set<OrderAnswer.Kind> = []
    for _ in 0..<50_000 {
      let count = Int.random(in: 0...90, using: &random)
      let limit: UInt8 = Bool.random(using: &random) ? 255 : 3
      var raw = (0..<count).map { _ in UInt8.random(in: 0...limit, using: &random) }
      if count > 0 { raw[0] = types.randomElement(using: &random)! }
      let bytes = WireBuffer(raw).bytes
      kinds.insert(dialect.decode(bytes).kind)
      _ = Ouch42.inbound(bytes)
      _ = Ouch50.MassCancel(bytes)?.appendage.u8(.side)
      _ = Ouch50.EntrySwitch(bytes)?.appendage.isEmpty
    }
    #expect(kinds.contains(.malformed) && kinds.contains(.canceled))
  }
}

struct OrderDialectTests {
  static let symbol = Symbol("ZIEXT")!

  private func enter(
    _ dialect: OrderDialect, _ number: UInt32 = 7, quantity: UInt32 = 100,
    priceE4: Int64 = 1_000_000, _ timeInForce: OrderDialect.TimeInForce = .day,
    minimum: UInt32 = 0
  ) -> WireBuffer? {
    let buffer = WireBuffer(count: OrderDialect.messageLengthMax)
    guard
      let length = dialect.enter(
        into: buffer.target, userRefNum: number, side: .sellShortExempt, quantity: quantity,
        symbol: Self.symbol, priceE4: priceE4, timeInForce: timeInForce, minimumQuantity: minimum)
    else { return nil }
    buffer.length = length
    return buffer
  }

  @Test func bothDialectsEnterTheSameOrder() throws {
    let new = try #require(enter(.ouch50, 7, .immediateOrCancel, minimum: 40))
    let order = try #require(Ouch50.EnterOrder(new.bytes))
    #expect(order.userRefNum == 7 && order.side == .sellShortExempt && order.quantity == 100)
    #expect(order.symbol == Self.symbol && order.priceE4 == 1_000_000)
    #expect(order.timeInForce == .immediateOrCancel)
    #expect(order.appendage.u32(.minimumQuantity) == 40)
    let old = try #require(enter(.ouch42, 7, .immediateOrCancel, minimum: 40))
    let other = try #require(Ouch42.EnterOrder(old.bytes))
    #expect(other.token == Ouch42.Token(7) && other.side == .sellShortExempt)
    #expect(other.quantity == 100)
    #expect(other.symbol == Self.symbol && other.priceE4 == 1_000_000)
    #expect(other.timeInForce == .immediateOrCancel && other.minimumQuantity == 40)
    let day = try #require(enter(.ouch42))
    #expect(Ouch42.EnterOrder(day.bytes)?.timeInForce == .marketHours)
  }

  @Test func bothDialectsReplaceCancelAndModify() {
    let target = WireBuffer(count: OrderDialect.messageLengthMax)
    func sent(_ length: Int?) -> Bytes { target.bytes(length ?? 0) }
    for dialect in OrderDialect.allCases {
      let replace = sent(
        dialect.replace(
          into: target.target, userRefNum: 7, by: 8, quantity: 9, priceE4: 10, minimumQuantity: 9))
      if dialect == .ouch50 {
        let view = Ouch50.ReplaceOrder(replace)
        #expect(view?.originalUserRefNum == 7 && view?.userRefNum == 8 && view?.quantity == 9)
        #expect(view?.priceE4 == 10 && view?.timeInForce == .day)
        #expect(view?.appendage.u32(.minimumQuantity) == 9)
      } else {
        let view = Ouch42.ReplaceOrder(replace)
        #expect(view?.originalToken == Ouch42.Token(7) && view?.token == Ouch42.Token(8))
        #expect(view?.quantity == 9 && view?.priceE4 == 10 && view?.timeInForce == .marketHours)
        #expect(view?.minimumQuantity == 9)
      }
      let cancel = sent(dialect.cancel(into: target.target, userRefNum: 7, quantityLeft: 30))
      #expect((Ouch50.CancelOrder(cancel)?.quantity ?? Ouch42.CancelOrder(cancel)?.quantity) == 30)
      let modify = sent(
        dialect.modify(into: target.target, userRefNum: 7, side: .sell, quantity: 5))
      #expect((Ouch50.ModifyOrder(modify)?.quantity ?? Ouch42.ModifyOrder(modify)?.quantity) == 5)
    }
  }

  @Test func onlyOuch50SpeaksOfAWholeAccount() {
    let buffer = WireBuffer(count: OrderDialect.messageLengthMax)
    let target = buffer.target
    let new = OrderDialect.ouch50
    #expect(new.massCancel(into: target, userRefNum: 7, symbol: Self.symbol) == 19)
    #expect(Ouch50.MassCancel(buffer.bytes(19))?.symbol == Self.symbol)
    #expect(new.disableOrderEntry(into: target, userRefNum: 8) == 11)
    #expect(Ouch50.EntrySwitch(buffer.bytes(11))?.direction == .disable)
    #expect(new.enableOrderEntry(into: target, userRefNum: 9) == 11)
    #expect(Ouch50.EntrySwitch(buffer.bytes(11))?.direction == .enable)
    #expect(new.accountQuery(into: target) == 1)
    let old = OrderDialect.ouch42
    #expect(old.massCancel(into: target, userRefNum: 7) == nil)
    #expect(old.disableOrderEntry(into: target, userRefNum: 7) == nil)
    #expect(old.enableOrderEntry(into: target, userRefNum: 7) == nil)
    #expect(old.accountQuery(into: target) == nil)
  }

  @Test(arguments: OrderDialect.allCases)
  func quantitiesAndNumbersAreRefusedAtTheirEnds(dialect: OrderDialect) {
    #expect(enter(dialect, quantity: 1) != nil && enter(dialect, quantity: 999_999) != nil)
    #expect(enter(dialect, quantity: 0) == nil && enter(dialect, quantity: 1_000_000) == nil)
    #expect(enter(dialect, quantity: .max) == nil)
    #expect(enter(dialect, minimum: 100) != nil && enter(dialect, minimum: 101) == nil)
    let most: UInt32 = dialect == .ouch50 ? .max : 268_435_455
    #expect(enter(dialect, 0) == nil && enter(dialect, most) != nil)
    #expect(dialect == .ouch50 || enter(dialect, most + 1) == nil)
    let target = WireBuffer(count: OrderDialect.messageLengthMax).target
    #expect(dialect.cancel(into: target, userRefNum: 0) == nil)
    #expect(dialect.cancel(into: target, userRefNum: 1, quantityLeft: 999_999) != nil)
    #expect(dialect.cancel(into: target, userRefNum: 1, quantityLeft: 1_000_000) == nil)
    #expect(dialect.modify(into: target, userRefNum: 1, side: .sell, quantity: 0) == nil)
    for (old, new) in [(UInt32(0), UInt32(1)), (7, 7), (8, 7)] {
      #expect(
        dialect.replace(into: target, userRefNum: old, by: new, quantity: 1, priceE4: 1) == nil)
    }
    #expect(OrderDialect.ouch50.massCancel(into: target, userRefNum: 0) == nil)
  }

  /// A limit must not turn into the code for a market order.
  @Test func pricesAreRefusedAtTheirEnds() {
    for price in [Int64.min, -1, 0, 2_000_000_000, 0x7FFF_FFFF] {
      for dialect in OrderDialect.allCases { #expect(enter(dialect, priceE4: price) == nil) }
    }
    for price in [1, 1_999_999_900] as [Int64] {
      for dialect in OrderDialect.allCases { #expect(enter(dialect, priceE4: price) != nil) }
    }
    for price in [1_999_999_901, 1 << 31, 1 << 32, .max] as [Int64] {
      #expect(enter(.ouch42, priceE4: price) == nil && enter(.ouch50, priceE4: price) != nil)
    }
  }
}

extension WireBuffer {
  fileprivate func bytes(_ count: Int) -> Bytes { target.bytes.slice(at: 0, count: count) }
}
