import CTickRing
import Foundation
import TestSupport
import Testing

@testable import TickRing

/// Claim / commit and peek / advance, against a model and between threads; and that a stream is the
/// same whichever calls of either face carried it.
@Suite(.timeLimit(.minutes(2)))
struct BatchTests {
  @Test(arguments: QueueTests.capacities)
  func anyBatchAtAnyWrapOffsetBehavesAsAQueue(capacity: Int) throws {
    try withScratch { directory in
      for (number, base) in QueueTests.bases.enumerated() {
        let start = base &+ 100
        try ringStarted(at: start, capacity: capacity, in: directory, name: "b\(number)")
        try mix(directory, "b\(number)", start: start, capacity: capacity)
      }
    }
  }

  /// Every size of batch at every offset: sizes beyond the capacity too, and part of each claim and
  /// of each peek left over.
  func mix(_ directory: String, _ name: String, start: UInt64, capacity: Int) throws {
    var producer = try TickProducer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var consumer = try TickConsumer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var random = SplitMix(seed: start)
    var sent = start
    var seen = start
    var wrong = 0
    for _ in 0..<20_000 {
      let asked = Int(random.next() % UInt64(capacity + 2))
      let kept = Int(random.next() % UInt64(asked + 1))
      let turn = random.next() & 7
      if turn == 0 {
        let granted = producer.publish(upTo: asked, received: 3) { tick(sent + UInt64($0)) }
        if granted != min(asked, capacity - Int(sent - seen)) { wrong += 1 }
        sent += UInt64(granted)
      } else if turn == 1 {
        let found = consumer.poll(upTo: asked) { index, one in
          if !isSame(one, tick(seen + UInt64(index))) { wrong += 1 }
        }
        if found != min(asked, Int(sent - seen)) { wrong += 1 }
        seen += UInt64(found)
      } else if turn & 1 == 0 {
        let granted = producer.claim(asked)
        if granted != min(asked, capacity - Int(sent - seen)) { wrong += 1 }
        for index in 0..<granted { producer.set(index, to: tick(sent + UInt64(index))) }
        producer.commit(min(kept, granted), received: 3)
        sent += UInt64(min(kept, granted))
      } else {
        let found = consumer.peek(asked)
        if found != min(asked, Int(sent - seen)) { wrong += 1 }
        for index in 0..<found
        where !isSame(consumer.peeked(index), tick(seen + UInt64(index))) { wrong += 1 }
        consumer.advance(min(kept, found))
        seen += UInt64(min(kept, found))
      }
    }
    #expect(wrong == 0, "capacity \(capacity), start \(start)")
  }

  @Test(arguments: [8, 64, 1024])
  func aBatchAppearsWhole(capacity: Int) throws {
    try withScratch { directory in
      try ringStarted(at: (1 << 32) - 999, capacity: capacity, in: directory, name: "whole")
      var consumer = try TickConsumer(
        claiming: Region.attach(.ticks, directory: directory, name: "whole"))
      let count: UInt64 = 60_000
      let batch = 7
      let producer = Worker {
        var random = SplitMix(seed: 5)
        // Cannot fail: the region is there, and nobody else produces.
        var producer = try! TickProducer(
          claiming: Region.attach(.ticks, directory: directory, name: "whole"))
        for number in stride(from: 0, to: count, by: batch) {
          while producer.claim(batch) < batch { sched_yield() }
          for index in 0..<batch { producer.set(index, to: tick(number + UInt64(index))) }
          producer.commit(batch, received: 0)
          pauseNowAndThen(&random)
        }
      }
      var wrong = 0
      var parts = 0
      for number in stride(from: 0, to: count, by: batch) {
        var found = consumer.peek(batch)
        while found == 0 {
          sched_yield()
          found = consumer.peek(batch)
        }
        if found != batch { parts += 1 }
        while found < batch { found = consumer.peek(batch) }
        for index in 0..<batch
        where !isSame(consumer.peeked(index), tick(number + UInt64(index))) { wrong += 1 }
        consumer.advance(batch)
      }
      producer.join()
      #expect(wrong == 0 && parts == 0)
    }
  }

  @Test func aBatchIsMadeInOrderAndAppearsAtItsEnd() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "made", capacity: 16)
      var producer = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region.duplicate())
      for count in 1...16 {
        var made: [Int] = []
        var early = 0
        let granted = producer.publish(upTo: count, received: 0) { index in
          made.append(index)
          early += consumer.peek(16)
          return tick(UInt64(index))
        }
        let found = consumer.poll(upTo: 16) { _, _ in }
        #expect(granted == count && found == count && made == Array(0..<count) && early == 0)
      }
    }
  }

  @Test func theProducerHearsOfRoomWithinALongBatch() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "room", capacity: 64)
      var producer = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region.duplicate())
      let granted = producer.publish(upTo: 64, received: 0) { tick(UInt64($0)) }
      var heard: [UInt64] = []
      let found = consumer.poll(upTo: 64) { _, _ in heard.append(producer.advanced) }
      let last = producer.advanced
      #expect(granted == 64 && found == 64 && last == 64)
      #expect(heard == (0..<64).map { $0 / 8 * 8 })
    }
  }

  @Test func aHalfCommittedBatchIsWithdrawnByASuccessor() throws {
    try withScratch { directory in
      try ringStarted(at: 0, capacity: 8, in: directory, name: "half")
      let region = try Region.attach(.ticks, directory: directory, name: "half")
      do {
        var producer = try TickProducer(claiming: region.duplicate())
        let isPublished = producer.publish(tick(0), received: 0)
        #expect(isPublished)
      }
      // As a commit of five leaves it that was cut short before its first word.
      for sequence in UInt64(2)...5 {
        setWord(region, sequence: sequence, to: tickring_word(sequence, 0))
      }
      var successor = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region.duplicate())
      let resumedAt = successor.published
      let isPublished = successor.publish(tick(1), received: 0)
      let found = consumer.peek(8)
      #expect(resumedAt == 1 && isPublished && found == 2)
    }
  }

  @Test func anAdvanceBeyondWhatWasFoundTraps() async {
    await #expect(processExitsWith: .failure) {
      try withTicksPublished(5) { consumer in consumer.advance(consumer.peek(3) + 1) }
    }
    await #expect(processExitsWith: .failure) {
      try withTicksPublished(5) { consumer in consumer.advance(1) }
    }
    await #expect(processExitsWith: .success) {
      try withTicksPublished(5) { consumer in consumer.advance(consumer.peek(3)) }
    }
  }

  @Test func aCommitOfMoreThanWasGrantedTraps() async {
    await #expect(processExitsWith: .failure) {
      let region = try Region.createSealed(.ticks, capacity: 8)
      var producer = try TickProducer(claiming: region)
      producer.commit(producer.claim(8) + 1, received: 0)
    }
  }

  @Test func bothFacesLeaveTheSameBytes() throws {
    try withScratch { directory in
      let swift = try Region.create(.ticks, directory: directory, name: "swift", capacity: 16)
      let c = try Region.create(.ticks, directory: directory, name: "c", capacity: 16)
      var producer = try TickProducer(claiming: swift.duplicate())
      var other = try TickProducer(claiming: c.duplicate())
      for batch in [1, 3, 7, 5] {
        let granted = producer.claim(batch)
        let grantedByC = Int(tickring_claim(&other.raw, UInt64(batch)))
        #expect(granted == grantedByC)
        for index in 0..<granted {
          let one = tick(producer.published + UInt64(index))
          producer.set(index, to: one)
          tickring_set(&other.raw, UInt64(index), tickring_words(word: one.words))
        }
        producer.commit(granted, received: 77)
        tickring_commit(&other.raw, UInt64(grantedByC), 77)
      }
      let difference = memcmp(swift.raw.body, c.raw.body, 16 * 32)
      let isAttached = swift.capacity == 16 && c.capacity == 16
      #expect(difference == 0 && isAttached)
    }
  }

  @Test(arguments: [1, 4, 64])
  func batchesOfRecordsCrossUnchanged(capacity: Int) throws {
    try withScratch { directory in
      let region = try Region.create(
        .events, directory: directory, name: "events", capacity: capacity)
      var producer = try EventProducer(claiming: region.duplicate())
      var consumer = try EventConsumer(claiming: region.duplicate())
      var sent: UInt64 = 0
      var seen: UInt64 = 0
      var wrong = 0
      for round in 0..<(4 * capacity) {
        let granted = producer.claim(round % (capacity + 1))
        for index in 0..<granted { producer.set(index, to: event(sent + UInt64(index))) }
        producer.commit(granted)
        sent += UInt64(granted)
        let found = consumer.peek(capacity)
        if found != Int(sent - seen) { wrong += 1 }
        for index in 0..<found {
          let one = consumer.peeked(index)
          let number = seen + UInt64(index)
          if one.receive_time != number || one.order_id != ~number { wrong += 1 }
          if one.price != Double(number) || one.quantity != UInt32(number) { wrong += 1 }
        }
        consumer.advance(found)
        seen += UInt64(found)
      }
      #expect(wrong == 0 && seen == sent)
    }
  }

  func event(_ number: UInt64) -> OrderEvent {
    var event = OrderEvent.none
    event.receive_time = number
    event.order_id = ~number
    event.price = Double(number)
    event.quantity = UInt32(number)
    return event
  }
}

/// A consumer with ticks to find. For tests that end the process.
private func withTicksPublished(_ count: Int, _ body: (inout TickConsumer) -> Void) throws {
  let region = try Region.createSealed(.ticks, capacity: 8)
  var producer = try TickProducer(claiming: region.duplicate())
  var consumer = try TickConsumer(claiming: region)
  for number in 0..<count { _ = producer.publish(tick(UInt64(number)), received: 0) }
  body(&consumer)
}
