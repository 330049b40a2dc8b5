import Glibc
import TickRing
import TickWire

@testable import TickEngine

/// A feed that takes scripts.
protocol FuzzedFeed: AnyObject {
  func run(_ script: inout FeedScript)
}

/// A feed of two lines with a ring and a board, driven by scripts in virtual time, and the sums
/// that it must agree with.
final class DrivenFeed<Decoder: PublishingDecoder & ~Copyable>: FuzzedFeed {
  private var feed: ArbitratedFeed<Decoder>
  private let makePacket: PacketMaker
  private var consumer: TickConsumer
  private let board: BoardReader
  private let memory = Slab<UInt8>(count: 1 << 12, repeating: 0)
  private var length = 0
  private let limits: ArbiterLimits

  /// Time that waits are measured by, ns.
  private var now: UInt64 = 1_000_000_000
  private var requested: MissingRange?
  /// Where each of two streams goes on, and where the messages of its last sequences began.
  private var next: [UInt64] = [1, 1]
  private var offsets = [[UInt64]](repeating: [UInt64](repeating: 0, count: 256), count: 2)

  // What was given since the session began.
  private var datagrams: UInt64 = 0
  private var onLine: [UInt64] = [0, 0]
  private var offered: UInt64 = 0
  private var answered: UInt64 = 0
  private var polled: UInt64 = 0

  init(
    isRecovering: Bool, _ makePacket: @escaping PacketMaker,
    _ decoder: (consuming TickPublisher) -> Decoder
  ) throws {
    self.makePacket = makePacket
    let folder = getenv("TICKWAY_FUZZ_FOLDER").map { String(cString: $0) } ?? "/dev/shm"
    let regions = ReplayRegions(directory: folder)
    let ring = try regions.make(.ticks, capacity: 1 << 13)
    let names = try regions.make(.directory, capacity: 64)
    let prices = try regions.make(.board, capacity: 64)
    let page = try regions.make(.control, capacity: ControlPage.capacity)
    let publisher = TickPublisher(
      directory: try DirectoryWriter(claiming: names.attach(), venue: Symbol("FUZZ")!.word),
      outlets: try Slab<TickOutlet>(count: 1) { _ in
        TickOutlet(try TickProducer(claiming: ring.attach()), policy: .wait, waitPolicy: .share)
      },
      workers: 1, board: try BoardWriter(claiming: prices.attach()),
      control: ControlPage(try page.attach()), limits: ValidationLimits(), isRestricted: false)
    var limits = ArbiterLimits()
    limits.waitPackets = 8
    limits.heldPackets_max = 12
    limits.datagramBytes_max = 512
    if isRecovering { limits.recovery = RecoveryLimits() }
    self.limits = limits
    feed = ArbitratedFeed(
      decoder(publisher), limits: limits, restarts: .follow, lines: 2)
    consumer = try TickConsumer(claiming: ring.attach())
    board = BoardReader(try prices.attach())
  }

  func run(_ script: inout FeedScript) {
    begin()
    let before = sums()
    while !script.isOver {
      step(&script)
      checkBounds()
      drain()
    }
    feed.finish()
    feed.decoder.end()
    drain()
    checkEnd(since: before)
  }

  private func begin() {
    feed.beginSession()
    feed.setLive(3)
    drain()
    (next, length, requested) = ([1, 1], 0, nil)
    (datagrams, onLine, offered, answered, polled) = (0, [0, 0], 0, 0, 0)
  }

  // MARK: Steps

  private func step(_ script: inout FeedScript) {
    let head = script.u8()
    let (line, stream) = (head >> 3 & 1, head >> 4 & 1)
    switch FeedScript.Step(rawValue: head & 7)! {
    case .raw:
      let raw = script.take(min(script.u16(), memory.count))
      memory.mutableBytes.put(raw, at: 0)
      length = raw.count
      give(line: line)
    case .made, .madeToo:
      make(&script, stream)
      give(line: line)
    case .copy: give(line: line)
    case .flip:
      let bit = script.u16()
      if length > 0 { memory[(bit >> 3) % length] ^= 1 << UInt8(bit & 7) }
      give(line: line)
    case .time: pass(1 << UInt64(script.u8() & 31))
    case .answer: answer(&script)
    case .control: control(&script)
    }
  }

  private func make(_ script: inout FeedScript, _ stream: Int) {
    let shift = Int64(Int8(truncatingIfNeeded: script.u8()))
    let session = script.u8()
    var packet = MadePacket(
      stream: stream, session: session & 3, sendTime: clock, messages: script.u8() & 7)
    packet.first = UInt64(max(1, Int64(next[stream]) + shift))
    packet.offset = offsets[stream][Int(packet.first & 255)]
    length = makePacket(packet, &script, memory.mutableBytes)
    guard shift == 0 else { return }
    // The stream goes on: where each message begins is near enough for those to come.
    let payload = UInt64(max(0, length - IexTpHeader.byteCount))
    for message in 0...UInt64(packet.messages) {
      let before = payload * message / UInt64(max(1, packet.messages))
      offsets[stream][Int((packet.first + message) & 255)] = packet.offset &+ before
    }
    next[stream] = packet.first + UInt64(packet.messages)
  }

  private func answer(_ script: inout FeedScript) {
    guard let range = requested, range.first < 1 << 40 else { return }
    var packet = MadePacket(sendTime: clock, messages: script.u8() & 7)
    packet.first = range.first
    packet.session = Int(truncatingIfNeeded: range.session & 3)
    length = makePacket(packet, &script, memory.mutableBytes)
    give(line: nil)
  }

  private func control(_ script: inout FeedScript) {
    switch script.u8() & 3 {
    case 0: feed.setLive(UInt64(script.u8() & 3))
    case 1:
      let states: [FeedState] = [.live, .degraded, .stale, .closed]
      feed.decoder.feedChanged(to: states[script.u8() & 3], time: clock)
    case 2: feed.decoder.idle()
    default: feed.finish()
    }
  }

  private var clock: UInt64 { 1_700_000_000_000_000_000 &+ now }

  private func give(line: Int?) {
    let datagram = memory.mutableBytes.bytes.slice(at: 0, count: length)
    var count: UInt64 = 0
    if case .packet(let packet) = Decoder.frame(datagram) { count = packet.count }
    datagrams += 1
    offered += count
    if let line { onLine[line] += 1 } else { answered += count }
    let isTaken = feed.ingest(
      datagram, line: line, times: ArrivalTimes(clock: clock, received_ns: now, now: now))
    fuzzCheck(isTaken, "a restart that is followed refuses nothing")
  }

  private func pass(_ time_ns: UInt64) {
    now += time_ns
    feed.advance(to: now)
    // Each request that is due is due once.
    for _ in 0...SequenceTracker.streamsMax {
      guard let range = feed.dueRequest(now: now) else { return }
      fuzzCheck(range.count > 0 && range.first > 0, "what is asked for is missing")
      fuzzCheck(limits.recovery != nil, "nothing is asked for without a server")
      requested = range
    }
    fuzzCheck(false, "requests end")
  }

  // MARK: Claims

  private func checkBounds() {
    var (held, unproven) = (0, 0)
    // Held behind a hole, and queued until a sequence is over.
    for stream in 0..<(2 * SequenceTracker.streamsMax) {
      held += feed.arbiter.buffer.count(stream)
      unproven += feed.arbiter.buffer.unproven(stream)
    }
    fuzzCheck(held <= limits.heldPackets_max, "what is held back is bounded")
    fuzzCheck(unproven == feed.arbiter.buffer.unproven, "what is unproven is counted")
    fuzzCheck(held == 0 || feed.arbiter.isWaiting, "what is held waits for something")
  }

  /// Takes the ring's ticks: each can be one, and a quote is whole.
  private func drain() {
    var tick = Tick()
    var bid: Tick?
    while consumer.poll(&tick) {
      polled += 1
      guard let kind = tick.series.kind else { fatalError("not so: a tick has a kind") }
      let instrument = tick.series.instrument
      fuzzCheck(
        instrument <= feed.decoder.publisher.instrumentCount, "an instrument has a name")
      fuzzCheck(tick.price.isFinite, "a price is a number")
      fuzzCheck((bid != nil) == (kind == .ask), "an ask follows its bid, and nothing else does")
      fuzzCheck(bid == nil || bid!.series.instrument == instrument, "a quote is of one instrument")
      bid = kind == .bid ? tick : nil
      fuzzUse(board.read(instrument)?.quoteTime ?? 0)
    }
    fuzzCheck(bid == nil, "a quote is whole")
  }

  private func sums() -> (feed: FeedCounts, ticks: TickCounts, lines: [LineCounts]) {
    (feed.counts, feed.decoder.publisher.counts, (0..<2).map { feed.lines[$0] })
  }

  private func checkEnd(since before: (feed: FeedCounts, ticks: TickCounts, lines: [LineCounts])) {
    let after = sums()
    func counted(_ count: KeyPath<FeedCounts, UInt64>) -> UInt64 {
      after.feed[keyPath: count] &- before.feed[keyPath: count]
    }
    checkBounds()
    fuzzCheck(!feed.arbiter.isWaiting, "at the end nothing is waited for")
    fuzzCheck(counted(\.packets) + counted(\.foreign) == datagrams, "each datagram is counted")
    fuzzCheck(counted(\.heartbeats) <= counted(\.packets), "heartbeats are packets")
    fuzzCheck(counted(\.messages) <= offered, "no message comes twice, or of nothing")
    fuzzCheck(counted(\.recovered) <= answered, "what was recovered was in an answer")
    fuzzCheck(counted(\.late) <= counted(\.duplicates), "what is late is a duplicate")
    checkLines(after.lines, before.lines, after.feed, before.feed)
    fuzzCheck(
      after.ticks.published &- before.ticks.published == polled, "each tick published is polled")
  }

  private func checkLines(
    _ after: [LineCounts], _ before: [LineCounts], _ feed: FeedCounts, _ feedBefore: FeedCounts
  ) {
    var (restarts, changes): (UInt64, UInt64) = (0, 0)
    for line in 0..<2 {
      let (now, then) = (after[line], before[line])
      let seen =
        now.packets &- then.packets &+ now.malformed &- then.malformed &+ now.foreign
        &- then.foreign
      fuzzCheck(seen == onLine[line], "each datagram is counted on its line")
      restarts &+= now.restarts &- then.restarts
      changes &+= now.sessionChanges &- then.sessionChanges
    }
    fuzzCheck(restarts == feed.restarts &- feedBefore.restarts, "restarts are some line's")
    fuzzCheck(
      changes == feed.sessionChanges &- feedBefore.sessionChanges, "changes are some line's")
  }
}
