import Foundation
import TickEngine
import TickRing

/// Packets in memory to ticks in a ring in shared memory, on one core.
///
/// One thread does everything: it feeds as many packets as surely fit into the ring, notes the
/// time, polls the ring empty, notes the time again, and goes on. `decode` is the time until the
/// ticks are in the ring, header and sequence checks, directory and validation included; `poll` is
/// the time for taking them out again and summing their words. A consumer on a core of its own
/// would add to `decode` the traffic of the ring's cache lines between the cores; `replay` has it.
///
/// Times are the thread's own (CLOCK_THREAD_CPUTIME_ID): what other programs take of the core
/// meanwhile is left out, what they do to its caches is not. The wall clock's rate stands beside.
struct DecodeBenchmark {
  static let ringCapacity = 65_536

  /// One pass over all packets.
  struct Pass {
    var decode_ns: UInt64 = 0
    var poll_ns: UInt64 = 0
    var walk_ns: UInt64 = 0
    /// Decoding and polling by the wall clock.
    var wall_ns: UInt64 = 0
    var ticks: UInt64 = 0
    /// Sum of all words of all ticks, modulo 2^64.
    var checksum: UInt64 = 0
    var messages: UInt64 = 0
  }

  let packets: Packets
  /// Packets whose ticks surely fit into the empty ring.
  private let packetsPerRound: Int

  init(packets: Packets) {
    self.packets = packets
    // The smallest message that makes two ticks takes 32 bytes; sequence and headers make few more.
    let longest = packets.places.reduce(1) { max($0, $1.count) }
    packetsPerRound = max(1, DecodeBenchmark.ringCapacity / (longest / 16 + 3))
  }

  func run(passes: Int) throws -> [Pass] {
    let regions = try BenchRegions(ringCapacity: DecodeBenchmark.ringCapacity)
    var ingester = try FeedIngester(ring: regions.ring, directory: regions.names)
    var consumer = try TickConsumer(claiming: regions.ring.duplicate())
    // The first pass fills directory and caches, and does not count.
    _ = decode(&ingester, &consumer)
    var results: [Pass] = []
    for _ in 0..<passes {
      // The two take turns, so that what the machine does meanwhile meets both.
      var pass = decode(&ingester, &consumer)
      let walk = self.walk()
      precondition(UInt64(walk.messages) == pass.messages, "baseline and decoder disagree")
      pass.walk_ns = walk.ns
      results.append(pass)
    }
    return results
  }

  private func decode(_ ingester: inout FeedIngester, _ consumer: inout TickConsumer) -> Pass {
    ingester.beginSession()
    let before = (ingester.feedCounts.messages, ingester.tickCounts.published)
    var pass = Pass()
    let began = MonotonicClock.now
    var start = ThreadClock.now
    let bytes = packets.bytes.span.bytes
    var untilFull = packetsPerRound
    for place in packets.places {
      let datagram = bytes.extracting(place.offset..<(place.offset + place.count))
      _ = ingester.ingest(datagram, clock: place.time, received_ns: began)
      untilFull -= 1
      if untilFull == 0 {
        untilFull = packetsPerRound
        let stop = ThreadClock.now
        pass.decode_ns += stop - start
        DecodeBenchmark.drain(&consumer, &pass)
        start = ThreadClock.now
        pass.poll_ns += start - stop
      }
    }
    let stop = ThreadClock.now
    pass.decode_ns += stop - start
    DecodeBenchmark.drain(&consumer, &pass)
    pass.poll_ns += ThreadClock.now - stop
    pass.wall_ns = MonotonicClock.now - began
    pass.messages = ingester.feedCounts.messages - before.0
    precondition(ingester.tickCounts.published - before.1 == pass.ticks, "ticks were lost")
    return pass
  }

  private static func drain(_ consumer: inout TickConsumer, _ pass: inout Pass) {
    var tick = Tick()
    while consumer.poll(&tick) {
      let words = tick.words
      pass.checksum &+= words.0 &+ words.1 &+ words.2
      pass.ticks += 1
    }
  }

  private func walk() -> (messages: Int, ns: UInt64) {
    var walk = Walk()
    let start = ThreadClock.now
    packets.bytes.withUnsafeBytes { bytes in
      for place in packets.places {
        let end = place.offset + place.count
        walk.take(UnsafeRawBufferPointer(rebasing: bytes[place.offset..<end]))
      }
    }
    let stop = ThreadClock.now
    return (walk.messages, stop - start)
  }
}
