import Testing
import TickRing
import TickWire

@testable import TickEngine

/// What a relay sends, datagram by datagram.
private struct Collected: ~Copyable, DatagramSink {
  private(set) var datagrams: [[UInt8]] = []

  mutating func send(_ datagram: Bytes) {
    datagrams.append((0..<datagram.count).map { datagram[$0] })
  }

  /// All messages; checks that sequences go on from datagram to datagram.
  func messages(of session: MoldUdp64Session) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for datagram in datagrams {
      datagram.withUnsafeBytes { raw in
        let bytes = Bytes(raw)
        let header = MoldUdp64Header(bytes)
        #expect(header?.session == session)
        #expect(header?.firstSequence == UInt64(result.count + 1))
        guard var walk = header?.messages(of: bytes) else { return }
        while let message = walk.next() { result.append((0..<message.count).map { message[$0] }) }
        #expect(walk.remaining == 0 && walk.unreadByteCount == 0)
      }
    }
    return result
  }
}

@Suite struct RelayStreamTests {
  private static let session = MoldUdp64Session("RELAY00001")!

  private static func kind(_ message: [UInt8]) -> UInt8? {
    message.count == RelayTick.byteCount ? message[8] & 0xF : nil
  }

  @Test func everyTickTravelsWithTheNamesBeforeIt() throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(Self.session, names: try ring.names(), retainedMessages: 8_192)
    var sink = Collected()
    let published = ring.publish(3_000, seed: 5)
    for tick in published {
      stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink)
    }
    stream.flush(into: &sink)
    let messages = sink.messages(of: Self.session)
    var relayed = RelayedTicks()
    for message in messages {
      let memory = Slab<UInt8>(count: message.count, repeating: 0)
      for offset in message.indices { memory[offset] = message[offset] }
      relayed.take(memory.mutableBytes.bytes)
    }
    #expect(relayed.ticks == published)
    #expect(relayed.symbols.count == ring.directory.count && relayed.symbols.count > 50)
    #expect(relayed.counts.unknownInstrument == 0 && relayed.counts.malformed == 0)
    #expect(stream.counts.ticks == UInt64(published.count))
    #expect(stream.counts.entries == UInt64(relayed.symbols.count))
    #expect(stream.counts.datagrams == UInt64(sink.datagrams.count))
    // What is kept for those who ask is what was sent.
    #expect(stream.retained.nextSequence == UInt64(messages.count + 1))
    for (index, message) in messages.enumerated() {
      let kept = RetainedMessagesTests.array(stream.retained.message(UInt64(index + 1)))
      #expect(kept == message)
    }
  }

  /// Names that somebody missed come again, whatever is kept.
  @Test func allNamesAreToldAgainInARound() throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(Self.session, names: try ring.names(), retainedMessages: 64)
    var sink = Collected()
    var late = Collected()
    stream.repeatNames(into: &sink)
    for tick in ring.publish(3_000, seed: 5) {
      stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink)
    }
    stream.flush(into: &sink)
    for _ in 0..<PublishTimes.namesRound { stream.repeatNames(into: &late) }
    stream.flush(into: &late)
    let messages = late.datagrams.flatMap { datagram in
      datagram.withUnsafeBytes { raw -> [RelayEntry] in
        let bytes = Bytes(raw)
        guard var walk = MoldUdp64Header(bytes)?.messages(of: bytes) else { return [] }
        var entries: [RelayEntry] = []
        while let message = walk.next() {
          if let entry = RelayEntry(message) { entries.append(entry) }
        }
        return entries
      }
    }
    let count = ring.directory.count
    #expect(Set(messages.map(\.instrument)) == Set(1...UInt32(count)) && count > 50)
    for entry in messages { #expect(ring.directory.symbol(entry.instrument) == entry.symbol.word) }
    #expect(stream.counts.entries == UInt64(count))
    #expect(stream.counts.repeated == UInt64(messages.count))
    let sent = stream.counts.ticks + stream.counts.entries + stream.counts.repeated
    #expect(stream.retained.nextSequence == sent + 1)
  }

  @Test func aDatagramIsFullAndPartsNoQuote() throws {
    var ring = try RelayRing(Scratch())
    var stream = RelayStream(Self.session, names: try ring.names(), retainedMessages: 64)
    var sink = Collected()
    for tick in ring.publish(3_000, seed: 6) {
      stream.add(Tick(words: (tick[0], tick[1], tick[2])), into: &sink)
    }
    let limit = MoldUdp64Writer.datagramBytesMax
    for datagram in sink.datagrams {
      #expect(datagram.count <= limit && datagram.count > limit - 2 * 26 - 23)
      let last = Array(datagram.suffix(RelayTick.byteCount))
      #expect(Self.kind(last) != TickKind.bid.rawValue)
    }
    #expect(sink.datagrams.count > 50)
  }

  @Test func aTickThatNobodyCanNameIsCountedAndNotSent() throws {
    var ring = try RelayRing(Scratch())
    let number = ring.directory.number(of: Symbol("TICK")!.word)
    var stream = RelayStream(Self.session, names: try ring.names(), retainedMessages: 64)
    var sink = Collected()
    for instrument in [2, 1, Series.instrumentMax, 0] {
      let kind = instrument == 0 ? TickKind.status : .trade
      stream.add(
        Tick(
          timestamp: 1, symbolId: Series(instrument: instrument, kind: kind).id, price: 1,
          quantity: 1), into: &sink)
    }
    stream.flush(into: &sink)
    #expect(number == 1)
    #expect(stream.counts.unnamed == 2 && stream.counts.ticks == 2 && stream.counts.entries == 1)
    #expect(sink.messages(of: Self.session).map(\.count) == [21, 24, 24])
  }

  @Test func heartbeatsAndTheEndTellTheNextSequence() throws {
    let ring = try RelayRing(Scratch())
    var stream = RelayStream(Self.session, names: try ring.names(), retainedMessages: 64)
    var sink = Collected()
    let status = Tick(
      timestamp: 1, symbolId: Series(instrument: 0, kind: .status).id, price: 0, quantity: 16)
    let before = MoldUdp64Header(stream.heartbeat(isEnd: false))
    #expect(before?.isHeartbeat == true && before?.firstSequence == 1)
    stream.flush(into: &sink)
    #expect(sink.datagrams.isEmpty)
    stream.add(status, into: &sink)
    stream.flush(into: &sink)
    let end = MoldUdp64Header(stream.heartbeat(isEnd: true))
    #expect(end?.isEndOfSession == true && end?.firstSequence == 2)
    // A tick after a heartbeat is in a datagram of its own sequence.
    stream.add(status, into: &sink)
    stream.flush(into: &sink)
    #expect(sink.messages(of: Self.session).count == 2)
  }

  @Test func theDirectoryIsFoundByTheRingsName() {
    let names = [
      ("day.ticks.0", "day.directory"), ("a.b.ticks.12", "a.b.directory"),
      ("day", "day.directory"), ("day.ticks", "day.ticks.directory"),
      ("day.ticks.x", "day.ticks.x.directory"), ("ticks.0", "ticks.0.directory"),
    ]
    for (ring, directory) in names {
      #expect(RelayOptions.directoryName(ofRing: ring) == directory)
    }
  }

  @Test func twoStartsAreTwoSessions() {
    let first = MoldUdp64Session.startingNow()
    let reached = eventually { MoldUdp64Session.startingNow() != first }
    #expect(reached && first.text.utf8.count == 10)
  }

  private func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1_000_000 where condition() { return true }
    return false
  }
}
