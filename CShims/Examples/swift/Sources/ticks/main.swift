// A producer and a consumer of ticks in Swift; what it does is told in ticks.c.
//
//   swift run ticks consume NAME COUNT
import Glibc
import TickRing

func produce(_ name: String, _ count: UInt64) throws(RingError) {
  var producer = try TickProducer(claiming: Region.create(.ticks, name: name, capacity: 1024))
  let series = Series(instrument: 1, kind: .trade)
  for i in 0..<count {
    let tick = Tick(
      timestamp: i, symbolId: series.id, price: 100 + Double(i % 8) / 8,
      quantity: UInt32(1 + i % 100))
    while !producer.publish(tick, received: 0) { sched_yield() }
    if i % 64 == 63 { producer.wake() }
  }
  producer.wake()
}

/// The producer may not have made it yet.
func attach(_ name: String) throws(RingError) -> Region {
  for _ in 0..<1000 {
    if let region = try? Region.attach(.ticks, name: name) { return region }
    usleep(10_000)
  }
  return try Region.attach(.ticks, name: name)
}

func consume(_ name: String, _ count: UInt64) throws(RingError) {
  var consumer = try TickConsumer(claiming: attach(name))
  var (taken, volume, turnover) = (UInt64(0), UInt64(0), 0.0)
  var tick = Tick()
  while taken < count {
    guard consumer.poll(&tick) else {
      if consumer.wait(.sleep()) == .producerGone { break }
      continue
    }
    taken += 1
    volume += UInt64(tick.quantity)
    turnover += tick.price * Double(tick.quantity)
  }
  let average = volume > 0 ? ", vwap \(fixed(turnover / Double(volume)))" : ""
  print("\(taken) ticks, volume \(volume)\(average)")
  try Region.remove(name: name)
}

/// Six decimals, as the others print it.
func fixed(_ value: Double) -> String {
  let digits = String(Int((value * 1e6).rounded()))
  return "\(digits.dropLast(6)).\(digits.suffix(6))"
}

/// Digits and nothing else: an integer may have a sign.
func counted(_ text: String) -> UInt64? {
  text.utf8.allSatisfy { (48...57).contains($0) } ? UInt64(text) : nil
}

func fail(_ text: String, status: Int32) -> Never {
  let line = text + "\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  exit(status)
}

let arguments = CommandLine.arguments
guard arguments.count == 4, ["produce", "consume"].contains(arguments[1]),
  let count = counted(arguments[3])
else { fail("usage: ticks produce|consume NAME COUNT", status: 64) }
do throws(RingError) {
  if arguments[1] == "produce" {
    try produce(arguments[2], count)
  } else {
    try consume(arguments[2], count)
  }
} catch {
  fail("ticks: \(error)", status: 1)
}
