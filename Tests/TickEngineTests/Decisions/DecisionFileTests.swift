import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// The file of `--decisions`, whole, cut, damaged, and made by somebody else.
@Suite(.timeLimit(.minutes(2))) struct DecisionFileTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private static func event(_ number: UInt64) -> DecisionEvent {
    var event = DecisionEvent()
    event.number = number
    event.orderId = 1 << 32 | number
    event.quantity = UInt32(number)
    event.outcome = DecisionOutcome.allowed.rawValue
    return event
  }

  /// A file of decisions with these numbers.
  private func file(_ numbers: [UInt64], lost: UInt64 = 0) throws -> Data {
    let path = scratch.file("decisions")
    var writer = try DecisionWriter(
      RecordingFile(path: path), DecisionContext(ReplayOptions(captures: [])))
    for number in numbers {
      try writer.write(DecisionFileTests.event(number), symbol: Symbol("AAA")!.word)
    }
    try writer.end(lost: lost)
    try writer.file.commit()
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func read(_ data: Data) throws -> (numbers: [UInt64], reader: DecisionReader) {
    var reader = try DecisionReader(data, path: "x")
    var numbers: [UInt64] = []
    while let decision = reader.next() {
      #expect(decision.event.orderId == 1 << 32 | decision.event.number)
      #expect(decision.symbolText == "AAA")
      numbers.append(decision.event.number)
    }
    return (numbers, reader)
  }

  @Test func whatIsWrittenIsRead() throws {
    let (numbers, reader) = try read(try file([1, 2, 3]))
    #expect(numbers == [1, 2, 3] && reader.end == .whole && reader.lost == 0)
    #expect(reader.context == DecisionContext(ReplayOptions(captures: [])))
    #expect(reader.context.limits["collar_percent"] == 5)
    #expect(reader.context.limits.count == RiskLimitField.all.count)
  }

  /// Nothing is lost silently: in the middle the numbers say so, and at the end the end does.
  @Test func whatWasLostIsCounted() throws {
    #expect(try read(try file([1, 4, 5], lost: 7)).reader.lost == 7)
    let cut = try file([1, 4, 5], lost: 7).dropLast(1)
    let reader = try read(Data(cut)).reader
    #expect(reader.lost == 2 && reader.end == .cut)
  }

  @Test func everyCutLeavesWhatIsWhole() throws {
    let whole = try file([1, 2, 3])
    let record = DecisionFile.recordHeadBytes + DecisionFile.decisionBytes
    let end = DecisionFile.recordHeadBytes + DecisionFile.endBytes
    let header = whole.count - 3 * record - end
    for count in 0..<whole.count {
      let data = whole.prefix(count)
      guard count >= header else {
        #expect(throws: DecisionFileError.self) { try DecisionReader(data, path: "x") }
        continue
      }
      let (numbers, reader) = try read(data)
      try #require(numbers.count == min(3, (count - header) / record))
      try #require(reader.end == .cut)
    }
  }

  /// No byte can be another without being found out, and what came before it is read.
  @Test func everyChangedByteIsFoundOut() throws {
    let whole = try file([1, 2, 3])
    for offset in whole.indices {
      var data = whole
      data[offset] ^= UInt8(1 << (offset % 8))
      guard let reader = try? DecisionReader(data, path: "x") else { continue }
      var left = reader
      var numbers: [UInt64] = []
      while let decision = left.next() {
        numbers.append(decision.event.number)
        try #require(decision.event.quantity == UInt32(decision.event.number))
      }
      try #require(left.end != .whole, "byte \(offset)")
      try #require(numbers == Array([1, 2, 3].prefix(numbers.count)), "byte \(offset)")
    }
  }

  @Test func whatComesAfterTheEndIsDamage() throws {
    let whole = try file([1])
    let reader = try read(whole + Data([0])).reader
    #expect(reader.end != .whole && reader.recorded == 1)
  }

  @Test func otherFilesAreRefused() throws {
    var random = SeededRandom(seed: 4)
    for length in [0, 1, 7, 11, 12, 31, 32, 33, 1_000] {
      let data = Data((0..<length).map { _ in UInt8(random.within(0...255)) })
      #expect(throws: DecisionFileError.foreign("x")) { try DecisionReader(data, path: "x") }
    }
    var other = try file([1])
    other[8] = 2
    #expect(throws: DecisionFileError.version("x", 2)) { try DecisionReader(other, path: "x") }
  }

  @Test func aSectorIsNamedWhereItsNameIsKnown() throws {
    var event = DecisionEvent()
    event.reached = .max
    var context = DecisionContext()
    func sectors(_ number: UInt8) -> [String] {
      event.sector = number
      let lines = Explanation(RecordedDecision(event, symbol: nil), context).lines
      return lines.compactMap(\.value).filter { $0.contains("sector ") }
    }
    let csv = ReferenceData.header + "\nA,Energy,1,1,1,no\nB,Banks,1,1,1,no\nend,2\n"
    context.sectors = try ReferenceData(csv: Data(csv.utf8)).sectors
    #expect(sectors(2).contains { $0.hasSuffix("sector 2 (Banks)") })
    for number: UInt8 in [0, 3, 255] {
      #expect(sectors(number).contains { $0.hasSuffix("sector \(number)") })
    }
  }

  /// A file that is whole and was made by nobody's gate: whatever is in its events has words.
  @Test func anyEventHasAnExplanation() throws {
    var random = SeededRandom(seed: 5)
    let path = scratch.file("hostile")
    var context = DecisionContext()
    for name in RiskLimitField.all.map(\.name) {
      context.limits[name] = [-1e300, 0, 1e18, 0.1][Int(random.within(0...3))]
    }
    var writer = try DecisionWriter(RecordingFile(path: path), context)
    let extremes: [UInt64] = [0, .max, 1 << 63, (1 << 63) - 1, 1]
    for number in 1...3_000 as ClosedRange<UInt64> {
      var words = (0..<DecisionEvent.byteCount / 8).map { _ in
        random.within(0...2) == 0 ? extremes[Int(random.within(0...4))] : random.next()
      }
      words[0] = number
      words[10] = words[10] & ~0xFF | UInt64(DecisionEvent.currentVersion)
      if number % 2 == 0 { words[8] = .max }
      let event = unsafe words.withUnsafeBytes { unsafe $0.loadUnaligned(as: DecisionEvent.self) }
      try writer.write(event, symbol: random.next())
    }
    try writer.end(lost: .max)
    try writer.file.commit()
    let everything = DecisionSearch(
      try DecisionReader(path: path), DecisionSelection(), max: 10_000)
    #expect(everything.matched == 3_000 && everything.end == .whole && everything.lost == .max)
    for decision in everything.found {
      let explanation = Explanation(decision, everything.context)
      try #require(explanation.lines.count == RiskCheck.allCases.count)
      try #require(decision.orderNames.allSatisfy { !$0.isEmpty })
    }
  }
}

/// The ring of decisions, and what the sender does with it.
@Suite(.timeLimit(.minutes(1))) struct DecisionLogTests {
  /// The sender never waits: what finds no room is lost, and counted three times over.
  @Test func aFullRingIsCounted() throws {
    // Sixteen slots hold two decisions of six.
    let bench = try SenderBench(eventSlots: 64, decisionSlots: 16)
    try bench.decide(100, 100, 100, 100, 100)
    #expect(bench.counts.unsent == 5 && bench.decisionsLost == 3 && bench.decisionsFull == 3)
    #expect(bench.decisions().map(\.number) == [1, 2])
    try bench.decide(100)
    // The number says how many are missing before it.
    #expect(bench.decisions().map(\.number) == [6] && bench.decisionsLost == 3)
  }

  @Test func decisionsSayWhatBecameOfEachOrder() throws {
    let bench = try SenderBench(eventSlots: 64, decisionSlots: 64)
    try bench.decide(100, 200)
    let events = bench.decisions()
    #expect(events.map(\.decisionOutcome) == [.unsent, .refused])
    #expect(events[1].riskReason == .collar && events[1].limit == 5 && events[1].value == 100)
    #expect(events[0].exchangeTime == GateBench.start && events[0].price == 100)
    #expect(events.allSatisfy { $0.taken_ns > 0 && $0.strategy == 1 && $0.worker == 0 })
  }

  @Test func replacementsAreDecisionsToo() throws {
    let venue = try FakeVenue(.deaf)
    let bench = try SenderBench(
      eventSlots: 64, venuePort: venue.port,
      patience: SenderOptions.Patience(silent_ns: 1_000_000, whole_ns: 10_000_000),
      decisionSlots: 64)
    var request = GateBench.order(101)
    request.action = OrderAction.replace.rawValue
    request.target_id = request.order_id
    #expect(bench.ask(request))
    bench.ask(1)
    bench.takeAndSend()
    bench.adjust { sender in
      // As if the venue had accepted it.
      if let number = sender.book.find(1 << 32 | 1) {
        sender.book.pool[number].state = OrderState.live.rawValue
        sender.book.pool[number].isAccepted = true
      }
    }
    request.price = 300
    #expect(bench.ask(request))
    try? bench.finish()
    let events = bench.decisions()
    #expect(events.map(\.decisionOutcome) == [.idle, .allowed, .refused])
    #expect(events[0].reached == 0 && events[0].decisionFlags.contains(.isReplacement))
    #expect(events[2].refusedBy == .collar && events[2].replacedOpen == 100)
    #expect(events[2].replacedPriceE4 == 1_000_000)
    #expect(events[2].decisionFlags.contains(.isReplacement))
  }

  /// Without a record nothing of a decision is kept.
  @Test func withoutARingNothingIsMade() throws {
    let bench = try SenderBench(eventSlots: 64)
    try bench.decide(100, 200)
    #expect(bench.decisions().isEmpty && bench.decisionsLost == 0)
  }
}
