import CTickRing
import Foundation
import TestSupport
import Testing

@testable import TickRing

/// Rings of many slots, up to the most that there may be.
@Suite(.timeLimit(.minutes(2)))
struct LargeRingTests {
  /// The file is sparse, and attached untouched: only the pages that ticks lie in are ever there.
  @Test func aRingOfTheMostSlotsGoesFromItsLastToItsFirst() throws {
    try withScratch { directory in
      let capacity: UInt64 = 1 << 30
      let (start, count) = (capacity - 700, UInt64(1_400))
      try grown(to: capacity, from: start, in: directory)
      var region = try Region.attach(.ticks, directory: directory, name: "large", untouched: true)
      #expect(region.capacity == Int(capacity))
      // What the lap before left where this one will write.
      for sequence in 0..<count {
        setWord(region, sequence: sequence, to: tickring_word(sequence, 0))
      }
      var producer = try TickProducer(claiming: region)
      region = try Region.attach(.ticks, directory: directory, name: "large", untouched: true)
      var consumer = try TickConsumer(claiming: region)
      var (sent, seen, wrong) = (start, start, 0)
      var polled = Tick()
      while seen < start + count {
        if !producer.publish(tick(sent), received: 9) { wrong += 1 }
        let granted = producer.publish(upTo: 6, received: 9) { tick(sent + 1 + UInt64($0)) }
        sent += 1 + UInt64(granted)
        while consumer.poll(&polled) {
          if !isSame(polled, tick(seen)) { wrong += 1 }
          seen += 1
        }
        if granted != 6 || seen != sent { wrong += 1 }
      }
      #expect(wrong == 0 && producer.published == sent && consumer.polled == sent)
    }
  }

  /// A ring of 2^30 slots that nothing has gone through but a number: as one that was created with
  /// so many, but without its memory.
  func grown(to capacity: UInt64, from start: UInt64, in directory: String) throws {
    let small = try Region.create(.ticks, directory: directory, name: "large", capacity: 4)
    guard let header = small.raw.header else { preconditionFailure("no header") }
    let bytes = UInt64(header.pointee.header_bytes) + capacity * UInt64(header.pointee.slot_bytes)
    (header.pointee.capacity, header.pointee.region_bytes) = (capacity, bytes)
    (header.pointee.position, header.pointee.head) = (start, start)
    #expect(truncate("\(directory)/large", Int(bytes)) == 0)
  }

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
