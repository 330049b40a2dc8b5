import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// Any sequence of datagrams on any line at any time, into each feed: mutations of real ones, so
/// that much of it passes the framing. Nothing traps, each packet has one fate, and the sequence of
/// a stream never falls back but with a restart. `TICKWAY_FEED_SEEDS` sets how many sequences.
@Suite(.timeLimit(.minutes(10))) struct FeedFuzzTests {
  static var seeds: UInt64 {
    ProcessInfo.processInfo.environment["TICKWAY_FEED_SEEDS"].flatMap(UInt64.init) ?? 20
  }

  /// A source of datagrams that are nearly right.
  struct Source {
    var random: SeededRandom
    var next: UInt64 = 1
    var session = 0
    var past: [[UInt8]] = []

    mutating func datagram(_ make: (UInt64, Int, inout SeededRandom) -> [UInt8]) -> [UInt8] {
      if !past.isEmpty, random.once(in: 3) { return damaged(past[random.below(past.count)]) }
      if random.once(in: 400) { session += 1; next = 1 }
      if random.once(in: 300) { next = UInt64(random.within(1...3)) }
      if random.once(in: 200) { next += UInt64(random.below(2_000)) }
      let datagram = make(next, session, &random)
      past.append(datagram)
      if past.count > 64 { past.remove(at: random.below(60)) }
      return random.once(in: 10) ? damaged(datagram) : datagram
    }

    private mutating func damaged(_ datagram: [UInt8]) -> [UInt8] {
      var bytes = datagram
      guard !bytes.isEmpty, random.once(in: 2) else { return bytes }
      for _ in 0..<random.within(1...4) {
        let reach = random.once(in: 2) ? min(bytes.count, 40) : bytes.count
        bytes[random.below(reach)] =
          random.once(in: 2)
          ? UInt8(truncatingIfNeeded: random.next()) : [0, 1, 0xFF][random.below(3)]
      }
      if random.once(in: 6) { bytes.removeLast(random.below(bytes.count + 1)) }
      if random.once(in: 20) { bytes += [UInt8](repeating: 0xFF, count: random.below(1_500)) }
      return bytes
    }
  }

  /// Runs one sequence: each datagram has one fate, and what waits ends.
  private func run<D: FeedDecoder & ~Copyable>(
    _ decoder: consuming D, seed: UInt64, limits: ArbiterLimits, packets: Int,
    _ make: (UInt64, Int, inout SeededRandom) -> [UInt8]
  ) {
    var feed = ArbitratedFeed(decoder, limits: limits, restarts: .follow, lines: 2)
    feed.setLive(0b11)
    var source = Source(random: SeededRandom(seed: seed))
    let memory = DatagramMemory()
    var now: UInt64 = 1_000_000_000
    var given: UInt64 = 0
    var requests: UInt64 = 0
    for _ in 0..<packets {
      let before = source.next
      let datagram = source.datagram(make)
      if source.next == before { source.next &+= UInt64(source.random.below(3)) }
      let line = source.random.below(limits.recovery == nil ? 2 : 3)
      given += 1
      _ = feed.ingest(
        memory.bytes(datagram), line: line == 2 ? nil : line,
        times: ArrivalTimes(clock: now, received_ns: now, now: now))
      if source.random.once(in: 4) {
        now += UInt64(source.random.below(source.random.once(in: 50) ? 6_000_000_000 : 2_000_000))
        feed.advance(to: now)
      }
      var asked = 0
      while let range = feed.dueRequest(now: now) {
        asked += 1
        requests += 1
        #expect(range.count > 0 && range.first > 0 && asked <= SequenceTracker.streamsMax)
      }
    }
    feed.finish()
    let counts = feed.counts
    let isWaiting = feed.arbiter.isWaiting
    #expect(counts.packets + counts.foreign == given && counts.requests == requests)
    #expect(!isWaiting && counts.duplicates + counts.implausible <= given * 2)
  }

  private func limits(_ seed: UInt64, recovers: Bool) -> ArbiterLimits {
    var limits = ArbiterLimits()
    if seed % 3 == 0 { limits.heldPackets_max = 8 }
    if seed % 5 == 0 { limits.waitPackets = 16 }
    if seed % 7 == 0 { limits.datagramBytes_max = 64 }
    if recovers { limits.recovery = RecoveryLimits() }
    return limits
  }

  @Test(arguments: [false, true])
  func moldDatagramsOfAnyKindAreCountedAndNeverTrap(recovers: Bool) throws {
    let memory = DatagramMemory()
    for seed in 1...Self.seeds {
      var publisher: TickPublisher?
      let ring = try RingEnd(&publisher)
      let decoder = ItchMessageDecoder(publisher: publisher.take()!, recording: nil)
      run(decoder, seed: seed, limits: limits(seed, recovers: recovers), packets: 2_000) {
        first, session, random in
        let messages = (0..<random.below(4)).map { _ in
          [UInt8](repeating: UInt8(ascii: "S"), count: random.below(40))
        }
        return memory.mold("DAY\(session % 3)", min(first, MoldUdp64Header.sequenceMax), messages)
      }
      let instruments = ring.instruments
      #expect(instruments == 0, "seed \(seed)")
    }
  }

  @Test func relayedTicksOfAnyKindAreCountedAndNeverTrap() throws {
    let memory = DatagramMemory()
    for seed in 1...Self.seeds {
      var publisher: TickPublisher?
      let ring = try RingEnd(ageMax_ns: .max, &publisher)
      let decoder = TickFeedDecoder(publisher: publisher.take()!)
      run(decoder, seed: seed, limits: limits(seed, recovers: seed % 2 == 0), packets: 2_000) {
        first, session, random in
        let messages = (0..<random.below(6)).map { _ in Self.relayMessage(&random) }
        return memory.mold("DAY\(session % 3)", min(first, MoldUdp64Header.sequenceMax), messages)
      }
      let instruments = ring.instruments
      #expect(instruments > 0, "seed \(seed)")
    }
  }

  private static func relayMessage(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: random.once(in: 4) ? 21 : 24)
    let instrument = random.within(1...9)
    if bytes.count == 21 {
      bytes[0] = RelayEntry.type
      bytes[1] = UInt8(instrument)
      for (offset, byte) in "TICK\(random.below(10))   IEX     ".utf8.prefix(16).enumerated() {
        bytes[5 + offset] = byte
      }
    } else {
      bytes[8] = UInt8(instrument << 4 | random.below(8))
      bytes[19] = 0x3F
      bytes[20] = UInt8(random.below(256))
    }
    return bytes
  }

  @Test func iexDatagramsOfAnyKindAreCountedAndNeverTrap() throws {
    let memory = Slab<UInt8>(count: 2_048, repeating: 0)
    for seed in 1...Self.seeds {
      var publisher: TickPublisher?
      let ring = try RingEnd(&publisher)
      let decoder = IexDecoder(publisher: publisher.take()!)
      var time: Int64 = 1_000_000_000
      run(decoder, seed: seed, limits: limits(seed, recovers: false), packets: 2_000) {
        first, session, random in
        var writer = IexTpWriter(into: memory.mutableBytes)
        time += Int64(random.below(1_000_000))
        let head = IexTpWriter.Head(
          flags: 0, exchangeTimeNs: time, symbol: Symbol("S\(random.below(9))")!)
        for _ in 0..<random.below(4) {
          writer.quote(head, bidSize: 1, bidPriceE4: 10_000, askPriceE4: 10_001, askSize: 1)
        }
        let length = writer.finish(
          .init(
            messageProtocol: (random.once(in: 5) ? IexProtocol.deep : .tops).rawValue,
            channel: UInt32(1 + random.below(2)), session: UInt32(session), firstSequence: first,
            sendTimeNs: time))
        return (0..<length).map { memory[$0] }
      }
      let instruments = ring.instruments
      #expect(instruments > 0, "seed \(seed)")
    }
  }

  /// The witness sees each stream's sequence: in order, each once, never beyond what came.
  @Test func whatIsDeliveredIsInOrderWhateverComes() {
    let memory = DatagramMemory()
    for seed in 1...Self.seeds {
      let feed = Boxed(
        ArbitratedFeed(
          WitnessDecoder<SimulatedMold>(), limits: limits(seed, recovers: seed % 2 == 0),
          restarts: .follow, lines: 2))
      feed.value.setLive(0b11)
      var source = Source(random: SeededRandom(seed: seed))
      var now: UInt64 = 1_000_000_000
      for _ in 0..<2_000 {
        let datagram = source.datagram { first, session, random in
          let messages = (0..<random.below(4)).map { _ in [UInt8](repeating: 7, count: 9) }
          return memory.mold("DAY\(session)", min(first, MoldUdp64Header.sequenceMax), messages)
        }
        source.next &+= UInt64(source.random.below(3))
        now += UInt64(source.random.below(1_000_000))
        _ = feed.value.ingest(
          memory.bytes(datagram), line: source.random.below(2),
          times: ArrivalTimes(clock: now, received_ns: now, now: now))
        feed.value.advance(to: now)
        while feed.value.dueRequest(now: now) != nil {}
      }
      feed.value.finish()
      for epoch in feed.value.decoder.epochs.values.flatMap({ $0 }) {
        #expect(zip(epoch.delivered, epoch.delivered.dropFirst()).allSatisfy(<))
        #expect(
          zip(epoch.lost, epoch.lost.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
      }
    }
  }
}
