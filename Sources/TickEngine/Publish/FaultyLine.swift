import TickWire

/// Where the packets of a line go, in the order in which they are sent.
protocol PacketSink: ~Copyable {
  /// Takes a copy. `number`: the packet's in the plan; nil if it is not of the plan. `due_ns`:
  /// CLOCK_MONOTONIC, when it should be sent; 0 if it has no time.
  mutating func queue(_ packet: Bytes, number: UInt64?, due_ns: UInt64)
}

/// What was done to the packets of one line. `offered` minus `lost` plus `duplicated` were sent.
struct FaultCounts: Equatable, Sendable {
  var offered: UInt64 = 0
  var lost: UInt64 = 0
  /// Of `lost`, those in bursts.
  var lostInBursts: UInt64 = 0
  var duplicated: UInt64 = 0
  /// Overtaken by at least one packet, delays apart.
  var reordered: UInt64 = 0
  var delayed: UInt64 = 0
  var corrupted: UInt64 = 0
  /// Delays that found no room, sent at once.
  var undelayed: UInt64 = 0
}

/// A line and its faults: a packet and its time in, none to two packets out, at once or later.
///
/// Times are the schedule's, not a clock's: ns since the start of the plan. Whoever drives a line
/// calls `release` for every time up to that of the next packet before it hands that in, and so
/// the order of what is sent follows from packets, times and seed alone.
///
/// - Cost: a copy of a packet that is held back; nothing is allocated after the start.
/// - Thread safety: one thread.
struct FaultyLine: ~Copyable {
  enum Fate { case sent, lost, corrupted }

  private(set) var counts = FaultCounts()
  private let isFaultless: Bool
  private var faults: LineFaults
  private var held: HeldPackets
  /// At most one packet waits to be overtaken.
  private var swap: HeldPackets
  private var swapBehind = 0
  private var swapOvertaken = false
  private let scratch: Slab<UInt8>

  /// - Parameter bytesMax: the longest packet.
  init(_ rates: FaultRates, seed: UInt64, line: Int, bytesMax: Int) {
    isFaultless = rates.isNone
    faults = LineFaults(rates, seed: seed, line: line)
    let capacity = isFaultless ? 0 : HeldPackets.capacity
    held = HeldPackets(capacity: capacity, bytesEach: bytesMax)
    swap = HeldPackets(capacity: isFaultless ? 0 : 1, bytesEach: bytesMax)
    scratch = Slab(count: bytesMax, repeating: 0)
  }

  /// When the next packet that is held goes out; `.max` if there is none.
  var nextTime_ns: UInt64 { min(held.nextTime_ns, swap.nextTime_ns) }

  /// Takes a packet of the schedule. `time_ns` never goes backwards.
  mutating func take<Sink: PacketSink & ~Copyable>(
    _ packet: Bytes, number: UInt64? = nil, at time_ns: UInt64, due_ns: UInt64,
    into sink: inout Sink
  ) -> Fate {
    counts.offered += 1
    if isFaultless {
      sink.queue(packet, number: number, due_ns: due_ns)
      return .sent
    }
    let verdict = faults.next()
    if verdict.isLost {
      counts.lost += 1
      if verdict.isInBurst { counts.lostInBursts += 1 }
      return .lost
    }
    if verdict.copies > 1 { counts.duplicated += 1 }
    var bytes = packet
    if let detail = verdict.corruption {
      counts.corrupted += 1
      bytes = corrupted(packet, detail)
    }
    if !hold(bytes, number, verdict, time_ns) {
      send(bytes, number, verdict.copies, due_ns, &sink)
      overtake(due_ns, &sink)
    }
    return verdict.corruption == nil ? .sent : .corrupted
  }

  /// Sends what is held until `time_ns` or earlier.
  mutating func release<Sink: PacketSink & ~Copyable>(
    until time_ns: UInt64, due_ns: UInt64, into sink: inout Sink
  ) {
    while nextTime_ns <= time_ns && nextTime_ns < .max {
      if swap.nextTime_ns <= held.nextTime_ns {
        sendSwapped(due_ns, &sink)
      } else {
        let next = held.release()
        send(next.bytes, next.number, next.copies, due_ns, &sink)
        overtake(due_ns, &sink)
      }
    }
  }

  /// Whether the packet is kept for later.
  private mutating func hold(
    _ packet: Bytes, _ number: UInt64?, _ verdict: FaultVerdict, _ time_ns: UInt64
  ) -> Bool {
    switch verdict.hold {
    case .none: return false
    case .forTime(let delay_ns):
      guard !held.isFull else {
        counts.undelayed += 1
        return false
      }
      counts.delayed += 1
      held.hold(
        packet, number: number, copies: verdict.copies, until: time_ns &+ delay_ns)
    case .behind(let packets):
      guard !swap.isFull else { return false }
      swap.hold(
        packet, number: number, copies: verdict.copies, until: time_ns &+ FaultRates.swap_ns)
      swapBehind = packets
      swapOvertaken = false
    }
    return true
  }

  private mutating func send<Sink: PacketSink & ~Copyable>(
    _ packet: Bytes, _ number: UInt64?, _ copies: Int, _ due_ns: UInt64, _ sink: inout Sink
  ) {
    for _ in 0..<copies { sink.queue(packet, number: number, due_ns: due_ns) }
  }

  /// A packet has gone: the one that waits to be overtaken may be next.
  private mutating func overtake<Sink: PacketSink & ~Copyable>(
    _ due_ns: UInt64, _ sink: inout Sink
  ) {
    guard swap.nextTime_ns < .max else { return }
    swapOvertaken = true
    swapBehind -= 1
    if swapBehind == 0 { sendSwapped(due_ns, &sink) }
  }

  private mutating func sendSwapped<Sink: PacketSink & ~Copyable>(
    _ due_ns: UInt64, _ sink: inout Sink
  ) {
    let packet = swap.release()
    if swapOvertaken { counts.reordered += 1 }
    send(packet.bytes, packet.number, packet.copies, due_ns, &sink)
  }

  private func corrupted(_ packet: Bytes, _ detail: UInt64) -> Bytes {
    // Safe: the slab lives as long as this, and the bytes are used up before the next call.
    let copy = unsafe scratch.mutableBytes.slice(at: 0, count: packet.count)
    copy.put(packet, at: 0)
    LineFaults.corrupt(copy, detail)
    return copy.bytes
  }
}
