// Runs one loop under the audit library and prints how many events it counted: `absent`, or a
// number. The tests compile it with `AllocationAudit.swift` itself and know what to expect.

final class Box {
  var value = 0
  weak var friend: Box?
}

/// Events between two readings of the count; the loops call it at both ends, as hot threads do.
@inline(__always) func events(since start: UInt64) -> UInt64 {
  (AllocationAudit.count() ?? 0) - start
}
@inline(__always) func now() -> UInt64 { AllocationAudit.count() ?? 0 }

@inline(never) func pure(_ turns: Int, _ state: inout UInt64) -> UInt64 {
  let start = now()
  for turn in 0..<turns { state = state &* 6_364_136_223_846_793_005 &+ UInt64(turn) }
  return events(since: start)
}

@inline(never) func allocate(_ turns: Int, into list: inout [Box]) -> UInt64 {
  let start = now()
  for _ in 0..<turns { list[0] = Box() }
  return events(since: start)
}

@inline(never) func keep(_ box: Box, in list: inout [Box]) { list[0] = box }

@inline(never) func retain(_ turns: Int, _ boxes: [Box], into list: inout [Box]) -> UInt64 {
  let start = now()
  for turn in 0..<turns { keep(boxes[turn & 1], in: &list) }
  return events(since: start)
}

@inline(never) func readWeak(_ turns: Int, _ box: Box, _ sum: inout UInt64) -> UInt64 {
  let start = now()
  for _ in 0..<turns { sum &+= UInt64(box.friend?.value ?? 0) }
  return events(since: start)
}

@inline(never) func describe(_ turns: Int, _ sum: inout UInt64) -> UInt64 {
  let start = now()
  for turn in 0..<turns { sum &+= UInt64("too long to be held inline: \(turn)".utf8.count) }
  return events(since: start)
}

@main struct Probe {
  static func main() {
    let turns = Int(CommandLine.arguments[2]) ?? 0
    let boxes = [Box(), Box()]
    boxes[0].friend = boxes[1]
    var list = [Box()]
    var result: UInt64 = 0
    guard AllocationAudit.isActive else { return print("absent") }
    switch CommandLine.arguments[1] {
    case "pure": print(pure(turns, &result))
    case "allocate": print(allocate(turns, into: &list))
    case "retain": print(retain(turns, boxes, into: &list))
    case "weak": print(readWeak(turns, boxes[0], &result))
    case "string": print(describe(turns, &result))
    case "trace":
      AllocationAudit.traceNext(1)
      print(allocate(turns, into: &list))
    default: print("no such loop")
    }
    // The loops' results are used, so that none is optimised away.
    if result == .max { print() }
    withExtendedLifetime((boxes, list)) {}
  }
}
