import TickWire

/// The packets of a plan on their way to the lines, and what no copy of reached the network: lost
/// by a fault, or not taken by the kernel. A packet is counted when its fate is known for certain,
/// `SendFates.packetsMax` packets later or at the end, in the order of the plan.
///
/// Hot path. Thread: the publisher. Cost: two stores a packet. No allocation after the start.
struct PlanLosses: ~Copyable {
  private(set) var counts = LossCounts()
  private let offered = Slab(count: SendFates.packetsMax, repeating: OfferedPacket())
  private var next: UInt64 = 0
  private var counted: UInt64 = 0

  /// Hands a packet of the plan to A, and to B if there is one.
  mutating func offer(
    _ packet: Bytes, messages: Int, at time_ns: UInt64, due_ns: UInt64,
    to lines: borrowing Slab<PublishLine>
  ) {
    if next - counted == UInt64(SendFates.packetsMax) { countNext(lines) }
    let a = lines[0].take(packet, number: next, at: time_ns, due_ns: due_ns)
    let b =
      lines.count > 1 ? lines[1].take(packet, number: next, at: time_ns, due_ns: due_ns) : nil
    offered[PlanLosses.slot(next)] = OfferedPacket(
      messages: UInt32(truncatingIfNeeded: messages), a: a, b: b)
    next += 1
  }

  /// Nothing is held back or queued any more.
  mutating func finish(_ lines: borrowing Slab<PublishLine>) {
    while counted < next { countNext(lines) }
  }

  private mutating func countNext(_ lines: borrowing Slab<PublishLine>) {
    let packet = offered[PlanLosses.slot(counted)]
    let a = lines[0].hasFailed(counted) ? FaultyLine.Fate.lost : packet.a
    let b = packet.b.map { lines[1].hasFailed(counted) ? FaultyLine.Fate.lost : $0 }
    counts.count(Int(packet.messages), a, b)
    counted += 1
  }

  private static func slot(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number % UInt64(SendFates.packetsMax))
  }
}

/// What the faults made of a packet on each line; of B nil, if there is none.
struct OfferedPacket: BitwiseCopyable {
  var messages: UInt32 = 0
  var a = FaultyLine.Fate.sent
  var b: FaultyLine.Fate?
}

/// Which of a line's last packets the kernel took, and which it refused, by their numbers.
struct SendFates: ~Copyable {
  /// Packets that are remembered: more than are due in the time for which one is held back.
  static let packetsMax = 1 << 16
  private static let taken: UInt8 = 1
  private static let refused: UInt8 = 2

  private let marks = Slab(count: SendFates.packetsMax, repeating: UInt8(0))
  private var newest: UInt64 = 0

  /// A packet of the plan comes to the line.
  mutating func begin(_ number: UInt64) {
    newest = number
    marks[SendFates.slot(number)] = 0
  }

  /// A copy of it came to the kernel.
  func note(_ number: UInt64, isTaken: Bool) {
    guard newest - number < UInt64(SendFates.packetsMax) else { return }
    marks[SendFates.slot(number)] |= isTaken ? SendFates.taken : SendFates.refused
  }

  /// Whether every copy that came to the kernel was refused.
  func hasFailed(_ number: UInt64) -> Bool {
    marks[SendFates.slot(number)] == SendFates.refused
  }

  private static func slot(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number % UInt64(packetsMax))
  }
}
