import CTickRing
import Glibc
import TickRing

/// The loops of ring_loops.h, written again in Swift over the public faces. The C side finds them
/// by their names and supplies the clock, so that both sides read it alike.

/// Each end on lines of its own: two cores write them.
private struct Ring: ~Copyable {
  var producer: TickProducer
  var gap: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  var gap2: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  var consumer: TickConsumer
}

private typealias RingPointer = UnsafeMutablePointer<Ring>

public typealias Clock = @convention(c) () -> UInt64

@_cdecl("swift_ring_open")
public func open(capacity: UInt64) -> UnsafeMutableRawPointer? {
  let name = "tickring-bench-swift-\(getpid())"
  do throws(RingError) {
    let region = try Region.create(.ticks, name: name, capacity: Int(capacity))
    try Region.remove(name: name)
    let ring = Ring(
      producer: try TickProducer(claiming: region.duplicate()),
      consumer: try TickConsumer(claiming: region.duplicate()))
    let pointer = RingPointer.allocate(capacity: 1)
    pointer.initialize(to: ring)
    return UnsafeMutableRawPointer(pointer)
  } catch {
    return nil
  }
}

@_cdecl("swift_ring_close")
public func close(_ raw: UnsafeMutableRawPointer) {
  let ring = raw.assumingMemoryBound(to: Ring.self)
  ring.deinitialize(count: 1)
  ring.deallocate()
}

@inline(__always)
private func record(_ number: UInt64) -> Tick { Tick(words: (number, number &* 3, ~number)) }

@inline(__always)
private func see(_ tick: Tick, _ expected: UInt64, _ sum: inout UInt64, _ disorder: inout UInt64) {
  let words = tick.words
  sum &+= words.0 &+ words.1 &+ words.2
  disorder &+= words.0 == expected ? 0 : 1
}

@_cdecl("swift_ring_send")
public func send(_ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64) {
  let ring = raw.assumingMemoryBound(to: Ring.self)
  if batch == 1 {
    sendSingly(ring, first, first &+ count)
  } else {
    sendBatches(ring, first, first &+ count, batch)
  }
}

@inline(never)
private func sendSingly(_ ring: RingPointer, _ first: UInt64, _ end: UInt64) {
  var number = first
  while number != end {
    while !ring.pointee.producer.publish(record(number), received: 0) { tickring_pause() }
    number &+= 1
  }
}

@inline(never)
private func sendBatches(_ ring: RingPointer, _ first: UInt64, _ end: UInt64, _ batch: UInt64) {
  var number = first
  while number != end {
    let granted = ring.pointee.producer.claim(Int(min(batch, end &- number)))
    if granted == 0 { tickring_pause() }
    for index in 0..<granted {
      ring.pointee.producer.set(index, to: record(number &+ UInt64(index)))
    }
    ring.pointee.producer.commit(granted, received: 0)
    number &+= UInt64(granted)
  }
}

@_cdecl("swift_ring_receive")
public func receive(
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64,
  seen: UnsafeMutablePointer<UInt64>
) {
  let ring = raw.assumingMemoryBound(to: Ring.self)
  let (sum, disorder) =
    batch == 1
    ? receiveSingly(ring, first, first &+ count)
    : receiveBatches(ring, first, first &+ count, batch)
  seen[0] = sum
  seen[1] = disorder
}

@inline(never)
private func receiveSingly(
  _ ring: RingPointer, _ first: UInt64, _ end: UInt64
) -> (UInt64, UInt64) {
  var number = first
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  var tick = Tick()
  while number != end {
    while !ring.pointee.consumer.poll(&tick) { tickring_pause() }
    see(tick, number, &sum, &disorder)
    number &+= 1
  }
  return (sum, disorder)
}

@inline(never)
private func receiveBatches(
  _ ring: RingPointer, _ first: UInt64, _ end: UInt64, _ batch: UInt64
) -> (UInt64, UInt64) {
  var number = first
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  while number != end {
    let found = ring.pointee.consumer.peek(Int(min(batch, end &- number)))
    if found == 0 { tickring_pause() }
    for index in 0..<found {
      see(ring.pointee.consumer.peeked(index), number &+ UInt64(index), &sum, &disorder)
    }
    ring.pointee.consumer.advance(found)
    number &+= UInt64(found)
  }
  return (sum, disorder)
}

@_cdecl("swift_ring_ping")
public func ping(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  trips: UnsafeMutablePointer<UInt32>, clock: Clock
) {
  let there = rawThere.assumingMemoryBound(to: Ring.self)
  let back = rawBack.assumingMemoryBound(to: Ring.self)
  var tick = Tick()
  for number in 0..<count {
    let start = clock()
    while !there.pointee.producer.publish(record(number), received: 0) {}
    while !back.pointee.consumer.poll(&tick) {}
    trips[Int(number)] = UInt32(truncatingIfNeeded: clock() &- start)
  }
}

@_cdecl("swift_ring_pong")
public func pong(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64
) {
  let there = rawThere.assumingMemoryBound(to: Ring.self)
  let back = rawBack.assumingMemoryBound(to: Ring.self)
  var tick = Tick()
  for _ in 0..<count {
    while !there.pointee.consumer.poll(&tick) {}
    while !back.pointee.producer.publish(record(tick.words.0), received: 0) {}
  }
}

@_cdecl("swift_ring_burst")
public func burst(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  batch: UInt64, trips: UnsafeMutablePointer<UInt32>, clock: Clock
) {
  let back = rawBack.assumingMemoryBound(to: Ring.self)
  var tick = Tick()
  for number in 0..<count {
    let rest = clock()
    while clock() &- rest < 2000 { tickring_pause() }
    let start = clock()
    send(rawThere, first: number &* 64, count: 64, batch: batch)
    while !back.pointee.consumer.poll(&tick) {}
    trips[Int(number)] = UInt32(truncatingIfNeeded: clock() &- start)
  }
}

@_cdecl("swift_ring_answer")
public func answer(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  batch: UInt64
) {
  let there = rawThere.assumingMemoryBound(to: Ring.self)
  let back = rawBack.assumingMemoryBound(to: Ring.self)
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  var tick = Tick()
  for burst in 0..<count {
    var number = burst &* 64
    let end = number &+ 64
    while number != end {
      if batch == 1 {
        while !there.pointee.consumer.poll(&tick) {}
        see(tick, number, &sum, &disorder)
        number &+= 1
        continue
      }
      let found = there.pointee.consumer.peek(Int(end &- number))
      for index in 0..<found {
        see(there.pointee.consumer.peeked(index), number &+ UInt64(index), &sum, &disorder)
      }
      there.pointee.consumer.advance(found)
      number &+= UInt64(found)
    }
    while !back.pointee.producer.publish(record(sum), received: 0) {}
  }
}
