import CLinux
import Glibc
import TickWire

/// One line of a feed, received from a UDP socket in batches: plain sockets, so that it runs
/// anywhere, and so that what replaces the kernel's stack from outside replaces it here.
///
/// ```swift
/// var line = try UdpLine(LineAddress("239.1.2.3:5000")!, ReceiveOptions(interface: "eth0"))
/// for index in 0..<(try line.receive()) {
///   line.withDatagram(index) { bytes, _ in … }
/// }
/// ```
///
/// The socket is bound to the group itself, so that lines A and B on one port do not mix.
///
/// Hot path: `receive`, `datagram`, `withDatagram`.
/// - Thread: one at a time; no other core reads or writes what this writes.
/// - Cost: one `recvmmsg` for a batch, or `recv` of the first after a look that found nothing, and
///   some ns a datagram; no allocation, no lock, no waiting.
/// - Failure: what the network does (interface down, no room, foreign or broken datagrams) is
///   counted; only a socket that can never receive again throws.
/// - Ownership: of the socket and the datagrams' memory; dropping it closes and leaves.
@safe
public struct UdpLine: ~Copyable, DatagramSource, @unchecked Sendable {
  // Sendable: nobody else has this pointer.
  @usableFromInline let line: UnsafeMutablePointer<clinux_line>
  private let interface: String?
  /// How many datagrams the last receive brought.
  @usableFromInline private(set) var available = 0

  public let address: LineAddress
  /// The interface that the group was joined on; nil if nothing was joined.
  public private(set) var interfaceName: String?
  /// Receive buffer that was asked for and granted, both as SO_RCVBUF takes them.
  public let bufferBytes: Int
  public let grantedBufferBytes: Int

  /// - Throws: that there is no such interface, that the group cannot be joined, that the port is
  ///   another's, or what else a socket may lack.
  public init(_ address: LineAddress, _ options: ReceiveOptions) throws(ReceiveError) {
    precondition((1...1_024).contains(options.batch), "the batch is out of range")
    precondition(
      (1...65_535).contains(options.datagramBytes_max), "the longest datagram is out of range")
    precondition(
      (1...Int(Int32.max) / 2).contains(options.bufferBytes), "the buffer is out of range")
    let interface = try Self.interface(options.interface, for: address)
    var raw = clinux_line_options()
    raw.address = address.group
    raw.source = address.source ?? 0
    raw.port = address.port
    raw.batch = UInt16(options.batch)
    raw.interface = interface?.index ?? 0
    raw.buffer_bytes = UInt32(options.bufferBytes)
    raw.datagram_bytes_max = UInt32(options.datagramBytes_max)
    raw.stamps = options.stampsByKernel ? 1 : 0
    let opened = unsafe try Self.open(raw, address, interface?.name ?? "")
    unsafe line = opened
    self.interface = options.interface
    self.address = address
    interfaceName = interface?.name
    bufferBytes = options.bufferBytes
    grantedBufferBytes = unsafe Int(opened.pointee.buffer_bytes_granted)
  }

  deinit { unsafe clinux_line_close(line) }

  private static func interface(
    _ text: String?, for address: LineAddress
  ) throws(ReceiveError) -> NetworkInterface? {
    guard address.isMulticast else { return nil }
    if let text { return try NetworkInterface(text) }
    return try NetworkInterface(toward: address)
  }

  private static func open(
    _ options: clinux_line_options, _ address: LineAddress, _ interface: String
  ) throws(ReceiveError) -> UnsafeMutablePointer<clinux_line> {
    var options = options
    var opened: UnsafeMutablePointer<clinux_line>?
    var step = CLINUX_LINE_MEMORY
    let code = unsafe -clinux_line_open(&options, &opened, &step)
    if let opened = unsafe opened { return unsafe opened }
    switch step {
    case CLINUX_LINE_JOIN: throw .groupNotJoined(address, interface: interface, code: code)
    case CLINUX_LINE_BIND where code == EADDRINUSE: throw .portBusy(address)
    case CLINUX_LINE_BIND where code == EADDRNOTAVAIL: throw .neitherGroupNorOwn(address)
    case CLINUX_LINE_BIND where code == EACCES: throw .portForbidden(address)
    case CLINUX_LINE_BIND: throw .system(call: "bind", code: code)
    case CLINUX_LINE_OPTION: throw .system(call: "setsockopt", code: code)
    case CLINUX_LINE_MEMORY:
      throw .noMemory(bytes: Int(options.batch) * Int(options.datagram_bytes_max))
    default: throw .system(call: "socket", code: code)
    }
  }

  public mutating func receive() throws(ReceiveError) -> Int {
    let result = unsafe clinux_line_receive(line)
    available = Int(max(0, result))
    if result < 0 { throw .system(call: "recvmmsg", code: -result) }
    return available
  }

  @inlinable @inline(__always)
  func datagram(_ index: Int) -> ReceivedDatagram {
    precondition(index >= 0 && index < available, "no such datagram in the batch")
    // The line's memory lives as long as the line, and has `available` datagrams.
    let datagram = unsafe clinux_line_datagram(line, UInt32(index)).pointee
    return unsafe ReceivedDatagram(
      payload: Bytes(datagram.bytes, count: Int(datagram.length)),
      kernelTime_ns: datagram.kernel_ns)
  }

  /// Calls `body` with datagram `index` of the last receive, from 0, and the time at which the
  /// kernel received it: CLOCK_REALTIME, ns; 0 if it does not stamp.
  @inlinable
  public func withDatagram<R>(_ index: Int, _ body: (RawSpan, UInt64) throws -> R) rethrows -> R {
    let datagram = datagram(index)
    // Safe: the view ends with the call.
    return try unsafe datagram.payload.withUnsafeBytes { bytes in
      try body(unsafe bytes.bytes, datagram.kernelTime_ns)
    }
  }

  public var counts: ReceiveCounts {
    let raw = unsafe line.pointee.counts
    var counts = ReceiveCounts()
    counts.packets = raw.packets
    counts.bytes = raw.bytes
    counts.tooLong = raw.too_long
    counts.empty = raw.empty
    counts.wrongSource = raw.wrong_source
    counts.droppedByKernel = raw.dropped
    counts.batches = raw.batches
    counts.networkErrors = raw.errors
    counts.lastNetworkError = unsafe line.pointee.last_error
    return counts
  }

  public mutating func readDrops() { unsafe clinux_line_read_drops(line) }

  public mutating func rejoin() throws(ReceiveError) -> Bool {
    guard let found = try Self.interface(interface, for: address) else { return false }
    let isSame = unsafe line.pointee.interface == found.index
    if isSame, unsafe clinux_line_is_joined(line, found.index) != 0 { return false }
    let code = unsafe -clinux_line_join(line, found.index)
    guard code == 0 else { throw .groupNotJoined(address, interface: found.name, code: code) }
    interfaceName = found.name
    return true
  }

  /// Whether the interface is up and connected: what to tell of a line that went silent. True if
  /// nothing was joined. System calls; not for the hot path.
  public var isInterfaceUp: Bool {
    let index = unsafe line.pointee.interface
    return index == 0 || clinux_interface_is_up(index) == 1
  }

  /// The port that the line has, also where the kernel chose it.
  public var port: UInt16 { unsafe line.pointee.port }

  var descriptor: Int32 { unsafe line.pointee.descriptor }

  /// What to say of a receive buffer that is smaller than asked for; nil if it is not.
  public var bufferNote: String? {
    guard grantedBufferBytes < bufferBytes else { return nil }
    return "the receive buffer of \(address) has \(grantedBufferBytes) bytes, not \(bufferBytes):"
      + " raise net.core.rmem_max (sysctl -w net.core.rmem_max=\(bufferBytes)), or bursts are lost"
  }
}
