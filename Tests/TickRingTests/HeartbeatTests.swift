import CTickRing
import Foundation
import Testing

@testable import TickRing

/// Heartbeats: hung is told from busy, and neither from dead.
@Suite(.timeLimit(.minutes(1)))
struct HeartbeatTests {
  private func look(_ directory: String) throws -> RegionInfo {
    try RegionInfo(directory: directory, name: "r")
  }

  private var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  @Test func anOwnerThatNeverBeatsIsNotSaidToHang() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let producer = try TickProducer(claiming: region)
      let info = try look(directory)
      #expect(info.producer.isAlive && info.producer.silence_ns == nil)
      #expect(!info.producer.isSilent && info.findings.isEmpty)
      let published = producer.published
      #expect(published == 0)
    }
  }

  @Test func anOwnerThatFellSilentIsSaidToHangAndNotToBeDead() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      var producer = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region)
      let time = now
      producer.beat(monotonic_ns: time)
      consumer.beat(monotonic_ns: time)
      #expect(try look(directory).findings.isEmpty)
      // As if its last beat were long ago: a machine has run for a while when it runs tests.
      try #require(time > 20_000_000_000)
      consumer.beat(monotonic_ns: time - 20_000_000_000)
      let info = try look(directory)
      #expect(info.consumer.isAlive && info.consumer.isSilent && !info.producer.isSilent)
      #expect(info.findings.map(\.isLeftover) == [false])
      #expect(info.findings.first?.text.contains("has not beaten for 2") == true)
      #expect(
        refusal { () throws(RingError) in
          _ = try TickConsumer(
            claiming: Region.attach(.ticks, directory: directory, name: "r"))
        } == .roleTaken)
      consumer.beat(monotonic_ns: now)
      #expect(try look(directory).findings.isEmpty)
    }
  }

  @Test func aBeatOfTheFutureIsNoSilence() throws {
    try withScratch { directory in
      let region = try Region.create(.broadcast, directory: directory, name: "r", capacity: 8)
      var writer = try BroadcastWriter(claiming: region)
      writer.beat(monotonic_ns: .max)
      #expect(try look(directory).producer.silence_ns == 0)
      let written = writer.written
      #expect(written == 0)
    }
  }

  @Test func aSuccessorIsNotJudgedByTheBeatsOfWhomItFollows() throws {
    try withScratch { directory in
      let region = try Region.create(.orders, directory: directory, name: "r", capacity: 8)
      do {
        var first = try OrderProducer(claiming: region.duplicate())
        first.beat(monotonic_ns: 1)
        #expect(try look(directory).producer.silence_ns != nil)
      }
      let second = try OrderProducer(claiming: region.duplicate())
      #expect(try look(directory).producer.silence_ns == nil)
      let published = second.published
      #expect(published == 0)
    }
  }
}
