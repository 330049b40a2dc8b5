import BenchClock
import CTickRing
import Glibc
import TickRing

/// The loops of ring_loops.h, written again in Swift over the public faces. The C side finds them
/// by their names.

/// Both ends, each on lines of its own, since two cores write them: one allocation, of which the
/// producer is the first 128 bytes.
private struct Ring {
  static let consumerOffset = 128
  static let bytes = 384
  let memory: UnsafeMutableRawPointer

  init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }
  var producer: UnsafeMutablePointer<TickProducer> {
    memory.assumingMemoryBound(to: TickProducer.self)
  }
  var consumer: UnsafeMutablePointer<TickConsumer> {
    (memory + Ring.consumerOffset).assumingMemoryBound(to: TickConsumer.self)
  }
}

@_cdecl("swift_ring_open")
public func open(capacity: UInt64) -> UnsafeMutableRawPointer? {
  let name = "tickring-bench-swift-\(getpid())"
  do throws(RingError) {
    let region = try Region.create(.ticks, name: name, capacity: Int(capacity))
    try Region.remove(name: name)
    let producer = try TickProducer(claiming: region.duplicate())
    let consumer = try TickConsumer(claiming: region.duplicate())
    let ring = Ring(.allocate(byteCount: Ring.bytes, alignment: 128))
    precondition(MemoryLayout<TickProducer>.size <= Ring.consumerOffset)
    precondition(MemoryLayout<TickConsumer>.size <= Ring.bytes - Ring.consumerOffset)
    ring.producer.initialize(to: producer)
    ring.consumer.initialize(to: consumer)
    return ring.memory
  } catch {
    return nil
  }
}

@_cdecl("swift_ring_close")
public func close(_ raw: UnsafeMutableRawPointer) {
  let ring = Ring(raw)
  ring.producer.deinitialize(count: 1)
  ring.consumer.deinitialize(count: 1)
  ring.memory.deallocate()
}

@inline(__always)
func record(_ number: UInt64) -> Tick { Tick(words: (number, number &* 3, ~number)) }

@inline(__always)
func see(_ tick: Tick, _ expected: UInt64, _ sum: inout UInt64, _ disorder: inout UInt64) {
  let words = tick.words
  sum &+= words.0 &+ words.1 &+ words.2
  disorder &+= words.0 == expected ? 0 : 1
}

@_cdecl("swift_ring_send")
public func send(_ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64) {
  let ring = Ring(raw)
  if batch == 1 {
    sendSingly(ring, first, first &+ count)
  } else {
    sendBatches(ring, first, first &+ count, batch)
  }
}

@inline(never)
private func sendSingly(_ ring: Ring, _ first: UInt64, _ end: UInt64) {
  var number = first
  while number != end {
    while !ring.producer.pointee.publish(record(number), received: 0) { tickring_pause() }
    number &+= 1
  }
}

@inline(never)
private func sendBatches(_ ring: Ring, _ first: UInt64, _ end: UInt64, _ batch: UInt64) {
  var number = first
  while number != end {
    let base = number
    let granted = ring.producer.pointee.publish(
      upTo: Int(truncatingIfNeeded: min(batch, end &- number)), received: 0
    ) { record(base &+ UInt64(truncatingIfNeeded: $0)) }
    if granted == 0 { tickring_pause() }
    number &+= UInt64(truncatingIfNeeded: granted)
  }
}

@_cdecl("swift_ring_receive")
public func receive(
  _ raw: UnsafeMutableRawPointer, first: UInt64, count: UInt64, batch: UInt64,
  seen: UnsafeMutablePointer<UInt64>
) {
  let ring = Ring(raw)
  let (sum, disorder) =
    batch == 1
    ? receiveSingly(ring, first, first &+ count)
    : receiveBatches(ring, first, first &+ count, batch)
  seen[0] = sum
  seen[1] = disorder
}

@inline(never)
private func receiveSingly(
  _ ring: Ring, _ first: UInt64, _ end: UInt64
) -> (UInt64, UInt64) {
  var number = first
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  var tick = Tick()
  while number != end {
    while !ring.consumer.pointee.poll(&tick) { tickring_pause() }
    see(tick, number, &sum, &disorder)
    number &+= 1
  }
  return (sum, disorder)
}

@inline(never)
private func receiveBatches(
  _ ring: Ring, _ first: UInt64, _ end: UInt64, _ batch: UInt64
) -> (UInt64, UInt64) {
  var number = first
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  while number != end {
    let base = number
    let found = ring.consumer.pointee.poll(
      upTo: Int(truncatingIfNeeded: min(batch, end &- number))
    ) { index, tick in
      see(tick, base &+ UInt64(truncatingIfNeeded: index), &sum, &disorder)
    }
    if found == 0 { tickring_pause() }
    number &+= UInt64(truncatingIfNeeded: found)
  }
  return (sum, disorder)
}

@_cdecl("swift_ring_ping")
public func ping(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  trips: UnsafeMutablePointer<UInt32>
) {
  let there = Ring(rawThere)
  let back = Ring(rawBack)
  var tick = Tick()
  for number in 0..<count {
    let start = bench_clock()
    while !there.producer.pointee.publish(record(number), received: 0) {}
    while !back.consumer.pointee.poll(&tick) {}
    trips[Int(number)] = UInt32(truncatingIfNeeded: bench_clock() &- start)
  }
}

@_cdecl("swift_ring_pong")
public func pong(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64
) {
  let there = Ring(rawThere)
  let back = Ring(rawBack)
  var tick = Tick()
  for _ in 0..<count {
    while !there.consumer.pointee.poll(&tick) {}
    while !back.producer.pointee.publish(record(tick.words.0), received: 0) {}
  }
}

@_cdecl("swift_ring_burst")
public func burst(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  batch: UInt64, trips: UnsafeMutablePointer<UInt32>
) {
  let back = Ring(rawBack)
  var tick = Tick()
  for number in 0..<count {
    let rest = bench_clock()
    while bench_clock() &- rest < 2000 { tickring_pause() }
    let start = bench_clock()
    send(rawThere, first: number &* 64, count: 64, batch: batch)
    while !back.consumer.pointee.poll(&tick) {}
    trips[Int(number)] = UInt32(truncatingIfNeeded: bench_clock() &- start)
  }
}

@_cdecl("swift_ring_answer")
public func answer(
  _ rawThere: UnsafeMutableRawPointer, _ rawBack: UnsafeMutableRawPointer, count: UInt64,
  batch: UInt64
) {
  let there = Ring(rawThere)
  let back = Ring(rawBack)
  var sum: UInt64 = 0
  var disorder: UInt64 = 0
  var tick = Tick()
  for burst in 0..<count {
    var number = burst &* 64
    let end = number &+ 64
    while number != end {
      if batch == 1 {
        while !there.consumer.pointee.poll(&tick) {}
        see(tick, number, &sum, &disorder)
        number &+= 1
        continue
      }
      let base = number
      let found = there.consumer.pointee.poll(upTo: Int(truncatingIfNeeded: end &- number)) {
        see($1, base &+ UInt64(truncatingIfNeeded: $0), &sum, &disorder)
      }
      number &+= UInt64(truncatingIfNeeded: found)
    }
    while !back.producer.pointee.publish(record(sum), received: 0) {}
  }
}

/// When each record of an open loop is due: bench_schedule of ring_bench.h.
public struct Schedule {
  var start, gap, burstGap, calmCount, burstCount: UInt64
}

@_cdecl("swift_ring_send_due")
public func sendDue(
  _ raw: UnsafeMutableRawPointer, count: UInt64, rawSchedule: UnsafeRawPointer
) {
  let ring = Ring(raw)
  let schedule = rawSchedule.load(as: Schedule.self)
  var due = schedule.start
  for number in 0..<count {
    while Int64(bitPattern: bench_clock() &- due) < 0 {}
    let tick = Tick(words: (number, due, ~number))
    while !ring.producer.pointee.publish(tick, received: 0) {}
    let within = number % (schedule.calmCount &+ schedule.burstCount)
    due &+= within < schedule.calmCount ? schedule.gap : schedule.burstGap
  }
}

@_cdecl("swift_ring_receive_due")
public func receiveDue(
  _ raw: UnsafeMutableRawPointer, count: UInt64, trips: UnsafeMutablePointer<UInt32>
) {
  let ring = Ring(raw)
  var tick = Tick()
  for number in 0..<count {
    while !ring.consumer.pointee.poll(&tick) {}
    trips[Int(number)] = UInt32(truncatingIfNeeded: bench_clock_after() &- tick.words.1)
  }
}
