import Foundation
import Testing

@testable import TickRing

/// Waiting, as seen from Swift; between processes it is tested in C.
@Suite(.timeLimit(.minutes(2)))
struct WaitTests {
  @Test func everyPolicyGetsEveryTick() throws {
    for policy in [ConsumerWait.spin, .yield, .sleep(), .sleep(isExact: true)] {
      try withScratch { directory in
        let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 4)
        let count: UInt64 = 500
        ConsumerWait.prepareWake()
        let worker = Worker {
          var producer = try! TickProducer(claiming: region.duplicate())
          while producer.published < count {
            guard producer.publish(tick(producer.published), received: 0) else {
              sched_yield()
              continue
            }
            producer.wake()
            if producer.published & 63 == 0 { usleep(200) }
          }
        }
        var consumer = try TickConsumer(claiming: region.duplicate())
        var each = Tick()
        for number in 0..<count {
          let outcome = consumer.wait(policy)
          let isPolled = consumer.poll(&each)
          #expect(outcome == .ready && isPolled && isSame(each, tick(number)))
        }
        worker.join()
        let after = consumer.wait(policy)
        #expect(after == .producerGone)
      }
    }
  }

  @Test func aWaitForNoProducerYetEndsByTheTimeOnly() throws {
    try withScratch { directory in
      let region = try Region.create(.events, directory: directory, name: "r", capacity: 4)
      var consumer = try EventConsumer(claiming: region.duplicate())
      let outcome = consumer.wait(.sleep(), timeout_ns: 5_000_000)
      #expect(outcome == .timeout)
      do {
        var producer = try EventProducer(claiming: region.duplicate())
        let isPublished = producer.publish(OrderEvent.none)
        producer.wake()
        let isAwake = !producer.wake()
        #expect(isPublished && isAwake)
      }
      let ready = consumer.wait(.sleep())
      #expect(ready == .ready)
    }
  }
}
