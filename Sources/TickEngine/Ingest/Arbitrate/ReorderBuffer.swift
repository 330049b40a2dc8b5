import TickWire

/// Datagrams held back until what is missing before them has come: copies, in order of their
/// sequence, a list for each stream. Bounded: what finds no room is told, never grown for.
///
/// Thread: the ingester. No allocation after start. Cost: a copy of the datagram; the place in the
/// list is found from its tail, where nearly all belong.
struct ReorderBuffer: ~Copyable {
  struct Held: BitwiseCopyable {
    var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
    var times = PacketTimes(clock: 0, received_ns: 0, now: 0)
    var length = 0
    var isRecovered = false
    var next = ReorderBuffer.none
    var previous = ReorderBuffer.none
  }

  enum Insertion { case held, duplicate, noRoom }

  static let none: Int32 = -1

  struct List: BitwiseCopyable {
    var head = ReorderBuffer.none
    var tail = ReorderBuffer.none
    var count = 0
  }

  private let slots: Slab<Held>
  private let memory: Slab<UInt8>
  private let slotBytes: Int
  private let lists = Slab(count: SequenceTracker.streamsMax, repeating: List())
  private var free: Int32 = 0

  init(packets: Int, datagramBytes_max: Int) {
    slotBytes = datagramBytes_max
    memory = Slab(count: packets * datagramBytes_max, repeating: 0)
    slots = Slab(count: packets) { index in
      var slot = Held()
      slot.next = index + 1 < packets ? Int32(index + 1) : ReorderBuffer.none
      return slot
    }
  }

  /// Datagrams held of a stream.
  func count(_ stream: Int) -> Int { lists[stream].count }

  /// The first held of a stream.
  func first(_ stream: Int) -> Held? {
    let head = lists[stream].head
    return head == ReorderBuffer.none ? nil : slots[Int(head)]
  }

  /// The bytes of the first held of a stream, there until it is removed.
  func firstDatagram(_ stream: Int) -> Bytes {
    let head = Int(lists[stream].head)
    // Safe: the memory lives as long as the buffer, and the slot is not given away before removal.
    return unsafe memory.mutableBytes.bytes.slice(
      at: head * slotBytes, count: slots[head].length)
  }

  mutating func insert(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: PacketTimes, isRecovered: Bool,
    stream: Int
  ) -> Insertion {
    var before = lists[stream].tail
    while before != ReorderBuffer.none, slots[Int(before)].packet.first > packet.first {
      before = slots[Int(before)].previous
    }
    if before != ReorderBuffer.none, slots[Int(before)].packet.end >= packet.end {
      return .duplicate
    }
    guard free != ReorderBuffer.none, datagram.count <= slotBytes else { return .noRoom }
    let slot = free
    free = slots[Int(slot)].next
    slots[Int(slot)].packet = packet
    slots[Int(slot)].times = times
    slots[Int(slot)].length = datagram.count
    slots[Int(slot)].isRecovered = isRecovered
    // Safe: as in `firstDatagram`.
    unsafe memory.mutableBytes.put(datagram, at: Int(slot) * slotBytes)
    link(slot, after: before, stream)
    return .held
  }

  private mutating func link(_ slot: Int32, after before: Int32, _ stream: Int) {
    let after = before == ReorderBuffer.none ? lists[stream].head : slots[Int(before)].next
    slots[Int(slot)].previous = before
    slots[Int(slot)].next = after
    if before == ReorderBuffer.none {
      lists[stream].head = slot
    } else {
      slots[Int(before)].next = slot
    }
    if after == ReorderBuffer.none {
      lists[stream].tail = slot
    } else {
      slots[Int(after)].previous = slot
    }
    lists[stream].count += 1
  }

  /// Gives the first slot of a stream back.
  mutating func removeFirst(_ stream: Int) {
    let head = lists[stream].head
    precondition(head != ReorderBuffer.none, "nothing is held")
    let next = slots[Int(head)].next
    lists[stream].head = next
    if next == ReorderBuffer.none {
      lists[stream].tail = ReorderBuffer.none
    } else {
      slots[Int(next)].previous = ReorderBuffer.none
    }
    lists[stream].count -= 1
    slots[Int(head)].next = free
    free = head
  }

  /// Forgets all that is held.
  mutating func clear() {
    for stream in 0..<lists.count {
      while lists[stream].count > 0 { removeFirst(stream) }
    }
  }
}
