import TickWire

/// Datagrams held back until what is missing before them has come: copies, in order of their
/// sequence, a list for each stream; and behind those lists one more for each stream, in order of
/// arrival: see `Renewal`. Bounded: what finds no room is told, never grown for.
///
/// Thread: the ingester. No allocation after start. Cost: a copy of the datagram. Its place is at
/// the tail, or near the head, or near where the last one between was put, as of a line that lags;
/// from there at most `stepsMax` are looked at, so that no sequence of packets makes one of them
/// expensive.
struct ReorderBuffer: ~Copyable {
  struct Held: BitwiseCopyable {
    var packet = SequencedPacket(stream: 0, session: 0, first: 0, count: 0, sendTime: 0)
    var times = ArrivalTimes(clock: 0, received_ns: 0, now: 0)
    var length = 0
    /// nil: it answers a request.
    var line: Int? = 0
    /// Something else has proven its place, so that it can go as soon as it is next.
    var isProven = true
    var isRecovered: Bool { line == nil }
    var next = ReorderBuffer.none
    var previous = ReorderBuffer.none
  }

  enum Insertion {
    case held, duplicate, noRoom
    /// Too far from where packets have been put.
    case noPlace
    /// Another in its place is proven, and it is not.
    case refuted
  }

  static let none: Int32 = -1
  static let stepsMax = 256
  static let nearSteps = 16

  struct List: BitwiseCopyable {
    var head = ReorderBuffer.none
    var tail = ReorderBuffer.none
    /// Where a packet behind the tail was looked for last.
    var finger = ReorderBuffer.none
    var count = 0
    var unproven = 0
  }

  let slots: Slab<Held>
  private let memory: Slab<UInt8>
  private let slotBytes: Int
  let lists = Slab(count: 2 * SequenceTracker.streamsMax, repeating: List())
  private var free: Int32 = 0
  /// Datagrams held whose place nothing has proven.
  var unproven = 0
  var refuted: UInt64 = 0

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

  func unproven(_ stream: Int) -> Int { lists[stream].unproven }

  /// The first held of a stream.
  func first(_ stream: Int) -> Held? {
    let head = lists[stream].head
    return head == ReorderBuffer.none ? nil : slots[Int(head)]
  }

  /// The last held of a stream.
  func last(_ stream: Int) -> Held? {
    let tail = lists[stream].tail
    return tail == ReorderBuffer.none ? nil : slots[Int(tail)]
  }

  /// The bytes of the first held of a stream, there until it is removed.
  func firstDatagram(_ stream: Int) -> Bytes { datagram(lists[stream].head) }

  func datagram(_ slot: Int32) -> Bytes {
    // Safe: the memory lives as long as the buffer, and the slot is not given away before removal.
    unsafe memory.mutableBytes.bytes.slice(
      at: Int(slot) * slotBytes, count: slots[Int(slot)].length)
  }

  mutating func insert(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, line: Int?,
    isProven: Bool, stream: Int
  ) -> Insertion {
    if !isProven || lists[stream].unproven > 0 {
      let meeting = meet(packet, datagram, line: line, isProven: isProven, stream)
      if let meeting { return meeting }
    }
    guard let before = place(packet.first, stream) else { return .noPlace }
    if before != ReorderBuffer.none, slots[Int(before)].packet.end >= packet.end,
      slots[Int(before)].isProven
    {
      return .duplicate
    }
    guard hasRoom(for: datagram) else { return .noRoom }
    keep(packet, datagram, times, line: line, isProven: isProven, after: before, stream)
    return .held
  }

  func hasRoom(for datagram: Bytes) -> Bool {
    free != ReorderBuffer.none && datagram.count <= slotBytes
  }

  private mutating func keep(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, line: Int?,
    isProven: Bool, after before: Int32, _ list: Int
  ) {
    let slot = free
    free = slots[Int(slot)].next
    slots[Int(slot)].packet = packet
    slots[Int(slot)].times = times
    slots[Int(slot)].length = datagram.count
    slots[Int(slot)].line = line
    slots[Int(slot)].isProven = isProven
    if !isProven {
      lists[list].unproven += 1
      unproven += 1
    }
    // Safe: as in `datagram`.
    unsafe memory.mutableBytes.put(datagram, at: Int(slot) * slotBytes)
    link(slot, after: before, list)
  }

  // MARK: In order of arrival

  /// Datagrams of a stream that are queued.
  func queued(_ stream: Int) -> Int { lists[SequenceTracker.streamsMax + stream].count }

  /// Queues a datagram behind all others of its stream, as one that nothing has proven.
  /// - Returns: false if there is no room.
  mutating func append(
    _ packet: SequencedPacket, _ datagram: Bytes, _ times: ArrivalTimes, line: Int, _ stream: Int
  ) -> Bool {
    guard hasRoom(for: datagram) else { return false }
    let list = SequenceTracker.streamsMax + stream
    keep(packet, datagram, times, line: line, isProven: false, after: lists[list].tail, list)
    return true
  }

  /// Takes the first queued of a stream.
  /// - Returns: its bytes are in `target`, whose length is a slot's.
  mutating func takeQueued(_ stream: Int, into target: MutableBytes) -> Held? {
    let list = SequenceTracker.streamsMax + stream
    guard let held = first(list) else { return nil }
    target.put(firstDatagram(list), at: 0)
    removeFirst(list)
    return held
  }

  /// The last held that does not begin behind `first`; nil if it is too far to look.
  mutating func place(_ first: UInt64, _ stream: Int) -> Int32? {
    let (head, tail) = (lists[stream].head, lists[stream].tail)
    if tail == ReorderBuffer.none || slots[Int(tail)].packet.first <= first { return tail }
    if slots[Int(head)].packet.first > first { return ReorderBuffer.none }
    // Between the two: both searches end inside the list.
    var at = nearest(to: first, stream)
    let isFinger = at == lists[stream].finger
    var steps = 0
    while steps < ReorderBuffer.stepsMax, slots[Int(at)].packet.first > first {
      at = slots[Int(at)].previous
      steps += 1
    }
    while steps < ReorderBuffer.stepsMax, slots[Int(slots[Int(at)].next)].packet.first <= first {
      at = slots[Int(at)].next
      steps += 1
    }
    // What is near an end is found from there; the finger stays with whoever is between.
    if steps >= ReorderBuffer.nearSteps || isFinger { lists[stream].finger = at }
    return steps < ReorderBuffer.stepsMax ? at : nil
  }

  /// Head, tail or finger, whichever is the nearest by sequence.
  private func nearest(to first: UInt64, _ stream: Int) -> Int32 {
    let list = lists[stream]
    let (head, tail) = (slots[Int(list.head)].packet.first, slots[Int(list.tail)].packet.first)
    let isHead = first - head < tail - first
    guard list.finger != ReorderBuffer.none else { return isHead ? list.head : list.tail }
    let finger = slots[Int(list.finger)].packet.first
    let distance = finger > first ? finger - first : first - finger
    if distance <= min(first - head, tail - first) { return list.finger }
    return isHead ? list.head : list.tail
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
    precondition(lists[stream].head != ReorderBuffer.none, "nothing is held")
    remove(lists[stream].head, stream)
  }

  mutating func remove(_ slot: Int32, _ stream: Int) {
    let (next, previous) = (slots[Int(slot)].next, slots[Int(slot)].previous)
    if lists[stream].finger == slot { lists[stream].finger = next }
    if previous == ReorderBuffer.none {
      lists[stream].head = next
    } else {
      slots[Int(previous)].next = next
    }
    if next == ReorderBuffer.none {
      lists[stream].tail = previous
    } else {
      slots[Int(next)].previous = previous
    }
    lists[stream].count -= 1
    if !slots[Int(slot)].isProven {
      lists[stream].unproven -= 1
      unproven -= 1
    }
    slots[Int(slot)].next = free
    free = slot
  }

  /// Forgets all that is held.
  mutating func clear() {
    for stream in 0..<lists.count {
      while lists[stream].count > 0 { removeFirst(stream) }
    }
  }
}
