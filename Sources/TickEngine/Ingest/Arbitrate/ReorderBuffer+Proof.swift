import TickWire

/// What is held and not proven, beside what comes in its place. Looks at `nearSteps` on either side
/// at most.
extension ReorderBuffer {
  /// A packet comes where others may be held. Of two that differ the one that is proven stays; two
  /// that are not proven both do, until one is.
  /// - Returns: `duplicate` if it is held; held by another line, it is proven now. `refuted` if it
  ///   is not proven and a proven one is in its place. nil: there is none.
  mutating func meet(
    _ packet: SequencedPacket, _ datagram: Bytes, line: Int?, isProven: Bool, _ stream: Int
  ) -> Insertion? {
    guard var at = start(near: packet.first, stream) else { return nil }
    var steps = 0
    while at != ReorderBuffer.none, steps < 2 * ReorderBuffer.nearSteps {
      let held = slots[Int(at)]
      guard held.packet.first < packet.end else { return nil }
      steps += 1
      if held.packet.end > packet.first {
        if held.packet.isCopy(of: packet), holds(at, datagram) {
          if isProven || held.line != line { prove(at, stream) }
          return .duplicate
        }
        if isProven, !held.isProven {
          remove(at, stream)
          refuted += 1
        } else if !isProven, held.isProven {
          return .refuted
        }
      }
      at = held.next
    }
    return nil
  }

  /// What a line claimed is proven, the last of it in its place; how many others gave way to it.
  mutating func prove(_ packet: SequencedPacket, _ line: Int, _ stream: Int) -> UInt64 {
    guard lists[stream].unproven > 0, var at = start(near: packet.first, stream) else { return 0 }
    var last = ReorderBuffer.none
    var steps = 0
    while at != ReorderBuffer.none, steps < 2 * ReorderBuffer.nearSteps {
      let held = slots[Int(at)]
      guard held.packet.first <= packet.first else { break }
      if !held.isProven, held.line == line, held.packet.isCopy(of: packet) { last = at }
      at = held.next
      steps += 1
    }
    guard last != ReorderBuffer.none else { return 0 }
    prove(last, stream)
    return takeRefuted()
  }

  /// A line says that it has not come beyond a sequence: what came of it earlier and lies there is
  /// dropped; how many.
  mutating func refute(
    beyond next: UInt64, _ line: Int, cameBefore now: UInt64, _ stream: Int
  ) -> UInt64 {
    var count: UInt64 = 0
    var at = lists[stream].tail
    var steps = 0
    while at != ReorderBuffer.none, steps < ReorderBuffer.nearSteps {
      let held = slots[Int(at)]
      guard held.packet.end > next else { break }
      if held.line == line, held.times.now < now {
        remove(at, stream)
        count += 1
      }
      at = held.previous
      steps += 1
    }
    return count
  }

  /// The last held of a stream that is proven, if there is one near the end.
  func lastProven(_ stream: Int) -> Held? {
    var at = lists[stream].tail
    var steps = 0
    while at != ReorderBuffer.none, steps < ReorderBuffer.nearSteps {
      if slots[Int(at)].isProven { return slots[Int(at)] }
      at = slots[Int(at)].previous
      steps += 1
    }
    return nil
  }

  /// How many have given way since this was asked last.
  mutating func takeRefuted() -> UInt64 {
    let count = refuted
    refuted = 0
    return count
  }

  private mutating func prove(_ slot: Int32, _ stream: Int) {
    guard !slots[Int(slot)].isProven else { return }
    slots[Int(slot)].isProven = true
    lists[stream].unproven -= 1
    unproven -= 1
    let packet = slots[Int(slot)].packet
    guard lists[stream].unproven > 0, var at = start(near: packet.first, stream) else { return }
    var steps = 0
    while at != ReorderBuffer.none, steps < 2 * ReorderBuffer.nearSteps {
      let held = slots[Int(at)]
      guard held.packet.first < packet.end else { return }
      if !held.isProven, held.packet.end > packet.first {
        remove(at, stream)
        refuted += 1
      }
      at = held.next
      steps += 1
    }
  }

  /// A little before a sequence.
  private mutating func start(near first: UInt64, _ stream: Int) -> Int32? {
    guard let before = place(first, stream) else { return nil }
    guard before != ReorderBuffer.none else {
      return lists[stream].head == ReorderBuffer.none ? nil : lists[stream].head
    }
    var at = before
    for _ in 0..<ReorderBuffer.nearSteps where slots[Int(at)].previous != ReorderBuffer.none {
      at = slots[Int(at)].previous
    }
    return at
  }

  /// Whether a datagram is the one held, byte by byte.
  private func holds(_ slot: Int32, _ datagram: Bytes) -> Bool {
    let held = self.datagram(slot)
    guard held.count == datagram.count else { return false }
    for offset in 0..<datagram.count where held[offset] != datagram[offset] { return false }
    return true
  }
}
