import Foundation
import Glibc
import Testing

@testable import TickEngine

/// Lines on loopback, with a group and port of each test's own.
@Suite(.timeLimit(.minutes(1))) struct UdpLineTests {
  private let loopback: Int32

  init() throws { loopback = try NetworkInterface("lo").index }

  private func line(
    _ address: LineAddress, _ change: (inout ReceiveOptions) -> Void = { _ in }
  ) throws -> UdpLine {
    var options = ReceiveOptions(interface: "127.0.0.1")
    options.bufferBytes = 1 << 20
    change(&options)
    return try UdpLine(address, options)
  }

  @Test func whatIsSentArrivesWholeAndInOrder() throws {
    let address = LineAddress.random()
    var line = try line(address)
    let (interface, port, isUp) = (line.interfaceName, line.port, line.isInterfaceUp)
    #expect(interface == "lo" && port == address.port && isUp)
    let sender = TestSender(to: address, interface: loopback)
    let sent = (0..<100).map { number in [UInt8](repeating: UInt8(number), count: 1 + number * 14) }
    for bytes in sent { sender.send(bytes) }
    let taken = try line.take(100)
    #expect(taken == sent)
    let counts = line.counts
    #expect(counts.packets == 100 && counts.bytes == UInt64(sent.reduce(0) { $0 + $1.count }))
    #expect(counts.batches >= 4, "a batch has at most 32")
    let rest = try line.receive()
    #expect(rest == 0)
  }

  @Test func linesAAndBOnOnePortDoNotMix() throws {
    let first = LineAddress.random()
    let second = LineAddress(group: first.group ^ 1, port: first.port)
    var a = try line(first)
    var b = try line(second)
    let toA = TestSender(to: first, interface: loopback)
    let toB = TestSender(to: second, interface: loopback)
    let toNeither = TestSender(
      to: LineAddress(group: 0x7F00_0001, port: first.port), interface: loopback)
    for number in 0..<50 as Range<UInt8> {
      toA.send([1, number])
      toB.send([2, number])
      toNeither.send([3, number])
    }
    let fromA = try a.take(50)
    let fromB = try b.take(50)
    #expect(fromA == (0..<50).map { [1, $0] })
    #expect(fromB == (0..<50).map { [2, $0] })
    let restOfA = try a.receive()
    let restOfB = try b.receive()
    #expect(restOfA == 0 && restOfB == 0)
  }

  @Test func twoLinesOnOneGroupBothReceive() throws {
    let address = LineAddress.random()
    var first = try line(address)
    var second = try line(address)
    TestSender(to: address, interface: loopback).send([7])
    let a = try first.take(1)
    let b = try second.take(1)
    #expect(a == [[7]] && b == [[7]])
  }

  @Test func whatIsTooLongOrEmptyIsCountedAndDropped() throws {
    let address = LineAddress.random()
    var line = try line(address) { $0.datagramBytes_max = 100 }
    let sender = TestSender(to: address, interface: loopback)
    for count in [100, 101, 0, 65_507, 1] {
      sender.send([UInt8](repeating: UInt8(count & 0xFF), count: count))
    }
    let taken = try line.take(2)
    #expect(taken == [[UInt8](repeating: 100, count: 100), [1]])
    let counts = line.counts
    #expect(counts.packets == 2 && counts.bytes == 101)
    #expect(counts.tooLong == 2 && counts.empty == 1 && counts.wrongSource == 0)
  }

  /// So is what comes alone, each after a look that found nothing.
  @Test func whatIsTooLongOrEmptyAndComesAloneIsCountedAndDropped() throws {
    let address = LineAddress.random()
    var line = try line(address) { $0.datagramBytes_max = 100 }
    let sender = TestSender(to: address, interface: loopback)
    for count in [100, 101, 0, 65_507, 1] {
      let found = try line.receive()
      #expect(found == 0)
      let before = line.counts
      sender.send([UInt8](repeating: 7, count: count))
      repeat { _ = try line.receive() } while line.counts.batches == before.batches
    }
    let counts = line.counts
    #expect(counts.packets == 2 && counts.bytes == 101)
    #expect(counts.tooLong == 2 && counts.empty == 1 && counts.wrongSource == 0)
  }

  @Test func aWrongSourceIsCountedAndDropped() throws {
    let address = LineAddress(group: 0x7F00_0001, port: 0, source: 0x7F00_0002)
    var line = try line(address)
    let right = TestSender(to: address, port: line.port, interface: loopback, from: 0x7F00_0002)
    let wrong = TestSender(to: address, port: line.port, interface: loopback, from: 0x7F00_0003)
    wrong.send([1])
    right.send([2])
    wrong.send([3])
    right.send([4])
    let taken = try line.take(2)
    let counts = line.counts
    #expect(taken == [[2], [4]] && counts.packets == 2 && counts.wrongSource == 2)
    let interface = line.interfaceName
    #expect(interface == nil, "nothing was joined")
  }

  @Test func aSourceSpecificJoinHearsItsSourceAlone() throws {
    let address = LineAddress.random(source: 0x7F00_0002)
    var line = try line(address)
    let right = TestSender(to: address, interface: loopback, from: 0x7F00_0002)
    let wrong = TestSender(to: address, interface: loopback, from: 0x7F00_0003)
    wrong.send([1])
    right.send([2])
    let taken = try line.take(1)
    let counts = line.counts
    #expect(taken == [[2]] && counts.packets + counts.wrongSource == 1)
    let hadTo = try line.rejoin()
    right.send([3])
    let later = try line.take(1)
    #expect(!hadTo && later == [[3]])
  }

  @Test func whatFindsNoRoomIsCountedExactly() throws {
    let address = LineAddress.random()
    var line = try line(address) { $0.bufferBytes = 32_768 }
    let sender = TestSender(to: address, interface: loopback)
    var expected: UInt64 = 0
    for round in 1...3 as ClosedRange<UInt64> {
      for _ in 0..<1_000 { sender.send([UInt8](repeating: 1, count: 200)) }
      expected = 1_000 * round
      while line.counts.packets + line.counts.droppedByKernel < expected {
        _ = try line.receive()
        // No datagram follows the last of these drops: only asking shows them.
        line.readDrops()
      }
    }
    let counts = line.counts
    #expect(counts.packets + counts.droppedByKernel == expected)
    #expect(counts.droppedByKernel > 1_000 && counts.packets > 10)
  }

  /// Not the first after a look that found nothing: that one comes without a header.
  @Test func aLaterBatchTellsOfDropsByItself() throws {
    let address = LineAddress.random()
    var line = try line(address) { $0.bufferBytes = 32_768 }
    let sender = TestSender(to: address, interface: loopback)
    for _ in 0..<500 { sender.send([1]) }
    var packets: UInt64 = 0
    repeat { packets = line.counts.packets } while try line.receive() > 0 || packets == 0
    for datagram: [UInt8] in [[2], [3]] { sender.send(datagram) }
    let last = try line.take(2)
    let counts = line.counts
    #expect(last == [[2], [3]] && counts.packets + counts.droppedByKernel == 502)
  }

  @Test func theKernelsStampLiesBetweenSendingAndReceiving() throws {
    let address = LineAddress.random()
    var line = try line(address) { $0.stampsByKernel = true }
    let sender = TestSender(to: address, interface: loopback)
    for number in 0..<20 as Range<UInt8> {
      let before = Self.realtime_ns
      sender.send([number])
      let isThere = line.waitForData(timeout_ns: 1_000_000_000)
      let count = try line.receive()
      let after = Self.realtime_ns
      #expect(isThere && count == 1)
      guard count == 1 else { return }
      let stamp = line.datagram(0).kernelTime_ns
      #expect((before...after).contains(stamp), "\(before) \(stamp) \(after)")
    }
  }

  @Test func withoutStampsTheTimeIsZero() throws {
    let address = LineAddress.random()
    var line = try line(address)
    TestSender(to: address, interface: loopback).send([1])
    let isThere = line.waitForData(timeout_ns: 1_000_000_000)
    let count = try line.receive()
    try #require(isThere && count == 1)
    let time_ns = line.datagram(0).kernelTime_ns
    #expect(time_ns == 0)
  }

  @Test func waitingForTwoLinesEndsWithEitherOne() throws {
    let first = LineAddress.random()
    let a = try line(first)
    var b = try line(LineAddress(group: first.group ^ 1, port: first.port))
    let nothing = waitForData(on: a.descriptor, b.descriptor, timeout_ns: 1_000)
    #expect(!nothing)
    TestSender(to: b.address, interface: loopback).send([1])
    let something = waitForData(on: a.descriptor, b.descriptor, timeout_ns: 10_000_000_000)
    let taken = try b.take(1)
    #expect(something && taken == [[1]])
  }

  private static var realtime_ns: UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
