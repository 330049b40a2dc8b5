import Testing
import TickWire

@testable import TickEngine

@Suite struct RetainedMessagesTests {
  static let session = MoldUdp64Session("DAY0000001")!
  static let bytesMax = MoldUdp64Writer.datagramBytesMax

  static func array(_ bytes: Bytes?) -> [UInt8]? {
    bytes.map { bytes in (0..<bytes.count).map { bytes[$0] } }
  }

  static func append(_ message: [UInt8], to store: inout RetainedMessages) {
    message.withUnsafeBytes { store.append(Bytes($0)) }
  }

  /// Messages that tell their sequence, of `length` bytes.
  static func fill(_ store: inout RetainedMessages, count: Int, length: Int) {
    for _ in 0..<count {
      append(Array(repeating: UInt8(store.nextSequence & 0xFF), count: length), to: &store)
    }
  }

  @Test func theCapacityInMessagesForgetsTheOldest() {
    var store = RetainedMessages(session: Self.session, messagesMax: 5, bytesMax: Self.bytesMax)
    #expect(store.count == 0 && store.message(1) == nil && store.message(0) == nil)
    Self.fill(&store, count: 11, length: 3)
    #expect(store.count == 8 && store.firstSequence == 4 && store.nextSequence == 12)
    #expect(store.forgotten == 3)
    #expect(store.message(3) == nil && store.message(12) == nil)
    for sequence in UInt64(4)..<12 {
      #expect(Self.array(store.message(sequence)) == [UInt8](repeating: UInt8(sequence), count: 3))
    }
  }

  @Test func theCapacityInBytesForgetsTheOldestAndKeepsMessagesWhole() {
    var store = RetainedMessages(session: Self.session, messagesMax: 1_024, bytesMax: 1_400)
    Self.fill(&store, count: 500, length: 300)
    // Four of 300 lie together in 1,400 bytes; the last 200 are skipped.
    #expect(store.count == 4)
    for sequence in store.firstSequence..<store.nextSequence {
      let expected = [UInt8](repeating: UInt8(sequence & 0xFF), count: 300)
      #expect(Self.array(store.message(sequence)) == expected)
    }
  }

  @Test func aMessageLargerThanTheMemoryForgetsEverything() {
    var store = RetainedMessages(session: Self.session, messagesMax: 8, bytesMax: 1_400)
    Self.fill(&store, count: 3, length: 1)
    Self.append([UInt8](repeating: 1, count: 1_401), to: &store)
    #expect(store.count == 0 && store.nextSequence == 5 && store.forgotten == 4)
    Self.append([9], to: &store)
    #expect(Self.array(store.message(5)) == [9] && store.message(4) == nil)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func whatIsKeptIsWhatWasSent(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var store = RetainedMessages(session: Self.session, messagesMax: 64, bytesMax: 2_000)
    var sent: [[UInt8]] = []
    for _ in 0..<5_000 {
      let length = Int(random.next() % 120)
      let message = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      Self.append(message, to: &store)
      sent.append(message)
      let sequence = 1 + random.next() % UInt64(sent.count)
      let kept = Self.array(store.message(sequence))
      #expect(kept == (sequence < store.firstSequence ? nil : sent[Int(sequence) - 1]))
    }
    #expect(store.forgotten == UInt64(5_000 - store.count) && store.count >= 16)
  }

  @Test func aNewSessionBeginsWithNothing() {
    var store = RetainedMessages(session: Self.session, messagesMax: 8, bytesMax: 1_400)
    Self.fill(&store, count: 5, length: 4)
    store.restart(MoldUdp64Session("DAY0000002")!)
    #expect(store.count == 0 && store.nextSequence == 1 && store.forgotten == 5)
    #expect(store.message(1) == nil)
    Self.fill(&store, count: 1, length: 4)
    #expect(store.message(1) != nil)
  }

  @Test func anAnswerIsOneDatagramOfWhatIsThere() {
    var store = RetainedMessages(session: Self.session, messagesMax: 64, bytesMax: 8_000)
    Self.fill(&store, count: 20, length: 100)
    #expect(Self.ask(store, 3, 2) == Answer(length: 20 + 2 * 102, first: 3, count: 2))
    #expect(Self.ask(store, 1, 65_535) == Answer(length: 20 + 13 * 102, first: 1, count: 13))
    #expect(Self.ask(store, 20, 9) == Answer(length: 20 + 102, first: 20, count: 1))
    for (first, count) in [(21, 1), (0, 1), (1, 0)] as [(UInt64, Int)] {
      #expect(Self.ask(store, first, count) == nil)
    }
    #expect(Self.ask(store, 1, 1, MoldUdp64Session("OTHER")!) == nil)
  }

  struct Answer: Equatable {
    let length: Int
    let first: UInt64
    let count: Int
  }

  static func ask(
    _ store: borrowing RetainedMessages, _ first: UInt64, _ count: Int,
    _ session: MoldUdp64Session = session
  ) -> Answer? {
    let buffer = Slab<UInt8>(count: 1_400, repeating: 0)
    var writer = MoldUdp64Writer(into: buffer.mutableBytes)
    let request = MoldUdp64Request(session: session, firstSequence: first, messageCount: count)
    let length = store.answer(request, with: &writer)
    guard length > 0 else { return nil }
    return Answer(length: length, first: writer.firstSequence, count: writer.messageCount)
  }
}
