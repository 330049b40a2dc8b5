import CTickRing
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TickRing

/// Publish and poll, against a model and between threads.
@Suite(.timeLimit(.minutes(2)))
struct QueueTests {
  /// The producer of the largest asks the lazily shared head; of the others the position alone.
  static let capacities = [1, 2, 4, 8, 16, 32, 64, 512]
  /// The sequence a ring starts near: its birth, the wrap of the commit word, the sign bit.
  static let bases: [UInt64] = [0, (1 << 32) - 128, (1 << 63) - 128]

  @Test(arguments: capacities)
  func everyCapacityIsUsedInFullAtEveryWrapOffset(capacity: Int) throws {
    // Of the largest at three: at all it would take hundreds of times as long.
    let step = capacity > 64 ? capacity - 1 : 1
    try withScratch { directory in
      for base in Self.bases {
        for offset in stride(from: 0, to: UInt64(2 * capacity), by: step) {
          let name = "r\(base)-\(offset)"
          let start = base &+ (base == 0 ? offset : 128 &- UInt64(2 * capacity) &+ offset)
          try ringStarted(at: start, capacity: capacity, in: directory, name: name)
          try fillAndDrain(directory, name, start: start, capacity: capacity)
          try Region.remove(directory: directory, name: name)
        }
      }
    }
  }

  /// Fills, and then polls k and publishes k for every k, so that what the producer knows of room
  /// lags by every distance when it asks; and the head, where it is asked for, too.
  func fillAndDrain(_ directory: String, _ name: String, start: UInt64, capacity: Int) throws {
    var producer = try TickProducer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var consumer = try TickConsumer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var wrong = producer.published == start && consumer.polled == start ? 0 : 1
    var sent = start
    var seen = start
    var polled = Tick()
    if consumer.poll(&polled) { wrong += 1 }
    for round in 0...capacity {
      while producer.publish(tick(sent), received: 9) { sent += 1 }
      if sent != seen + UInt64(capacity) { wrong += 1 }
      if producer.publish(tick(sent), tick(sent), received: 9) { wrong += 1 }
      for _ in 0..<round {
        if !consumer.poll(&polled) || !isSame(polled, tick(seen)) { wrong += 1 }
        seen += 1
      }
    }
    while consumer.poll(&polled) {
      if !isSame(polled, tick(seen)) { wrong += 1 }
      seen += 1
    }
    let isEmpty = consumer.isEmpty()
    #expect(wrong == 0 && seen == sent && isEmpty, "capacity \(capacity), start \(start)")
  }

  @Test(arguments: capacities)
  func anyMixOfPublishPairAndPollBehavesAsAQueue(capacity: Int) throws {
    try withScratch { directory in
      for (seed, base) in Self.bases.enumerated() {
        let start = base &+ 100
        try ringStarted(at: start, capacity: capacity, in: directory, name: "mix\(seed)")
        try mix(directory, "mix\(seed)", start: start, capacity: capacity, seed: UInt64(seed))
      }
    }
  }

  func mix(
    _ directory: String, _ name: String, start: UInt64, capacity: Int, seed: UInt64
  ) throws {
    var producer = try TickProducer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var consumer = try TickConsumer(
      claiming: Region.attach(.ticks, directory: directory, name: name))
    var random = SplitMix(seed: seed)
    var sent = start
    var seen = start
    var wrong = 0
    var polled = Tick()
    for _ in 0..<20_000 {
      let free = UInt64(capacity) - (sent - seen)
      switch random.next() % 8 {
      case 0, 1:
        let isPublished = producer.publish(tick(sent), received: 0)
        if isPublished != (free >= 1) { wrong += 1 }
        if isPublished { sent += 1 }
      case 2, 3:
        let isPublished = producer.publish(tick(sent), tick(sent + 1), received: 0)
        if isPublished != (free >= 2) { wrong += 1 }
        if isPublished { sent += 2 }
      default:
        let isPolled = consumer.poll(&polled)
        if isPolled != (sent > seen) { wrong += 1 }
        if isPolled, !isSame(polled, tick(seen)) { wrong += 1 }
        if isPolled { seen += 1 }
      }
    }
    #expect(wrong == 0, "capacity \(capacity), start \(start)")
  }

  @Test(arguments: [1, 2, 4, 64, 1024], bases)
  func everyTickCrossesTwoThreadsOnceAndInOrder(capacity: Int, base: UInt64) throws {
    try withScratch { directory in
      try ringStarted(at: base, capacity: capacity, in: directory, name: "two")
      var consumer = try TickConsumer(
        claiming: Region.attach(.ticks, directory: directory, name: "two"))
      let count: UInt64 = 60_000
      let producer = Worker {
        var random = SplitMix(seed: base &+ UInt64(capacity))
        // Cannot fail: the region is there, and nobody else produces.
        var producer = try! TickProducer(
          claiming: Region.attach(.ticks, directory: directory, name: "two"))
        for number in 0..<count {
          while !producer.publish(tick(number), received: 0) { sched_yield() }
          pauseNowAndThen(&random)
        }
      }
      var random = SplitMix(seed: base &+ 1)
      var sum: UInt64 = 0
      var wrong = 0
      var polled = Tick()
      for number in 0..<count {
        while !consumer.poll(&polled) { sched_yield() }
        if !isSame(polled, tick(number)) { wrong += 1 }
        sum &+= polled.words.0 ^ polled.words.1 ^ polled.words.2
        pauseNowAndThen(&random)
      }
      producer.join()
      let expected = (0..<count).reduce(UInt64(0)) {
        let words = tick($1).words
        return $0 &+ (words.0 ^ words.1 ^ words.2)
      }
      let isLeft = consumer.poll(&polled)
      #expect(wrong == 0 && sum == expected && !isLeft)
    }
  }

  @Test(arguments: [2, 4, 64, 1024])
  func aPairAppearsWhole(capacity: Int) throws {
    try withScratch { directory in
      try ringStarted(at: (1 << 32) - 999, capacity: capacity, in: directory, name: "pair")
      var consumer = try TickConsumer(
        claiming: Region.attach(.ticks, directory: directory, name: "pair"))
      let count: UInt64 = 60_000
      let producer = Worker {
        var random = SplitMix(seed: 5)
        var producer = try! TickProducer(
          claiming: Region.attach(.ticks, directory: directory, name: "pair"))
        var number: UInt64 = 0
        while number < count {  // a pair is an even number and the odd one after it
          while !producer.publish(tick(number), tick(number + 1), received: 0) { sched_yield() }
          number += 2
          pauseNowAndThen(&random)
        }
      }
      var wrong = 0
      var halves = 0
      var polled = Tick()
      for number in stride(from: UInt64(0), to: count, by: 2) {
        while !consumer.poll(&polled) { sched_yield() }
        if !isSame(polled, tick(number)) { wrong += 1 }
        if !consumer.poll(&polled) {
          halves += 1
          while !consumer.poll(&polled) {}
        }
        if !isSame(polled, tick(number + 1)) { wrong += 1 }
      }
      producer.join()
      #expect(wrong == 0 && halves == 0)
    }
  }

  @Test(arguments: [1, 4, 64])
  func orderAndEventRecordsCrossUnchanged(capacity: Int) throws {
    try withScratch { directory in
      let region = try Region.create(
        .orders, directory: directory, name: "orders", capacity: capacity)
      var producer = try OrderProducer(claiming: region.duplicate())
      var consumer = try OrderConsumer(claiming: region.duplicate())
      var wrong = 0
      var polled = OrderRequest()
      for number in 0..<UInt64(5 * capacity) {
        var order = OrderRequest()
        order.decision_time = number
        order.order_id = ~number
        order.price = Double(number) / 8
        order.quantity = UInt32(number)
        order.action = UInt8(TICKWAY_NEW.rawValue)
        order.strategy = UInt8(truncatingIfNeeded: number)
        if !producer.publish(order) || !consumer.poll(&polled) { wrong += 1 }
        if polled.decision_time != number || polled.order_id != ~number { wrong += 1 }
        if polled.price != order.price || polled.quantity != order.quantity { wrong += 1 }
        if polled.action != order.action || polled.strategy != order.strategy { wrong += 1 }
      }
      var fits = 0
      while producer.publish(polled) { fits += 1 }
      #expect(wrong == 0 && fits == capacity)
    }
  }

  @Test func fullIsCountedOnlyWhenTheCallerSaysSoAndOutlivesTheProducer() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "full", capacity: 1)
      do {
        var producer = try TickProducer(claiming: region.duplicate())
        let isPublished = producer.publish(tick(0), received: 0)
        let isRefused = !producer.publish(tick(1), received: 0)
        producer.countFull()
        let full = producer.full
        #expect(isPublished && isRefused && full == 1)
      }
      let successor = try TickProducer(claiming: region.duplicate())
      let full = successor.full
      #expect(full == 1)
    }
  }
}
