import CTickRing
import TickRing

/// The loops of broadcast_loops.h, written again in Swift over the public faces.

/// Both ends and the pace, each on lines of its own, since two cores write them.
private struct Broadcast {
  static let observerOffset = 128
  static let paceOffset = 384
  static let bytes = 512
  let memory: UnsafeMutableRawPointer

  init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }
  var writer: UnsafeMutablePointer<BroadcastWriter> {
    memory.assumingMemoryBound(to: BroadcastWriter.self)
  }
  var observer: UnsafeMutablePointer<BroadcastObserver> {
    (memory + Broadcast.observerOffset).assumingMemoryBound(to: BroadcastObserver.self)
  }
  /// How far the observer is, where the writer is kept from overtaking it.
  var pace: UnsafeMutablePointer<UInt64> {
    (memory + Broadcast.paceOffset).assumingMemoryBound(to: UInt64.self)
  }
}

@_cdecl("swift_broadcast_open")
public func openBroadcast(capacity: UInt64) -> UnsafeMutableRawPointer? {
  precondition(MemoryLayout<BroadcastWriter>.size <= Broadcast.observerOffset)
  precondition(MemoryLayout<BroadcastObserver>.size <= Broadcast.paceOffset - 128)
  do throws(RingError) {
    let region = try Region.createUnnamed(.broadcast, capacity: Int(capacity))
    let writer = try BroadcastWriter(claiming: region.duplicate())
    let observer = try BroadcastObserver(region.duplicate(), from: .next)
    let broadcast = Broadcast(.allocate(byteCount: Broadcast.bytes, alignment: 128))
    broadcast.writer.initialize(to: writer)
    broadcast.observer.initialize(to: observer)
    broadcast.pace.initialize(to: 0)
    return broadcast.memory
  } catch {
    return nil
  }
}

@_cdecl("swift_broadcast_close")
public func closeBroadcast(_ raw: UnsafeMutableRawPointer) {
  let broadcast = Broadcast(raw)
  broadcast.writer.deinitialize(count: 1)
  broadcast.observer.deinitialize(count: 1)
  broadcast.memory.deallocate()
}

@_cdecl("swift_broadcast_send")
public func sendBroadcast(
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64, isPaced: Bool
) {
  let broadcast = Broadcast(raw)
  let ahead_max = isPaced ? UInt64(broadcast.writer.pointee.capacity) / 2 : count
  if batch == 1 {
    writeSingly(broadcast, first, first &+ count, ahead_max)
  } else {
    writeBatches(broadcast, first, first &+ count, batch, ahead_max)
  }
}

@inline(never)
private func writeSingly(
  _ broadcast: Broadcast, _ first: UInt64, _ end: UInt64, _ ahead_max: UInt64
) {
  var number = first
  var limit = first &+ ahead_max
  while number != end {
    while number >= limit {
      limit = tickring_load_acquire(broadcast.pace) &+ ahead_max
      if number >= limit { tickring_pause() }
    }
    broadcast.writer.pointee.write(record(number), received: 0)
    number &+= 1
  }
}

@inline(never)
private func writeBatches(
  _ broadcast: Broadcast, _ first: UInt64, _ end: UInt64, _ batch: UInt64, _ ahead_max: UInt64
) {
  var number = first
  var limit = first &+ ahead_max
  while number != end {
    let part = min(batch, end &- number)
    while number &+ part > limit {
      limit = tickring_load_acquire(broadcast.pace) &+ ahead_max
      if number &+ part > limit { tickring_pause() }
    }
    let base = number
    broadcast.writer.pointee.write(Int(truncatingIfNeeded: part), received: 0) {
      record(base &+ UInt64(truncatingIfNeeded: $0))
    }
    number &+= part
  }
}

/// What was seen of the records, as bench_seen of ring_bench.h has it.
private struct Seen {
  var sum: UInt64 = 0
  var disorder: UInt64 = 0

  /// With its order known, the other two words' sum tells a torn record from a whole one.
  @inline(__always)
  mutating func whole(_ tick: Tick, _ number: UInt64) {
    see(tick, number, &sum, &disorder)
    disorder &+= tick.words.1 &+ tick.words.2 == 2 &* number &- 1 ? 0 : 1
  }
}

@_cdecl("swift_broadcast_receive")
public func receiveBroadcast(
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64, isPaced: Bool,
  result: UnsafeMutablePointer<UInt64>
) {
  let broadcast = Broadcast(raw)
  let told_each = isPaced ? UInt64(broadcast.observer.pointee.capacity) / 8 : .max
  let seen =
    batch == 1
    ? observeSingly(broadcast, first, first &+ count, told_each)
    : observeBatches(broadcast, first, first &+ count, batch, told_each)
  result[0] = seen.sum
  result[1] = seen.disorder
  result[2] = broadcast.observer.pointee.lost
}

@inline(never)
private func observeSingly(
  _ broadcast: Broadcast, _ first: UInt64, _ end: UInt64, _ told_each: UInt64
) -> Seen {
  var seen = Seen()
  var told = first
  var tick = Tick()
  while broadcast.observer.pointee.next != end {
    if broadcast.observer.pointee.poll(&tick) {
      seen.whole(tick, broadcast.observer.pointee.next &- 1)
    } else {
      tickring_pause()
    }
    if broadcast.observer.pointee.next &- told >= told_each {
      told = broadcast.observer.pointee.next
      tickring_store_release(broadcast.pace, told)
    }
  }
  return seen
}

@inline(never)
private func observeBatches(
  _ broadcast: Broadcast, _ first: UInt64, _ end: UInt64, _ batch: UInt64, _ told_each: UInt64
) -> Seen {
  var seen = Seen()
  var told = first
  while broadcast.observer.pointee.next != end {
    let found = broadcast.observer.pointee.poll(upTo: Int(truncatingIfNeeded: batch)) {
      seen.whole($1, $0)
    }
    if found == 0 { tickring_pause() }
    if broadcast.observer.pointee.next &- told >= told_each {
      told = broadcast.observer.pointee.next
      tickring_store_release(broadcast.pace, told)
    }
  }
  return seen
}
