import Glibc

@testable import TickEngine

/// Sends datagrams as a venue would: through a named interface, from a named address.
final class TestSender {
  private let descriptor: Int32
  private var target = sockaddr_in()

  /// `from`: the sender's address; 0 leaves it to the route.
  init(to line: LineAddress, port: UInt16? = nil, interface: Int32, from: UInt32 = 0x7F00_0001) {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    precondition(descriptor >= 0)
    var request = ip_mreqn()
    request.imr_ifindex = interface
    let size = socklen_t(MemoryLayout<ip_mreqn>.size)
    precondition(setsockopt(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request, size) == 0)
    var own = Self.name(from, 0)
    let bound = Self.withName(&own) { bind(descriptor, $0, $1) }
    precondition(bound == 0, "cannot bind to \(LineAddress.text(from))")
    target = Self.name(line.group, port ?? line.port)
  }

  deinit { close(descriptor) }

  /// 0, or the errno.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int32 {
    let sent = Self.withName(&target) { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
    return sent == bytes.count ? 0 : errno
  }

  private static func name(_ address: UInt32, _ port: UInt16) -> sockaddr_in {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = address.bigEndian
    return name
  }

  private static func withName<R>(
    _ name: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

extension LineAddress {
  /// A group and port that no other test uses, with luck.
  static func random(source: UInt32? = nil) -> LineAddress {
    // 239/8 is for use within a site; 232/8 for source-specific joins.
    let prefix: UInt32 = source == nil ? 239 : 232
    return LineAddress(
      group: prefix << 24 | UInt32.random(in: 0x1_0000...0xFF_FFFF),
      port: UInt16.random(in: 20_000...32_000), source: source)
  }
}

extension UdpLine {
  /// Receives until `count` more packets are there, or nothing has come for a second; a datagram
  /// on loopback is usually there when `send` returns, but nothing promises it.
  mutating func take(_ count: Int) throws -> [[UInt8]] {
    var all: [[UInt8]] = []
    while all.count < count {
      guard waitForData(timeout_ns: 1_000_000_000) else { break }
      for index in 0..<(try receive()) {
        all.append(withDatagram(index) { bytes, _ in bytes.withUnsafeBytes { Array($0) } })
      }
    }
    return all
  }
}
