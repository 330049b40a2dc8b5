import Glibc
import TickMetrics
import TickWire
import Testing

@testable import TickEngine

/// What the network does not take is missing at the receivers, and counted as such.
@Suite struct PlanLossesTests {
  private static func lines(_ faults: FaultRates = FaultRates()) throws -> Slab<PublishLine> {
    let first = LineAddress.random()
    let addresses = [
      first, LineAddress(group: first.group ^ 0x0000_8000, port: first.port),
    ]
    var options = PublishOptions(captures: [], lineA: addresses[0])
    options.interface = "127.0.0.1"
    options.pace = .max
    return try Slab<PublishLine>(count: 2) { number in
      let lateness = HistogramStorage()
      return try PublishLine(
        addresses[number], faults, number: number, options, lateness: unsafe lateness[0])
    }
  }

  /// From now on the kernel refuses what is sent to a line.
  private static func cut(_ address: LineAddress) {
    for descriptor: Int32 in 3..<1_024 {
      var name = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let code = unsafe withUnsafeMutablePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getpeername(descriptor, $0, &size)
        }
      }
      guard code == 0, name.sin_port == address.port.bigEndian,
        name.sin_addr.s_addr == address.group.bigEndian
      else { continue }
      #expect(shutdown(descriptor, Int32(SHUT_WR)) == 0)
      return
    }
    Issue.record("no socket of \(address)")
  }

  private static func offer(
    _ count: Int, _ plan: inout PlanLosses, to lines: borrowing Slab<PublishLine>
  ) {
    let memory = Slab<UInt8>(count: 64, repeating: 7)
    for _ in 0..<count {
      plan.offer(memory.mutableBytes.bytes, messages: 10, at: 0, due_ns: 0, to: lines)
    }
    for line in 0..<2 { lines[line].flush() }
  }

  @Test func whatIsNotSentIsLostOnItsLine() throws {
    let lines = try Self.lines()
    var plan = PlanLosses()
    Self.offer(200, &plan, to: lines)
    Self.cut(lines[0].address)
    Self.offer(30, &plan, to: lines)
    Self.cut(lines[1].address)
    Self.offer(7, &plan, to: lines)
    plan.finish(lines)
    let losses = plan.counts
    #expect(losses.lost.aOnly == 300 && losses.lost.bOnly == 0 && losses.lost.all == 70)
    #expect(losses.lostOrCorrupted == losses.lost && losses.beforeFirst == 0)
    let failed = [lines[0].sender.counts.failed, lines[1].sender.counts.failed]
    #expect(failed == [37, 7])
  }

  /// A receiver begins with what it sees first.
  @Test func whatIsNotSentBeforeAnythingElseIsUnknownToReceivers() throws {
    let lines = try Self.lines()
    var plan = PlanLosses()
    for line in 0..<2 { Self.cut(lines[line].address) }
    Self.offer(5, &plan, to: lines)
    plan.finish(lines)
    #expect(plan.counts.lost.all == 50 && plan.counts.beforeFirst == 50)
  }

  /// A copy that left is enough.
  @Test func aPacketIsThereIfOneOfItsCopiesIs() {
    var fates = SendFates()
    for number: UInt64 in 0..<4 { fates.begin(number) }
    fates.note(0, isTaken: true)
    fates.note(0, isTaken: false)
    fates.note(1, isTaken: false)
    fates.note(1, isTaken: true)
    fates.note(2, isTaken: false)
    let failed = [fates.hasFailed(0), fates.hasFailed(1), fates.hasFailed(2), fates.hasFailed(3)]
    #expect(failed == [false, false, true, false])
    // One held back for longer than it is remembered does not speak for another.
    let again = UInt64(SendFates.packetsMax) + 1
    fates.begin(again)
    fates.note(1, isTaken: false)
    let isAgain = fates.hasFailed(again)
    #expect(!isAgain)
  }

  @Test func moreThanIsRememberedIsCountedOnTheWay() throws {
    let lines = try Self.lines()
    var plan = PlanLosses()
    Self.cut(lines[0].address)
    Self.offer(SendFates.packetsMax + 100, &plan, to: lines)
    #expect(plan.counts.lost.aOnly == 1_000)
    plan.finish(lines)
    #expect(plan.counts.lost.aOnly == UInt64(10 * (SendFates.packetsMax + 100)))
  }
}
