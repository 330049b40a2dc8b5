import Testing
import TickWire

@testable import TickEngine

/// What is held back, against sorted arrays.
@Suite(.timeLimit(.minutes(1))) final class ReorderBufferTests {
  struct Kept: Equatable {
    var first: UInt64
    var end: UInt64
    var content: UInt8
  }

  private let memory = Slab<UInt8>(count: 64, repeating: 0)

  private func datagram(_ content: UInt8, _ count: Int) -> Bytes {
    memory.fill(content)
    return memory.mutableBytes.bytes.slice(at: 0, count: count)
  }

  private func insert(
    _ buffer: Boxed<ReorderBuffer>, _ first: UInt64, _ count: UInt64, stream: Int = 0,
    content: UInt8 = 1, length: Int = 8
  ) -> ReorderBuffer.Insertion {
    let packet = SequencedPacket(stream: 1, session: 1, first: first, count: count, sendTime: 0)
    return buffer.value.insert(
      packet, datagram(content, length), ArrivalTimes(clock: 0, received_ns: 0, now: first),
      line: 0, isProven: true, stream: stream)
  }

  private func removeFirst(_ buffer: Boxed<ReorderBuffer>, _ stream: Int) -> Kept? {
    guard let held = buffer.value.first(stream) else { return nil }
    let kept = Kept(
      first: held.packet.first, end: held.packet.end, content: buffer.value.firstDatagram(stream)[0]
    )
    buffer.value.removeFirst(stream)
    return kept
  }

  @Test(arguments: 1...20)
  func whatIsHeldIsInOrderWhateverCameHow(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let buffer = Boxed(ReorderBuffer(packets: 48, datagramBytes_max: 16))
    var model: [[Kept]] = [[], [], []]
    for step in 0..<4_000 {
      let stream = random.below(3)
      if random.once(in: 3) {
        let expected = model[stream].isEmpty ? nil : model[stream].removeFirst()
        #expect(removeFirst(buffer, stream) == expected)
        continue
      }
      let first = UInt64(random.within(1...200))
      let count = UInt64(random.within(1...4))
      let length = random.once(in: 20) ? 17 : random.within(1...16)
      let kept = Kept(first: first, end: first + count, content: UInt8(step & 0xFF))
      let insertion = insert(
        buffer, first, count, stream: stream, content: kept.content, length: length)
      let place = model[stream].lastIndex { $0.first <= first }
      let isCovered = place.map { model[stream][$0].end >= kept.end } ?? false
      let isFull = model.reduce(0) { $0 + $1.count } == 48
      #expect(insertion == (isCovered ? .duplicate : isFull || length > 16 ? .noRoom : .held))
      if insertion == .held { model[stream].insert(kept, at: place.map { $0 + 1 } ?? 0) }
      #expect(buffer.value.count(stream) == model[stream].count)
      #expect(buffer.value.last(stream)?.packet.first == model[stream].last?.first)
    }
    for stream in 0..<3 {
      while let kept = removeFirst(buffer, stream) {
        #expect(kept == model[stream].removeFirst())
      }
      #expect(model[stream].isEmpty && buffer.value.count(stream) == 0)
    }
  }

  /// A line that lags by thousands of packets fills its places one after the other.
  @Test func aLineThatLagsFarFindsItsPlaces() {
    let buffer = Boxed(ReorderBuffer(packets: 16_384, datagramBytes_max: 8))
    for number: UInt64 in 1...4_000 { #expect(insert(buffer, number * 2, 1) == .held) }
    for number: UInt64 in 2...3_999 {
      #expect(insert(buffer, number * 2 + 1, 1) == .held)
      // The leading line goes on meanwhile, and overtakes itself.
      #expect(insert(buffer, 8_000 + number * 2, 1) != .noPlace)
      #expect(insert(buffer, 8_000 + number * 2 - 2, 1) != .noPlace)
    }
    #expect(buffer.value.count(0) > 7_900)
  }

  /// The dearest packet costs a bounded walk: what lies deep inside, far from all before, is left.
  @Test func aPlaceTooFarToLookForIsRefused() {
    let buffer = Boxed(ReorderBuffer(packets: 8_192, datagramBytes_max: 8))
    for number: UInt64 in 1...4_000 { #expect(insert(buffer, number * 2, 1) == .held) }
    #expect(insert(buffer, 4_001, 1) == .noPlace)
    #expect(buffer.value.count(0) == 4_000)
    #expect(insert(buffer, 1, 1) == .held && insert(buffer, 7_999, 1) == .held)
  }

  @Test func allThatIsHeldIsForgottenTogether() {
    let buffer = Boxed(ReorderBuffer(packets: 4, datagramBytes_max: 8))
    for number: UInt64 in 1...4 { #expect(insert(buffer, number, 1, stream: 1) == .held) }
    #expect(insert(buffer, 9, 1) == .noRoom)
    buffer.value.clear()
    #expect(
      buffer.value.count(1) == 0 && buffer.value.first(1) == nil && buffer.value.last(1) == nil)
    for number: UInt64 in 1...4 { #expect(insert(buffer, number, 1) == .held) }
  }

  // MARK: What was given up

  @Test func theLedgerKnowsTheLastRangesOfEachStream() {
    let boxed = Boxed(LossLedger())
    boxed.value.add(0, 10, 20)
    boxed.value.add(1, 10, 20)
    #expect(boxed.value.contains(0, 10, 20) && boxed.value.contains(0, 12, 13))
    #expect(
      !boxed.value.contains(0, 9, 11) && !boxed.value.contains(0, 19, 21)
        && !boxed.value.contains(2, 12, 13))
    boxed.value.beginAnew(0)
    #expect(!boxed.value.contains(0, 12, 13) && boxed.value.contains(1, 12, 13))
    let isKnown = boxed.value.contains(0, 12, 13, isBefore: true)
    boxed.value.beginAnew(0)
    let isForgotten = !boxed.value.contains(0, 12, 13, isBefore: true)
    #expect(isKnown && isForgotten)
    for number in 0..<UInt64(LossLedger.rangesMax) {
      boxed.value.add(0, number * 10, number * 10 + 5)
    }
    #expect(
      !boxed.value.contains(1, 12, 13) && boxed.value.contains(0, 0, 5)
        && boxed.value.contains(0, 630, 635))
  }
}
