import Testing
import TickRing
import TickWire

@testable import TickEngine

/// What a sender leaves to the one after it, with a venue and workers that live on.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SenderSuccessionTests {
  /// Two orders that rest, of strategies 1 and 2, and their sender dead.
  private func twoResting(
    workers: Int = 1, dialect: OrderDialect = .ouch50
  ) throws -> SenderLine {
    let line = try SenderLine(workers: workers, dialect: dialect)
    try line.start()
    line.ask(1)
    line.ask(2, strategy: 2, worker: workers - 1)
    let areThere = try line.turn { $0.counts.acked == 2 }
    try #require(areThere)
    line.die()
    return line
  }

  /// RS5, RS8: the sender died before the cancels of a breaker or a kill had left.
  @Test(arguments: [RiskState.circuitBreaker, .killSwitch, .recovery], [UInt8(0), 2])
  func rs5WhatABreakerWasToCancelIsCancelledByTheSuccessor(
    state: RiskState, subject: UInt8
  ) throws {
    let line = try twoResting()
    let record = RiskRecord(
      state: state.rawValue, trips: 1, peakE4: 10_000_000_000_000, coolDownSince: 0, newest: 0,
      day: 0)
    try line.start(records: [subject: record])
    let left = subject == 0 ? 0 : 1
    let isDone = try line.turn { $0.link == .steady && $0.book.count == left }
    #expect(isDone && line.resting == (subject == 0 ? [] : [1]))
  }

  /// RS1: states that let orders rest leave them to the successor.
  @Test(arguments: [RiskState.normal, .warning])
  func rs5WithoutABreakerNothingIsCancelled(state: RiskState) throws {
    let line = try twoResting()
    let record = RiskRecord(
      state: state.rawValue, trips: 0, peakE4: 10_000_000_000_000, coolDownSince: 0, newest: 0,
      day: 0)
    try line.start(records: [0: record])
    let isSteady = try line.turn { $0.link == .steady }
    #expect(isSteady && line.adjust { $0.book.cancelsDue } == 0 && line.resting == [1, 2])
  }

  // MARK: Told once

  /// A worker with an order that rests, and one beside it with none.
  private func oneResting() throws -> SenderLine {
    let line = try SenderLine(workers: 2)
    try line.start()
    line.ask(1, strategy: 2, worker: 1)
    let isThere = try line.turn { $0.counts.acked == 1 }
    try #require(isThere)
    return line
  }

  /// OM3: the sender died after it had told, and before it noted that; of a whole fill the line is
  /// free by then.
  @Test(arguments: [4, 10] as [UInt32])
  func om3AFillThatWasToldIsNotToldAgain(shares: UInt32) throws {
    let line = try oneResting()
    line.venue.script.move(.trade(980_000, shares))
    let isTold = try line.turn { _ in line.news(1) == ["ack 1", "fill 1"] }
    try #require(isTold)
    line.die()
    try line.edit { $0.told -= 1 }
    try line.start()
    line.venue.script.move(.trade(980_000, 10))
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isDone && line.news(0) == [])
    #expect(line.news(1) == ["ack 1", "fill 1"] + (shares < 10 ? ["fill 1"] : []))
    #expect(line.told[1].reduce(0) { $0 + $1.positionChange } == 10)
  }

  /// OM3: the sender died before it told, whether it had said that it would, or had said so of
  /// another ring, which stood further; and whether the line of the order was free.
  @Test(arguments: [nil, 0, 7] as [UInt32?], [false, true])
  func om3AFillThatWasNotToldIsTold(further: UInt32?, isFree: Bool) throws {
    let line = try oneResting()
    let published = line.adjust { $0.ports[1].events.published }
    line.die()
    line.venue.script.move(.trade(980_000, 10))
    try line.edit {
      if isFree { try $0.giveBack(1) }
      guard let further else { return }
      $0.telling = OrderPool.Telling(
        sequence: $0.told + 1, worker: 1, published: UInt32(published) + further)
    }
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isDone && line.news(0) == [] && line.news(1) == ["ack 1", "fill 1"])
  }

  /// OM3: a sender that died before it told is followed by one that dies after it has told the
  /// worker of something else: what the ring held before is what counts.
  @Test func om3AFillIsToldThoughItsTellersDieInARow() throws {
    let line = try oneResting()
    let published = line.adjust { $0.ports[1].events.published }
    line.die()
    line.venue.script.move(.trade(980_000, 10))
    try line.edit {
      $0.telling = OrderPool.Telling(
        sequence: $0.told + 1, worker: 1, published: UInt32(published))
    }
    try line.start()
    var other = OrderEvent.none
    other.kind = OrderEventKind.state.rawValue
    line.adjust { $0.tell(1, other) }
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isDone && line.told[1].count { $0.eventKind == .fill } == 1)
  }

  /// OM3: wherever a sender dies, again and again, each fill is told once.
  @Test(arguments: 1...8, OrderDialect.allCases)
  func om3WhereverSendersDieEachFillIsToldOnce(seed: UInt64, dialect: OrderDialect) throws {
    var random = SeededRandom(seed: seed)
    let line = try SenderLine(workers: 2, dialect: dialect)
    for round in 1...12 {
      try line.start()
      let isSteady = try line.turn { $0.link == .steady }
      try #require(isSteady)
      let number = UInt64(round)
      line.ask(number, strategy: UInt8(1 + round % 2), worker: round % 2)
      let (told, turns) = (line.adjust { $0.book.pool.told }, random.below(6))
      for _ in 0..<turns { _ = try line.turn { _ in true } }
      line.venue.script.move(.trade(980_000, UInt32(random.within(1...12))))
      for _ in 0..<random.below(6) { _ = try line.turn { _ in true } }
      line.die()
      // It had told all, and noted less of it.
      if random.once(in: 2) { try line.edit { $0.told = max(told, $0.told - 1) } }
    }
    try line.start()
    line.venue.script.move(.trade(980_000, 1_000))
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isDone)
    let truth = try #require(line.venue.inquiry.statement(of: "alice"))
    let fills = line.told.joined().filter { $0.eventKind == .fill }
    #expect(fills.map(\.match_id).sorted() == truth.fills.map(\.match))
    #expect(line.told.joined().reduce(0) { $0 + $1.positionChange } == truth.shares(of: "TEST"))
  }

  /// OM3: the sender died over a refusal: after it had told it, or only noted that it would, and
  /// had not advanced past the request.
  @Test(arguments: [false, true], [false, true])
  func om3ARefusalIsToldOnce(isTold: Bool, isReplacement: Bool) throws {
    let line = try oneResting()
    let number: UInt64 = isReplacement ? 1 : 7
    if isReplacement {
      line.ask(.replace, 1, 500, worker: 1)
    } else {
      line.ask(number, 500, strategy: 2, worker: 1)
    }
    line.adjust { sender in
      _ = sender.ports[1].requests.peek(1)
      let request = sender.ports[1].requests.peeked(0)
      guard !isTold else { return sender.decide(request, of: 1) }
      let published = sender.ports[1].events.published
      sender.notes?.write(
        .answering, worker: 1, published << 32 | (sender.ports[1].requests.polled + 1))
    }
    line.die()
    try line.start()
    // What is told meanwhile is not taken for the refusal by the one after it.
    line.adjust { $0.tell(1, .lost(1, at: 0)) }
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.ports[1].requests.polled == 2 }
    #expect(isDone && line.resting == [1])
    let refusal = isReplacement ? "cancelReject 1" : "riskReject 7"
    #expect(line.news(1).filter { !$0.hasPrefix("lost") } == ["ack 1", refusal])
    // In doubt, an order cannot be replaced.
    guard isReplacement, !isTold else { return }
    #expect(line.told[1].last { $0.eventKind == .cancelReject }?.reason == noSession)
  }

  private let noSession = RiskReason.noSession.rawValue

  /// OM3: the sender died over a replacement: after it had put it into the pool, and had not
  /// advanced past the request; or an instant before, with one of the two lines written.
  @Test(arguments: [false, true])
  func om3AReplacementThatDidNotLeaveIsToldOnce(isHalf: Bool) throws {
    let line = try oneResting()
    line.ask(.replace, 1, 98.5, worker: 1)
    line.adjust { sender in
      _ = sender.ports[1].requests.peek(1)
      sender.decide(sender.ports[1].requests.peeked(0), of: 1)
    }
    line.die()
    try line.edit { pool in
      try #require(pool[1].partner == 2 && pool[2].isReplacement)
      if isHalf { pool[1].partner = 0 }
    }
    try line.start()
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.ports[1].requests.polled == 2 }
    #expect(isDone && line.resting == [1] && line.news(1) == ["ack 1", "cancelReject 1"])
  }

  /// OM3: the place of a replacement that never arrived is an earlier order's, while the venue
  /// tells of before; and so is that of the order that another request wants replaced.
  @Test(arguments: [false, true])
  func om3AReplacementThatMadeRoomIsToldToBeRefused(isAskedAgain: Bool) throws {
    let line = try ninthResting()
    line.ask(.replace, 9, 98.5, worker: 1)
    line.adjust { _ = $0.takeRequests() }
    line.die()
    try line.start()
    if isAskedAgain {
      for number: UInt32 in 2...3 { line.adjust { Self.tellOfBefore(&$0, number) } }
      try #require(line.adjust { $0.book.evicted.count } == 2)
      line.ask(.replace, 9, 98.4, worker: 1)
    }
    let polled: UInt64 = isAskedAgain ? 3 : 2
    let isDone = try line.turn {
      $0.link == .steady && $0.book.count == 1 && $0.ports[1].requests.polled == polled
    }
    let refusals = line.told[1].filter { $0.eventKind == .cancelReject }
    #expect(isDone && refusals.map(\.reason) == (isAskedAgain ? [noSession, 0] : [0]))
    #expect(refusals.allSatisfy { $0.order.number == 9 && $0.strategy == 2 })
    #expect(line.news(1) == ["ack 9"] + refusals.map { _ in "cancelReject 9" })
  }

  /// OM3: the sender died over an order that had not left: after it had told that, or only noted
  /// that it would, with the order's line still there.
  @Test(arguments: [false, true])
  func om3ThatAnOrderDidNotLeaveIsToldOnce(isTold: Bool) throws {
    let line = try oneResting()
    line.ask(7, strategy: 2, worker: 1)
    line.adjust { sender in
      _ = sender.takeRequests()
      if isTold {
        let news = sender.book.withdrawal(of: 2, at: 0)!
        sender.tell(news, of: 0)
      } else {
        let published = sender.ports[1].events.published
        sender.notes?.write(.withdrawing, worker: 1, published << 32 | 2)
      }
    }
    line.die()
    try line.start()
    line.adjust { $0.tell(1, .lost(1, at: 0)) }
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 1 }
    #expect(isDone && line.resting == [1])
    #expect(line.news(1).filter { !$0.hasPrefix("lost") } == ["ack 1", "unsent 7"])
  }

  /// What the venue says first of all, before it says the rest.
  private static func tellOfBefore(_ sender: inout Sender, _ number: UInt32) {
    var answer = OrderAnswer(.accepted, userRefNum: number)
    (answer.side, answer.quantity, answer.priceE4) = (.buy, 10, 1_001_000)
    let origin = OrderOrigin(orderId: 1 << 32 | UInt64(number), strategy: 1)
    _ = sender.book.apply(answer, origin: origin, at: 0)
  }

  /// OM3: that events found no room is known to the successor.
  @Test func om3ThatEventsWereLostIsToldByTheSuccessor() throws {
    let line = try SenderLine(eventSlots: 4)
    try line.start()
    line.adjust { sender in for _ in 0..<7 { sender.tell(0, .lost(0, at: 0)) } }
    line.die()
    line.hear()
    for number: UInt64 in 1...2 {
      try line.start()
      line.ask(number, 500)
      let isTold = try line.turn { _ in line.news().last == "riskReject \(number)" }
      #expect(isTold)
      line.die()
    }
    let lost = line.told[0].filter { $0.eventKind == .lost && $0.quantity > 0 }
    #expect(lost.map(\.quantity) == [3])
  }

  /// RS5: the sender died before it had told every worker of a change; or after.
  @Test(arguments: [RiskState.circuitBreaker, .coolDown])
  func rs5AChangeOfStateIsToldByTheSuccessor(told: RiskState) throws {
    let line = try twoResting(workers: 2)
    let record = RiskRecord(
      state: RiskState.coolDown.rawValue, trips: 1, peakE4: 10_000_000_000_000, coolDownSince: 0,
      newest: 0, day: 0, told: told)
    try line.start(records: [2: record])
    let isSteady = try line.turn { $0.link == .steady }
    #expect(isSteady && line.adjust { $0.risk.isTold(2) })
    for worker in 0..<2 {
      let states = line.told[worker].filter { $0.eventKind == .state }
      let expected = told == .coolDown ? [] : [RiskState.coolDown.rawValue]
      #expect(states.map(\.reason) == expected && states.allSatisfy { $0.strategy == 2 })
    }
  }

  // MARK: Whose an order is

  /// OM3: while the venue tells of before, an order makes room for an earlier one.
  @Test(arguments: OrderDialect.allCases)
  func om3TheWorkerOfAnOrderThatMadeRoomIsTold(dialect: OrderDialect) throws {
    let line = try ninthResting(dialect)
    line.die()
    try line.start()
    line.venue.script.move(.quote(980_000, 500, 990_000, 500))
    let isFilled = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isFilled && line.news(1) == ["ack 9", "fill 9"])
    #expect(line.news(0) == (1...8).flatMap { ["ack \($0)", "fill \($0)"] })
  }

  /// OM3: its line was free already, and nothing but the venue's word is left of it.
  @Test(arguments: OrderDialect.allCases)
  func om3TheWorkerOfAnOrderThatNoLineNamesIsTold(dialect: OrderDialect) throws {
    let line = try twoResting(workers: 2, dialect: dialect)
    for number: UInt32 in 1...2 { try line.forget(number) }
    try line.start()
    line.venue.script.move(.quote(980_000, 500, 990_000, 500))
    let isFilled = try line.turn { $0.link == .steady && $0.book.count == 0 }
    #expect(isFilled && line.news(0) == ["ack 1", "fill 1"])
    #expect(line.news(1) == ["ack 2", "fill 2"])
  }

  /// OM3: of a refused order the pool keeps nothing, and no venue takes its number again.
  @Test(arguments: OrderDialect.allCases)
  func om3TheNumberOfARefusedOrderIsNotGivenAgain(dialect: OrderDialect) throws {
    let line = try SenderLine(dialect: dialect)
    try line.start()
    line.venue.script.move(.halt(true))
    line.ask(1)
    let isRefused = try line.turn { $0.book.counts.venueRejected == 1 }
    try #require(isRefused)
    line.venue.script.move(.halt(false))
    line.die()
    try line.start()
    let isSteady = try line.turn { $0.link == .steady }
    try #require(isSteady)
    line.ask(2)
    let isThere = try line.turn { $0.counts.acked == 1 }
    #expect(isThere && line.resting == [2])
  }

  @Test func om3AnOrdersOwnerIsTheWorkerThatMayTradeItsInstrument() {
    let (shared, own) = (
      OrderOwners(workers: 3), OrderOwners(workers: 3, areSharing: false)
    )
    for instrument: UInt64 in 1...9 {
      #expect(shared.worker(of: instrument << 32 | 5, strategy: 1) == UInt8(instrument % 3))
    }
    #expect((1...3).map { own.worker(of: 1 << 32 | 5, strategy: $0) } == [0, 1, 2])
    for strategy: UInt8 in [0, 4, 255] {
      #expect(own.worker(of: 1 << 32 | 5, strategy: strategy) == .max)
    }
    #expect(OrderOwners().worker(of: 1 << 32 | 5, strategy: 1) == .max)
  }

  /// Each place of the pool has had an order, and the second worker's ninth is at the venue.
  private func ninthResting(_ dialect: OrderDialect = .ouch50) throws -> SenderLine {
    let line = try SenderLine(workers: 2, capacity: 4, dialect: dialect)
    try line.start()
    for number: UInt64 in 1...8 { try fill(line, number) }
    line.ask(9, strategy: 2, worker: 1)
    let isThere = try line.turn { $0.counts.acked == 9 }
    try #require(isThere)
    return line
  }

  private func fill(_ line: SenderLine, _ number: UInt64) throws {
    line.ask(number, 100.1)
    let isFilled = try line.turn { $0.counts.filled == number }
    try #require(isFilled)
  }

  /// OM3: the predecessor had taken the request, and died before the cancel left.
  @Test func om3ACancelThatAPredecessorTookIsSentByTheSuccessor() throws {
    let line = try SenderLine()
    try line.start()
    line.ask(1)
    line.ask(2)
    let areThere = try line.turn { $0.counts.acked == 2 }
    try #require(areThere)
    line.ask(.cancel, 2)
    line.adjust { _ = $0.takeRequests() }
    line.die()
    try line.start()
    let isDone = try line.turn { $0.link == .steady && $0.book.count == 1 }
    #expect(isDone && line.resting == [1])
    #expect(line.news() == ["ack 1", "ack 2", "canceled 2"])
  }
}
