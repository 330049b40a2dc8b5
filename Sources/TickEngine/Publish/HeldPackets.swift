import TickWire

/// A packet that waits for its time, with the copies that are to be sent.
struct HeldPacket {
  var time_ns: UInt64 = 0
  var byteCount = 0
  var copies = 0
  /// In the plan; nil: it is not of the plan.
  var number: UInt64?
}

/// Packets held back on one line, in the order of their times; at equal times, as they came.
///
/// - Cost: a binary search and a move of 24 bytes a packet held; memory is taken at the start.
/// - Failure: a store that is full refuses, and the caller sends at once and counts it.
/// - Thread safety: one thread.
struct HeldPackets: ~Copyable {
  static let capacity = 1_024

  private let packets: Slab<HeldPacket>
  private let bytes: Slab<UInt8>
  private let bytesEach: Int
  /// Places of packets, the latest first: the next one out is the last.
  private var order: [Int32] = []
  private var free: [Int32] = []

  init(capacity: Int, bytesEach: Int) {
    self.bytesEach = bytesEach
    packets = Slab(count: capacity, repeating: HeldPacket())
    bytes = Slab(count: capacity * bytesEach, repeating: 0)
    order.reserveCapacity(capacity)
    free = (0..<Int32(capacity)).reversed()
  }

  var isFull: Bool { free.isEmpty }

  /// The time of the next packet out; `.max` if none is held.
  var nextTime_ns: UInt64 { order.last.map { packets[Int($0)].time_ns } ?? .max }

  /// Keeps a copy of `packet`. Traps if it is full.
  mutating func hold(
    _ packet: Bytes, number: UInt64?, copies: Int, until time_ns: UInt64
  ) {
    guard let place = free.popLast() else { preconditionFailure("no place for a held packet") }
    packets[Int(place)] = HeldPacket(
      time_ns: time_ns, byteCount: packet.count, copies: copies, number: number)
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if packets[Int(order[middle])].time_ns > time_ns { low = middle + 1 } else { high = middle }
    }
    order.insert(place, at: low)
    view(Int(place), packet.count).put(packet, at: 0)
  }

  /// The next packet out: its bytes are valid until the next `hold`. Traps if none is held.
  mutating func release() -> (bytes: Bytes, number: UInt64?, copies: Int) {
    guard let place = order.popLast() else { preconditionFailure("no packet is held") }
    free.append(place)
    let packet = packets[Int(place)]
    return (view(Int(place), packet.byteCount).bytes, packet.number, packet.copies)
  }

  private func view(_ place: Int, _ count: Int) -> MutableBytes {
    // Safe: the slab lives as long as this, and views are used up before the next call.
    unsafe bytes.mutableBytes.slice(at: place * bytesEach, count: count)
  }
}
