import CTickRing
import Foundation
import TestSupport
import Testing

@testable import TickRing

/// One writer that never waits, and observers that know what they lost.
@Suite(.timeLimit(.minutes(2)))
struct BroadcastTests {
  private func ring(_ directory: String, capacity: Int) throws -> Region {
    try Region.create(.broadcast, directory: directory, name: "b", capacity: capacity)
  }

  private func observer(
    _ directory: String, from start: BroadcastStart
  ) throws -> BroadcastObserver {
    try BroadcastObserver(
      Region.attachReader(.broadcast, directory: directory, name: "b"), from: start)
  }

  /// Takes what there is; each tick must be the one of its sequence.
  private func drain(_ observer: inout BroadcastObserver) -> [UInt64] {
    var taken: [UInt64] = []
    var each = Tick()
    while observer.poll(&each) {
      #expect(isSame(each, tick(observer.next - 1)))
      taken.append(observer.next - 1)
    }
    let isExact = observer.start + observer.seen + observer.lost == observer.next
    #expect(isExact)
    return taken
  }

  @Test func everyObserverSeesEveryTickWhenItKeepsUp() throws {
    try withScratch { directory in
      var writer = try BroadcastWriter(claiming: ring(directory, capacity: 4))
      var one = try observer(directory, from: .oldest)
      var other = try observer(directory, from: .next)
      for number in 0..<UInt64(100) {
        writer.write(tick(number), received: 1)
        #expect(drain(&one) == [number])
        #expect(drain(&other) == [number])
      }
      let lost = (one.lost, other.lost)
      #expect(lost == (0, 0))
    }
  }

  @Test(arguments: [2, 4, 8, 16, 32, 64])
  func lossesAreExactForEveryDistance(capacity: Int) throws {
    try withScratch { directory in
      var writer = try BroadcastWriter(claiming: ring(directory, capacity: capacity))
      var observer = try observer(directory, from: .next)
      for distance in 0..<UInt64(capacity * 3) {
        let before = (seen: observer.seen, lost: observer.lost)
        for _ in 0..<distance { writer.write(tick(writer.written), received: 0) }
        let taken = drain(&observer)
        let gained = (seen: observer.seen - before.seen, lost: observer.lost - before.lost)
        #expect(gained.seen == UInt64(taken.count) && gained.seen + gained.lost == distance)
        #expect(distance > UInt64(capacity) || gained.lost == 0)
        #expect(distance == 0 || taken.last == writer.written - 1)
      }
    }
  }

  /// Takes what there is five at a time, handed over and copied in turns.
  private func drainInFives(_ observer: inout BroadcastObserver) -> [UInt64] {
    var taken: [UInt64] = []
    let ticks = UnsafeMutableBufferPointer<Tick>.allocate(capacity: 5)
    defer { ticks.deallocate() }
    for turn in 0... {
      let before = taken.count
      if turn % 2 == 0 {
        let found = observer.poll(upTo: 5) { sequence, each in
          #expect(isSame(each, tick(sequence)))
          taken.append(sequence)
        }
        #expect(found == taken.count - before)
      } else {
        let found = observer.poll(into: ticks)
        for index in 0..<found {
          taken.append(observer.next - UInt64(found - index))
          #expect(isSame(ticks[index], tick(taken.last!)))
        }
      }
      if taken.count == before { break }
    }
    return taken
  }

  @Test(arguments: [2, 8, 64, 256])
  func batchesAreInOrderAndTheirLossesExact(capacity: Int) throws {
    try withScratch { directory in
      var writer = try BroadcastWriter(claiming: ring(directory, capacity: capacity))
      var observer = try observer(directory, from: .next)
      for distance in 0..<UInt64(capacity * 2) {
        let before = (lost: observer.lost, written: writer.written)
        for _ in 0..<distance { writer.write(tick(writer.written), received: 0) }
        let taken = drainInFives(&observer)
        let lost = observer.lost - before.lost
        #expect(taken == Array(before.written + lost..<writer.written))
        let isOvertaken = distance > UInt64(capacity)
        #expect(capacity >= 128 || isOvertaken == (lost > 0))
      }
    }
  }

  @Test func aLateJoinerStartsWhereItAskedTo() throws {
    try withScratch { directory in
      var writer = try BroadcastWriter(claiming: ring(directory, capacity: 8))
      for start in [BroadcastStart.newest, .oldest, .next] {
        var early = try observer(directory, from: start)
        #expect(drain(&early) == [])
      }
      for number in 0..<UInt64(20) { writer.write(tick(number), received: 0) }
      var newest = try observer(directory, from: .newest)
      var oldest = try observer(directory, from: .oldest)
      var next = try observer(directory, from: .next)
      #expect(drain(&newest) == [19])
      #expect(drain(&oldest) == Array(12..<20))
      #expect(drain(&next) == [])
      writer.write(tick(20), received: 0)
      #expect(drain(&next) == [20])
      let lost = newest.lost + oldest.lost + next.lost
      #expect(lost == 0)
    }
  }

  @Test func aSecondWriterIsRefusedAndASuccessorGoesOn() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 8)
      var observer = try observer(directory, from: .oldest)
      do {
        var writer = try BroadcastWriter(claiming: region.duplicate())
        writer.write(tick(0), received: 0)
        let second = refusal { () throws(RingError) in
          _ = try BroadcastWriter(claiming: region.duplicate())
        }
        #expect(second == .roleTaken)
      }
      var successor = try BroadcastWriter(claiming: region.duplicate())
      successor.write(tick(successor.written), received: 0)
      #expect(drain(&observer) == [0, 1])
    }
  }

  /// A writer may die after any of its stores.
  @Test func aWriterThatDiesInMidRecordLeavesNoHalfAndNoHole() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 4)
      do {
        var writer = try BroadcastWriter(claiming: region.duplicate())
        for number in 0..<UInt64(6) { writer.write(tick(number), received: 0) }
      }
      var observer = try observer(directory, from: .oldest)  // at 2
      region.raw.header.pointee.ahead = 7  // 6 begun, over 2
      #expect(drain(&observer) == [3, 4, 5])
      let lost = observer.lost
      #expect(lost == 1)
      var successor = try BroadcastWriter(claiming: region.duplicate())
      let resumed = successor.written
      #expect(resumed == 6)
      successor.write(tick(6), received: 0)
      #expect(drain(&observer) == [6])
    }
  }

  @Test func aWriterThatDiesBetweenTheWordAndTheTailHasWrittenThatRecord() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 4)
      do {
        var writer = try BroadcastWriter(claiming: region.duplicate())
        for number in 0..<UInt64(6) { writer.write(tick(number), received: 0) }
      }
      region.raw.header.pointee.tail = 5
      let successor = try BroadcastWriter(claiming: region.duplicate())
      let resumed = successor.written
      #expect(resumed == 6)
    }
  }

  @Test func whoeverWatchesCanClaimNothing() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 4)
      let refused = refusal { () throws(RingError) in
        _ = try BroadcastWriter(
          claiming: Region.attachReader(.broadcast, directory: directory, name: "b"))
      }
      #expect(refused == .permission)
      let copied = refusal { () throws(RingError) in
        let reader = try Region.attachReader(.broadcast, directory: directory, name: "b")
        _ = try BroadcastWriter(claiming: reader.duplicate())
      }
      #expect(copied == .permission)
      let capacity = region.capacity
      #expect(capacity == 4)
    }
  }

  @Test func aBroadcastRingIsAKindOfItsOwn() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 4)
      let queue = try Region.create(.ticks, directory: directory, name: "q", capacity: 4)
      let refusals = [
        refusal { () throws(RingError) in _ = try TickProducer(claiming: region.duplicate()) },
        refusal { () throws(RingError) in _ = try BroadcastWriter(claiming: queue.duplicate()) },
        refusal { () throws(RingError) in
          _ = try BroadcastObserver(queue.duplicate(), from: .newest)
        },
        refusal { () throws(RingError) in
          _ = try Region.attach(.ticks, directory: directory, name: "b")
        },
      ]
      #expect(refusals == [.kind, .kind, .kind, .kind])
      let single = refusal { () throws(RingError) in
        _ = try Region.create(.broadcast, directory: directory, name: "one", capacity: 1)
      }
      #expect(single == .argument)
    }
  }

  @Test func nonsenseInTheHeaderIsNeverFollowed() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 8)
      var random = SplitMix(seed: 7)
      for _ in 0..<2000 {
        region.raw.header.pointee.tail = random.next() >> UInt64.random(in: 0..<64, using: &random)
        region.raw.header.pointee.ahead = random.next()
        for sequence in 0..<UInt64(8) { setWord(region, sequence: sequence, to: random.next()) }
        let start = BroadcastStart(rawValue: UInt32.random(in: 0..<3, using: &random))!
        var observer = try observer(directory, from: start)
        var each = Tick()
        for _ in 0..<20 where !observer.poll(&each) {
          region.raw.header.pointee.tail = random.next()
        }
        let isExact = observer.start &+ observer.seen &+ observer.lost == observer.next
        #expect(isExact)
      }
    }
  }

  @Test func anObserverInAnotherThreadLosesExactlyWhatItDidNotSee() throws {
    try withScratch { directory in
      let region = try ring(directory, capacity: 64)
      let count: UInt64 = 200_000
      let worker = Worker {
        var writer = try! BroadcastWriter(claiming: region.duplicate())
        var random = SplitMix(seed: 3)
        while writer.written < count {
          writer.write(tick(writer.written), received: 0)
          pauseNowAndThen(&random)
        }
      }
      var observer = try observer(directory, from: .oldest)
      var each = Tick()
      while observer.next < count {
        guard observer.poll(&each) else {
          sched_yield()
          continue
        }
        if !isSame(each, tick(observer.next - 1)) { Issue.record("torn at \(observer.next - 1)") }
      }
      worker.join()
      let counted = observer.start + observer.seen + observer.lost
      #expect(counted == count)
    }
  }
}
