import Testing
import TickRing

@testable import TickEngine

/// What an ingester leaves to its successor.
@Suite struct FeedMemoryTests {
  private let region: SharedRegion

  init() throws {
    region = SharedRegion(
      try Region.createUnnamed(.state, capacity: FeedMemory.capacity))
  }

  private func memory() throws -> FeedMemory { try FeedMemory(claiming: region.attach()) }

  private func packet(_ first: UInt64, session: UInt128 = 9) -> SequencedPacket {
    SequencedPacket(stream: 7, session: session, first: first, count: 5, sendTime: first)
  }

  /// Follows messages 1 to 10; of the second packet it is not known how far it went.
  private func dieOverTheSecondPacket() throws {
    var tracker = SequenceTracker(try memory().sequences())
    _ = tracker.judge(packet(1))
    tracker.finish(0)
    _ = tracker.judge(packet(6))
  }

  @Test func whatAPredecessorHadInHandCountsAsMissing() throws {
    try dieOverTheSecondPacket()
    var successor = SequenceTracker(try memory().sequences())
    let streams = successor.count
    let inHand = successor.takeOver(0)
    #expect(streams == 1 && inHand == 5)
    let next = successor.judge(packet(11))
    #expect(next.missing == 0 && !next.isJoin && !next.isDuplicate)
    let again = successor.takeOver(0)
    #expect(again == 5, "the packet after it is in hand now")
  }

  @Test func whatCameBeforeADeathIsADuplicateAfterIt() throws {
    try dieOverTheSecondPacket()
    var successor = SequenceTracker(try memory().sequences())
    _ = successor.takeOver(0)
    let verdict = successor.judge(packet(6))
    #expect(verdict.isDuplicate && verdict.skip == 5)
  }

  @Test func whatCameDuringADeathIsMissing() throws {
    try dieOverTheSecondPacket()
    var successor = SequenceTracker(try memory().sequences())
    _ = successor.takeOver(0)
    let verdict = successor.judge(packet(31))
    #expect(verdict.missing == 20)
  }

  @Test func aStreamThatWasJustBeingBegunBeginsAnew() throws {
    do {
      let streams = try memory().sequences()
      streams[0].key = 7
      streams[0].session = 9
      streams[0].expected = 77
      streams[0].standing = 2
    }
    var successor = SequenceTracker(try memory().sequences())
    let inHand = successor.takeOver(0)
    #expect(inHand == 0)
    let verdict = successor.judge(packet(1, session: 10))
    #expect(verdict.isNewSession && verdict.missing == 0 && successor.expected(0) == 6)
  }

  @Test func haltsOutliveTheirIngester() throws {
    do {
      let states = try memory().states()
      states[5] = [.halted]
    }
    let states = try memory().states()
    #expect(states[5] == [.halted] && states[4] == [])
  }

  @Test func aSecondIngesterIsRefusedItsMemory() throws {
    let first = try memory()
    #expect(throws: RingError.self) { _ = try memory() }
    _ = first.streams()
  }
}
