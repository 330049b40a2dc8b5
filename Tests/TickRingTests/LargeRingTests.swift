import Testing

@testable import TickRing

/// Rings of many slots. The most that there may be, 2^30, take 32 GiB, all of which a producer that
/// opens it looks at: none is made here.
@Suite(.timeLimit(.minutes(2)))
struct LargeRingTests {
  @Test func aRingOfAMillionSlotsIsUsedInFullLapAfterLap() throws {
    try withScratch { directory in
      let capacity = 1 << 20
      let region = try Region.create(
        .ticks, directory: directory, name: "large", capacity: capacity)
      var producer = try TickProducer(claiming: region)
      var consumer = try TickConsumer(
        claiming: Region.attach(.ticks, directory: directory, name: "large"))
      var (sent, seen, wrong) = (UInt64(0), UInt64(0), 0)
      for _ in 0..<3 {
        while true {
          let granted = producer.publish(upTo: 1_000, received: 9) { tick(sent + UInt64($0)) }
          sent += UInt64(granted)
          if granted < 1_000 { break }
        }
        if sent - seen != UInt64(capacity) { wrong += 1 }
        while true {
          let found = consumer.poll(upTo: 700) { index, one in
            if !isSame(one, tick(seen + UInt64(index))) { wrong += 1 }
          }
          seen += UInt64(found)
          if found == 0 { break }
        }
      }
      #expect(wrong == 0 && seen == sent && sent == UInt64(3 * capacity))
    }
  }
}
