import Glibc
import TickRing
import TickWire

@testable import TickEngine

/// A named tick ring with a directory, and ticks to put into it.
struct RelayRing: ~Copyable {
  let scratch: Scratch
  var producer: TickProducer
  var directory: DirectoryWriter

  static let ring = "day.ticks.0"

  init(_ scratch: Scratch, capacity: Int = 32_768, instruments: Int = 1_024) throws {
    let ticks = try Region.create(
      .ticks, directory: scratch.path, name: Self.ring, capacity: capacity)
    let names = try Region.create(
      .directory, directory: scratch.path, name: "day.directory", capacity: instruments)
    let producer = try TickProducer(claiming: ticks)
    let directory = try DirectoryWriter(claiming: names, venue: Symbol("IEX")!.word)
    self.scratch = scratch
    self.producer = producer
    self.directory = directory
  }

  /// Publishes quotes and trades of instruments that are new now and then, `count` ticks at the
  /// least; returns their words.
  mutating func publish(_ count: Int, seed: UInt64) -> [[UInt64]] {
    var random = SeededRandom(seed: seed)
    var published: [[UInt64]] = []
    while published.count < count {
      let symbol = Symbol("S\(random.below(1 + published.count / 20))")!
      guard let instrument = directory.number(of: symbol.word) else { break }
      let time = UInt64(published.count)
      let price = Double(1 + random.below(100_000)) / 10_000
      func tick(_ kind: TickKind) -> Tick {
        Tick(
          timestamp: time, symbolId: Series(instrument: instrument, kind: kind).id,
          price: price, quantity: UInt32(published.count))
      }
      if random.below(3) == 0 {
        guard producer.publish(tick(.trade), received: 0) else { break }
        published.append(words(tick(.trade)))
      } else {
        guard producer.publish(tick(.bid), tick(.ask), received: 0) else { break }
        published += [words(tick(.bid)), words(tick(.ask))]
      }
    }
    return published
  }

  func names() throws -> DirectoryReader {
    DirectoryReader(
      try Region.attach(.directory, directory: scratch.path, name: "day.directory"))
  }
}

func words(_ tick: Tick) -> [UInt64] { [tick.words.0, tick.words.1, tick.words.2] }

/// The ticks of a session's messages, by way of the decoder and a directory of the receiver's own,
/// which numbers instruments as they come.
struct RelayedTicks: ~Copyable {
  private(set) var ticks: [[UInt64]] = []
  private(set) var symbols: [Symbol] = []
  private var decoder = TickRelayDecoder()

  var counts: TickRelayCounts { decoder.counts }

  mutating func take(_ message: Bytes) {
    switch decoder.decode(message) {
    case .tick(let tick): ticks.append(words(tick))
    case .entry(let entry):
      symbols.append(entry.symbol)
      decoder.assign(entry.instrument, number: UInt32(symbols.count))
    case .repeated, .rejected: break
    }
  }
}

/// A receiver of one line that asks for what is missing: the simplest that recovers.
struct RecoveringReceiver: ~Copyable {
  private(set) var relayed = RelayedTicks()
  /// Times that it asked.
  private(set) var requests = 0
  private var line: UdpLine
  private let asker: UdpAsker
  private var pending: [UInt64: [UInt8]] = [:]
  private var session: MoldUdp64Session?
  private var expected: UInt64 = 1
  /// The next sequence, as far as the line or an answer has told.
  private var told: UInt64 = 1
  private var end: UInt64?

  init(_ line: consuming UdpLine, asking server: UdpEndpoint) {
    self.line = line
    asker = UdpAsker(asking: server)
  }

  var isWhole: Bool { end == expected }
  var messages: UInt64 { expected - 1 }

  mutating func turn() throws {
    let count = try line.receive()
    for index in 0..<count { take(line.datagram(index).payload) }
    guard count == 0, expected < told, let session else {
      if count == 0 { _ = line.waitForData(timeout_ns: 1_000_000) }
      return
    }
    asker.ask(session, expected, Int(min(told - expected, 60_000)))
    requests += 1
    guard let answer = asker.answer(timeout_ms: 20) else { return }
    // Memory of our own: a noncopyable value cannot be captured by a closure.
    let memory = Slab<UInt8>(count: answer.count, repeating: 0)
    for offset in answer.indices { memory[offset] = answer[offset] }
    take(memory.mutableBytes.bytes)
  }

  private mutating func take(_ datagram: Bytes) {
    guard let header = MoldUdp64Header(datagram) else { return }
    session = header.session
    if header.isEndOfSession { end = header.firstSequence }
    var walk = header.messages(of: datagram)
    var sequence = header.firstSequence
    while let message = walk.next() {
      if sequence >= expected {
        pending[sequence] = (0..<message.count).map { message[$0] }
      }
      sequence += 1
    }
    told = max(told, sequence)
    while let message = pending.removeValue(forKey: expected) {
      let memory = Slab<UInt8>(count: message.count, repeating: 0)
      for offset in message.indices { memory[offset] = message[offset] }
      relayed.take(memory.mutableBytes.bytes)
      expected += 1
    }
  }
}
