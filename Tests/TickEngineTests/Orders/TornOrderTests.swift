import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// A sender on a venue that reads nothing, so that the kernel takes a part of what there is.
private final class TornBench: @unchecked Sendable {
  static let orderBytes = SoupBin.headerLength + Ouch50.EnterOrder.length
  private let venue: FakeVenue
  private let bench: SenderBench
  private(set) var orders = 0
  private var read = 0
  private let done = DispatchSemaphore(value: 0)

  init() throws {
    venue = try FakeVenue(.deaf)
    bench = try SenderBench(eventSlots: 1 << 14, orderSlots: 1 << 14, venuePort: venue.port)
  }

  var isTorn: Bool { bench.adjust { $0.session?.torn.isEmpty == false } }
  var isOrderTorn: Bool { bench.adjust { $0.session?.isOrderTorn == true } }
  var waiting: Int { bench.adjust { $0.handoverCount } }
  var unsent: Int { bench.adjust { $0.session?.unsent ?? 0 } }
  var isConnected: Bool { bench.adjust { $0.session != nil } }

  /// Room for so many bytes, or somewhat more, in the kernel.
  func shrink(to bytes: Int32) {
    var bytes = bytes
    let descriptor = bench.adjust { $0.session?.descriptor ?? -1 }
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
  }

  func order() {
    orders += 1
    var request = GateBench.order(100)
    request.quantity = 1
    request.order_id = 1 << 32 | UInt64(orders)
    precondition(bench.ask(request))
    bench.takeAndSend()
  }

  /// Also those for which a cancel was sent.
  func cancelAll() {
    bench.adjust {
      $0.book.wantCancels { _ in true }
      $0.book.cancelAgain()
      $0.sendCancels()
      _ = try? $0.turnLink()
    }
  }

  func kill() { bench.kill() }

  /// Fills the buffer, of which the kernel takes all but the last packet, and cuts it there.
  func cutWhenFull() {
    bench.adjust {
      while let target = $0.session?.writable {
        $0.session?.append(SoupBin.encode(.clientHeartbeat, into: target))
      }
      let last = ($0.session?.outEnd ?? 0) - SoupBin.headerLength
      $0.session?.outStart = last
      _ = $0.session?.cut()
    }
  }

  var hasRoom: Bool { bench.adjust { $0.session?.hasRoom == true } }

  /// The venue reads again, so many bytes or until the connection ends.
  func beginReading(atLeast bytes: Int) {
    Thread.detachNewThread { [self] in
      read = venue.readRest(atLeast: bytes)
      done.signal()
    }
  }

  /// Bytes that came, the sender going on meanwhile until nothing is left to be sent.
  func finishReading() -> Int {
    let end = MonotonicClock.now + 10_000_000_000
    var isRead = false
    while !isRead || unsent > 0, MonotonicClock.now < end {
      _ = bench.adjust { try? $0.turn(isRested: false) }
      if !isRead { isRead = done.wait(timeout: .now() + .microseconds(100)) == .success }
    }
    return read
  }

  /// Until all has left that was in the buffer, or the connection is gone.
  func finishSending() {
    let end = MonotonicClock.now + 10_000_000_000
    while unsent > 0, MonotonicClock.now < end {
      _ = bench.adjust { try? $0.turn(isRested: false) }
    }
  }
}

/// KS2: an order of which the kernel has taken a part when the switch trips.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TornOrderTests {
  /// The kernel takes whole pieces at times: then another size is tried.
  private func bench(
    _ tear: (TornBench, Int32) -> Void, until isMeant: (TornBench) -> Bool
  ) throws -> TornBench {
    for bytes: Int32 in stride(from: 20_000, to: 140_000, by: 3_700) {
      let bench = try TornBench()
      tear(bench, bytes)
      if isMeant(bench) { return bench }
    }
    return try #require(nil, "the kernel tears nothing")
  }

  /// Nothing waits behind the torn order, so that no part of the buffer says that there was one.
  private func tornOrder() throws -> TornBench {
    try bench { bench, bytes in
      bench.shrink(to: bytes)
      while bench.unsent == 0 { bench.order() }
    } until: {
      $0.isOrderTorn && $0.waiting == 0
    }
  }

  @Test func ks2AnOrderThatLeftInPartIsNotCompleted() throws {
    let bench = try tornOrder()
    let whole = bench.orders * TornBench.orderBytes
    bench.kill()
    bench.beginReading(atLeast: whole)
    let read = bench.finishReading()
    #expect(read < whole && !bench.isConnected)
  }

  /// Without a trip its rest leaves as soon as there is room.
  @Test func anOrderThatLeftInPartIsCompletedWithoutATrip() throws {
    let bench = try tornOrder()
    let whole = bench.orders * TornBench.orderBytes
    bench.beginReading(atLeast: whole)
    #expect(bench.finishReading() == whole && bench.isConnected && !bench.isTorn)
  }

  /// KS1: cancels may leave after a trip, and the stream has to go on where it stopped.
  @Test func ks1ACancelThatLeftInPartIsCompleted() throws {
    let bench = try bench { bench, bytes in
      // Many at once: a long write is cut where the room ends.
      while bench.orders < 1_000 { bench.order() }
      bench.shrink(to: 100_000 + bytes)
      while bench.unsent == 0 { bench.cancelAll() }
    } until: {
      $0.isTorn && !$0.isOrderTorn
    }
    bench.kill()
    bench.beginReading(atLeast: .max)
    bench.finishSending()
    #expect(bench.isConnected && bench.unsent == 0 && !bench.isTorn)
  }

  @Test func aFullBufferOfWhichNothingIsLeftHasRoomAgain() throws {
    let bench = try TornBench()
    bench.cutWhenFull()
    #expect(bench.hasRoom && bench.unsent == 0)
  }
}
