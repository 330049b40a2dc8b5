import Glibc
import TickWire

/// Asks a MoldUDP64 request server for what is missing; its answers come in like a line's packets.
///
/// Thread: the ingester. One small datagram a request, never waited for: unanswered is asked again.
struct RecoveryClient: ~Copyable {
  private var socket: UdpLine
  private let request = Slab(count: MoldUdp64Request.byteCount, repeating: UInt8(0))
  /// Requests that the network did not take.
  private(set) var unsent: UInt64 = 0

  init(_ server: LineAddress, _ options: ReceiveOptions) throws(ReceiveError) {
    var receive = options
    receive.stampsByKernel = false
    receive.interface = nil
    // Any address and port of this machine; the answers are the server's alone.
    let opened = try UdpLine(LineAddress(group: 0, port: 0), receive)
    try RecoveryClient.connect(opened.descriptor, to: server)
    socket = opened
  }

  /// The kernel lets nobody else's datagrams in after that.
  private static func connect(
    _ descriptor: Int32, to server: LineAddress
  ) throws(ReceiveError) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    address.sin_addr.s_addr = server.group.bigEndian
    // The address is ours for the call.
    let code = unsafe withUnsafeBytes(of: address) { raw in
      unsafe Glibc.connect(
        descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self),
        socklen_t(raw.count))
    }
    guard code == 0 else { throw .system(call: "connect", code: errno) }
  }

  var descriptor: Int32 { socket.descriptor }
  var counts: ReceiveCounts { socket.counts }

  mutating func receive() throws(ReceiveError) -> Int { try socket.receive() }

  func datagram(_ index: Int) -> ReceivedDatagram { socket.datagram(index) }

  mutating func ask(for range: MissingRange) {
    let session = MoldUdp64Session(range.session)
    let wanted = MoldUdp64Request(
      session: session, firstSequence: range.first,
      messageCount: Int(min(range.count, UInt64(UInt16.max))))
    // Safe: the bytes are this value's own, and the call does not keep them.
    let length = wanted.encode(into: unsafe request.mutableBytes)
    let sent = unsafe request.mutableBytes.bytes.withUnsafeBytes { bytes in
      unsafe send(
        socket.descriptor, bytes.baseAddress, length,
        Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
    if sent != length { unsent += 1 }
  }
}

extension MoldUdp64Session {
  /// A session as the arbiter compares it, and back.
  init(_ word: UInt128) {
    self.init(high: UInt64(truncatingIfNeeded: word >> 16), low: UInt16(truncatingIfNeeded: word))
  }

  var word: UInt128 { UInt128(high) << 16 | UInt128(low) }
}

extension SequencedPacket {
  /// Where a MoldUDP64 datagram lies. It has neither channel nor sending time.
  @inline(__always)
  init(_ header: MoldUdp64Header) {
    self.init(
      stream: 0, session: header.session.word, first: header.firstSequence,
      count: UInt64(header.messageCount), sendTime: 0, endsSession: header.isEndOfSession)
  }
}
