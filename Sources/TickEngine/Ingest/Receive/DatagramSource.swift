import CLinux
import TickWire

/// One datagram of a batch.
@usableFromInline
struct ReceivedDatagram {
  /// Valid until the next receive.
  @usableFromInline let payload: Bytes
  /// When the kernel received it: CLOCK_REALTIME, ns; 0 if it does not stamp.
  @usableFromInline let kernelTime_ns: UInt64

  @inlinable
  init(payload: Bytes, kernelTime_ns: UInt64) {
    self.payload = payload
    self.kernelTime_ns = kernelTime_ns
  }
}

/// Where a line's datagrams come from: the seam for other ways to receive than plain sockets.
///
/// Thread safety: one thread at a time. `receive` and `datagram` neither allocate nor lock nor
/// wait; a fault of the network is counted, and what is thrown means that this source will never
/// receive again.
protocol DatagramSource: ~Copyable {
  /// Takes what is there now, at most a batch: how many datagrams can be asked for.
  mutating func receive() throws(ReceiveError) -> Int

  /// Datagram `index` of the last receive, from 0.
  func datagram(_ index: Int) -> ReceivedDatagram

  var counts: ReceiveCounts { get }

  /// Brings `counts.droppedByKernel` up to date. For an idle line, and at the end: without it a
  /// drop shows when later datagrams come. A system call.
  mutating func readDrops()

  /// Joins again if the kernel no longer listens for the line's group; otherwise does nothing. An
  /// interface that goes down and up keeps its groups, and is silent meanwhile without any error;
  /// one that is removed and made anew has lost them. Never on the hot path.
  /// - Returns: whether it had to.
  mutating func rejoin() throws(ReceiveError) -> Bool

  /// For poll(2).
  var descriptor: Int32 { get }
}

extension DatagramSource where Self: ~Copyable {
  /// Waits until there is something to receive, at most `timeout_ns`: for an ingester that shares
  /// its core. False: nothing yet.
  mutating func waitForData(timeout_ns: UInt64) -> Bool {
    clinux_wait_readable(descriptor, -1, -1, timeout_ns) != 0
  }
}

/// Waits until one of up to three sources has something to receive, at most `timeout_ns`; -1 stands
/// for no source. False: nothing yet.
func waitForData(
  on first: Int32, _ second: Int32, _ third: Int32 = -1, timeout_ns: UInt64
) -> Bool {
  clinux_wait_readable(first, second, third, timeout_ns) != 0
}
