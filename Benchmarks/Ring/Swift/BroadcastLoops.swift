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
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, isPaced: Bool
) {
  let broadcast = Broadcast(raw)
  let ahead_max = UInt64(broadcast.writer.pointee.capacity) / 2
  writeBroadcast(broadcast, first, first &+ count, isPaced ? ahead_max : count)
}

@inline(never)
private func writeBroadcast(
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

@_cdecl("swift_broadcast_receive")
public func receiveBroadcast(
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, isPaced: Bool,
  seen: UnsafeMutablePointer<UInt64>
) {
  let broadcast = Broadcast(raw)
  let told_each = UInt64(broadcast.observer.pointee.capacity) / 8
  let found = observeBroadcast(broadcast, first, first &+ count, isPaced ? told_each : .max)
  seen[0] = found.sum
  seen[1] = found.disorder
  seen[2] = count &- found.taken
}

@inline(never)
private func observeBroadcast(
  _ broadcast: Broadcast, _ first: UInt64, _ end: UInt64, _ told_each: UInt64
) -> (sum: UInt64, disorder: UInt64, taken: UInt64) {
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  var taken: UInt64 = 0
  var told = first
  var tick = Tick()
  while broadcast.observer.pointee.next != end {
    if broadcast.observer.pointee.poll(&tick) {
      let whole = record(broadcast.observer.pointee.next &- 1).words
      see(tick, whole.0, &sum, &disorder)
      disorder &+= tick.words.1 == whole.1 && tick.words.2 == whole.2 ? 0 : 1
      taken &+= 1
    } else {
      tickring_pause()
    }
    if broadcast.observer.pointee.next &- told >= told_each {
      told = broadcast.observer.pointee.next
      tickring_store_release(broadcast.pace, told)
    }
  }
  return (sum, disorder, taken)
}
