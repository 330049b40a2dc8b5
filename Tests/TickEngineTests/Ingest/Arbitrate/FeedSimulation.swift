import TickWire

@testable import TickEngine

/// A feed on two lines in virtual time: packets of a source through the publisher's own faults into
/// the arbiter, with a request server whose answers are late, short and lost.
final class FeedSimulation<Wire: SimulatedWire> {
  struct Plan {
    var seed: UInt64 = 1
    var streams = 1
    var packets = 1_000
    var messagesEach = 8
    /// Time between packets, ns, twice this at most.
    var pace_ns = 20_000
    var rates = FaultRates()
    /// Probability that one bit of a packet flips, anywhere in it; on each line apart.
    var flip = 0.0
    /// Line B, or A, comes later by so much.
    var lag_ns: UInt64 = 0
    var lagOfA_ns: UInt64 = 0
    /// Line B falls silent at this part of the run.
    var bDiesAt: Double?
    /// Runs of packets, each begun anew at 1.
    var epochs = 1
    /// Whether each is a session of its own.
    var hasNewSessions = false
    /// Whether each begins in the midst of the one before.
    var isTight = false
    /// Packets of the first epoch that nobody sends.
    var lostBeginning = 0
    var hasServer = false
    /// Probability that an answer is lost.
    var answerLoss = 0.2
    /// The clock of the day jumps by up to this, back and forth.
    var clockJump_ns = 0
    var limits = ArbiterLimits()
  }

  struct Arrival {
    var time: UInt64
    var order: Int
    var line: Int?
    var bytes: [UInt8]
  }

  /// What is known of one stream's epoch: the model.
  struct Sent {
    var end: UInt64 = 1
    /// Of packets that came whole on some line.
    var received: Set<UInt64> = []
    /// Of packets that were damaged on some line.
    var damaged: Set<UInt64> = []
    /// Of packets of which a message or its length was damaged on some line.
    var altered: Set<UInt64> = []
  }

  private struct Sink: PacketSink {
    var packets: [[UInt8]] = []
    mutating func queue(_ packet: Bytes, number: UInt64?, due_ns: UInt64) {
      packets.append(packet.withUnsafeBytes { unsafe Array($0) })
    }
  }

  static var heartbeats: Int { 6 }
  let plan: Plan
  private(set) var sent: [UInt64: [Sent]] = [:]
  private var random: SeededRandom
  private var arrivals: [Arrival] = []
  private var order = 0
  private let memory = Slab<UInt8>(count: 2_048, repeating: 0)
  private(set) var end_ns: UInt64 = 0
  var feed: ArbitratedFeed<WitnessDecoder<Wire>>

  init(_ plan: Plan) {
    self.plan = plan
    random = SeededRandom(seed: plan.seed)
    var limits = plan.limits
    limits.recovery = plan.hasServer ? RecoveryLimits() : nil
    feed = ArbitratedFeed(WitnessDecoder<Wire>(), limits: limits, restarts: .follow, lines: 2)
    feed.setLive(0b11)
  }

  static func stream(_ index: Int) -> UInt64 {
    Wire.hasSendTimes ? UInt64(IexProtocol.tops.rawValue) << 32 | UInt64(index + 1) : 0
  }

  static func session(_ epoch: Int, isNew: Bool) -> UInt128 {
    guard Wire.hasSendTimes else {
      var session = MoldUdp64Session("DAY0000001")!
      if isNew { for _ in 0..<epoch { session = session.next } }
      return session.word
    }
    return UInt128(77 + (isNew ? epoch : 0))
  }

  // MARK: The source

  private func encode(_ packet: SequencedPacket, isEnd: Bool = false) -> [UInt8] {
    let length = Wire.write(packet, isEnd: isEnd, into: memory.mutableBytes)
    return memory.mutableBytes.bytes.slice(at: 0, count: length).withUnsafeBytes {
      unsafe Array($0)
    }
  }

  private func arrive(_ bytes: [UInt8], _ time: UInt64, line: Int?) {
    order += 1
    arrivals.append(Arrival(time: time, order: order, line: line, bytes: bytes))
  }

  private func send() {
    var lines = Slab<FaultyLine>(count: 2) {
      FaultyLine(plan.rates, seed: plan.seed, line: $0, bytesMax: 2_048)
    }
    var time: UInt64 = 1_000_000_000
    for epoch in 0..<plan.epochs {
      var next = [UInt64](repeating: 1, count: plan.streams)
      for number in 0..<plan.packets {
        time += UInt64(random.within(1...(2 * plan.pace_ns)))
        let index = random.below(plan.streams)
        let count = UInt64(random.within(1...plan.messagesEach))
        let stream = Self.stream(index)
        let packet = SequencedPacket(
          stream: stream, session: Self.session(epoch, isNew: plan.hasNewSessions),
          first: next[index], count: count, sendTime: Wire.hasSendTimes ? time : 0)
        next[index] += count
        while sent[stream, default: []].count <= epoch { sent[stream, default: []].append(Sent()) }
        sent[stream]![epoch].end = next[index]
        if epoch == 0, number < plan.lostBeginning { continue }
        give(packet, epoch, time, number, &lines)
      }
      if plan.isTight, epoch + 1 < plan.epochs { continue }
      time = drain(&lines, time)
      time = fallSilent(epoch, next, time)
    }
    end_ns = time
    arrivals.sort { ($0.time, $0.order) < ($1.time, $1.order) }
  }

  private func give(
    _ packet: SequencedPacket, _ epoch: Int, _ time: UInt64, _ number: Int,
    _ lines: inout Slab<FaultyLine>
  ) {
    let bytes = encode(packet)
    var isDamaged = false
    for line in 0..<2 {
      release(&lines, line, until: time)
      let isDead =
        line == 1 && Double(number) >= (plan.bDiesAt ?? 2) * Double(plan.packets)
      if isDead { continue }
      var sink = Sink()
      let copy = encode(packet)
      for (offset, byte) in copy.enumerated() { memory[offset] = byte }
      var fate = lines[line].take(
        memory.mutableBytes.bytes.slice(at: 0, count: bytes.count), at: time, due_ns: 0,
        into: &sink)
      if plan.flip > 0, random.unit() < plan.flip {
        fate = .corrupted
        flip(&sink.packets, packet, epoch)
      }
      for packet in sink.packets { arrive(packet, time + lag(line), line: line) }
      if fate == .sent {
        sent[packet.stream]![epoch].received.formUnion(packet.first..<packet.end)
      }
      isDamaged = isDamaged || fate == .corrupted
    }
    if isDamaged { sent[packet.stream]![epoch].damaged.formUnion(packet.first..<packet.end) }
  }

  private func flip(_ copies: inout [[UInt8]], _ packet: SequencedPacket, _ epoch: Int) {
    guard !copies.isEmpty else { return }
    let bit = random.below(copies[0].count * 8)
    for index in copies.indices { copies[index][bit / 8] ^= 1 << UInt8(bit % 8) }
    if bit / 8 >= Wire.headerBytes {
      sent[packet.stream]![epoch].altered.formUnion(packet.first..<packet.end)
    }
  }

  private func lag(_ line: Int) -> UInt64 { line == 1 ? plan.lag_ns : plan.lagOfA_ns }

  private func release(_ lines: inout Slab<FaultyLine>, _ line: Int, until time: UInt64) {
    while lines[line].nextTime_ns <= time {
      let due = lines[line].nextTime_ns
      var sink = Sink()
      lines[line].release(until: due, due_ns: 0, into: &sink)
      for packet in sink.packets { arrive(packet, due + lag(line), line: line) }
    }
  }

  private func drain(_ lines: inout Slab<FaultyLine>, _ time: UInt64) -> UInt64 {
    for line in 0..<2 { release(&lines, line, until: time + 100_000_000) }
    return time + 100_000_000
  }

  /// Heartbeats, so that a lost tail shows, and long enough for what is asked for.
  private func fallSilent(_ epoch: Int, _ next: [UInt64], _ from: UInt64) -> UInt64 {
    var time = from + max(plan.lag_ns, plan.lagOfA_ns)
    for _ in 0..<Self.heartbeats {
      time += 500_000_000
      for index in 0..<plan.streams where next[index] > 1 {
        let packet = SequencedPacket(
          stream: Self.stream(index), session: Self.session(epoch, isNew: plan.hasNewSessions),
          first: next[index], count: 0, sendTime: Wire.hasSendTimes ? time : 0)
        for line in 0..<2 { arrive(encode(packet), time, line: line) }
      }
    }
    return time + 500_000_000
  }

  // MARK: The receiver

  /// Answers that are on their way, by time.
  private var answers: [Arrival] = []

  func run() {
    send()
    var now: UInt64 = 1_000_000_000
    for arrival in arrivals {
      pass(&now, to: arrival.time)
      take(arrival)
    }
    pass(&now, to: end_ns)
    feed.finish()
  }

  /// Time goes on in steps of at most 1 ms while something is waited for.
  private func pass(_ now: inout UInt64, to time: UInt64) {
    while now < time {
      let step: UInt64 = feed.arbiter.isWaiting || !answers.isEmpty ? 1_000_000 : .max
      now = time - now > step ? now + step : time
      while let first = answers.first, first.time <= now { take(answers.removeFirst()) }
      feed.advance(to: now)
      while let range = feed.dueRequest(now: now) { answer(range, now) }
    }
  }

  private func take(_ arrival: Arrival) {
    let jump = plan.clockJump_ns > 0 ? UInt64(random.below(plan.clockJump_ns)) : 0
    for (offset, byte) in arrival.bytes.enumerated() { memory[offset] = byte }
    let times = ArrivalTimes(
      clock: 1_700_000_000_000_000_000 + arrival.time &- jump, received_ns: arrival.time,
      now: arrival.time)
    _ = feed.ingest(
      memory.mutableBytes.bytes.slice(at: 0, count: arrival.bytes.count), line: arrival.line,
      times: times)
    while let range = feed.dueRequest(now: arrival.time) { answer(range, arrival.time) }
  }

  /// As much as fits a datagram, or silence.
  private func answer(_ range: MissingRange, _ now: UInt64) {
    let known = sent[range.stream] ?? []
    guard random.unit() >= plan.answerLoss else { return }
    for epoch in 0..<known.count
    where Self.session(epoch, isNew: plan.hasNewSessions) == range.session {
      guard range.first >= 1, range.first < known[epoch].end else { continue }
      let left = min(range.count, known[epoch].end - range.first)
      let packet = SequencedPacket(
        stream: range.stream, session: range.session, first: range.first,
        count: min(left, 40), sendTime: 0)
      order += 1
      let time = now + UInt64(random.within(100_000...3_000_000))
      answers.append(Arrival(time: time, order: order, line: nil, bytes: encode(packet)))
      answers.sort { ($0.time, $0.order) < ($1.time, $1.order) }
    }
  }
}
