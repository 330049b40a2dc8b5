import Testing

@testable import TickEngine

/// MD2, MD3 against a model that remembers every message it has seen.
@Suite(.timeLimit(.minutes(1))) struct SequenceModelTests {
  struct Sent {
    var first: UInt64
    var count: UInt64
    var time: UInt64
  }

  struct Tally: Equatable {
    var taken: UInt64 = 0
    var gaps = 0
    var missing: UInt64 = 0
    var duplicates = 0
    var overlaps = 0
  }

  /// A session cut into datagrams, some of which begin before the last one ended if `repeats`.
  private func session(_ random: inout SeededRandom, repeats: Bool = true) -> [Sent] {
    var sent: [Sent] = []
    var next: UInt64 = 1
    for step in 0..<400 {
      let count = random.once(in: 10) ? 0 : UInt64(random.within(1...6))
      // A heartbeat names the next message; data may repeat the last few.
      let isRepeat = repeats && count > 1 && random.once(in: 8)
      let back = isRepeat ? min(UInt64(random.within(1...4)), next - 1) : 0
      let first = next - min(back, count > 0 ? count - 1 : 0)
      // What begins at 1 again would be a restart, which has claims of its own.
      sent.append(Sent(first: first <= 1 ? next : first, count: count, time: UInt64(100 + step)))
      next = max(next, sent[step].first + count)
    }
    return sent
  }

  /// Loses, repeats and swaps; the first datagram stays, since all is judged from it on.
  private func disturb(_ sent: [Sent], _ random: inout SeededRandom) -> [Sent] {
    var line = [sent[0]]
    for datagram in sent.dropFirst() {
      if random.once(in: 12) { continue }
      line.append(datagram)
      if random.once(in: 10) { line.append(datagram) }
    }
    for index in 1..<(line.count - 3) where random.once(in: 15) {
      line.swapAt(index, index + random.within(1...2))
    }
    return line
  }

  /// Brute force: a set of all messages seen, and the highest of them.
  private func model(_ line: [Sent]) -> Tally {
    var seen = Set<UInt64>()
    var tally = Tally()
    var expected = line[0].first
    for datagram in line {
      let messages = datagram.first..<(datagram.first + datagram.count)
      if datagram.first > expected {
        tally.gaps += 1
        tally.missing += datagram.first - expected
      }
      // Beyond what is expected, a message is new; before it, it was seen or given up.
      let new = messages.filter { $0 >= expected }
      if !messages.isEmpty, new.isEmpty {
        tally.duplicates += 1
      } else if new.count < messages.count {
        tally.overlaps += 1
      }
      for message in new { #expect(seen.insert(message).inserted) }
      tally.taken += UInt64(new.count)
      expected = max(expected, messages.upperBound)
    }
    return tally
  }

  private func tracked(_ line: [Sent]) -> Tally {
    var tracker = SequenceTracker()
    var tally = Tally()
    for datagram in line {
      let verdict = tracker.judge(
        SequencedPacket(
          stream: 1, session: 1, first: datagram.first, count: datagram.count,
          sendTime: datagram.time))
      #expect(!verdict.isRestart && !verdict.isUntracked)
      if verdict.missing > 0 { tally.gaps += 1 }
      tally.missing += verdict.missing
      if verdict.isDuplicate { tally.duplicates += 1 }
      if verdict.isOverlap { tally.overlaps += 1 }
      #expect(verdict.skip <= datagram.count)
      tally.taken += datagram.count - verdict.skip
    }
    return tally
  }

  @Test(arguments: 1...40)
  func lostRepeatedAndSwappedDatagramsAreCountedExactly(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let line = disturb(session(&random), &random)
    let (expected, counted) = (model(line), tracked(line))
    #expect(expected == counted)
    #expect(expected.gaps > 5 && expected.duplicates > 5 && expected.overlaps > 5)
  }

  /// MD2: two lines with losses of their own give each message once, and miss only what both lost.
  @Test(arguments: 1...20)
  func twoLinesGiveEachMessageOnce(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let sent = session(&random, repeats: false)
    var line = [sent[0]]
    var lost = 0
    for datagram in sent.dropFirst() {
      let copies = (random.once(in: 5) ? 0 : 1) + (random.once(in: 5) ? 0 : 1)
      if copies == 0 { lost += 1 }
      for _ in 0..<copies { line.append(datagram) }
    }
    let tally = tracked(line)
    let present = Set(line.flatMap { $0.first..<($0.first + $0.count) })
    #expect(tally.taken == UInt64(present.count))
    #expect(tally == model(line) && lost > 0)
  }
}
