import Glibc
import Testing

/// A plain UDP socket that has joined a group on loopback, as any other program would; or, with an
/// address of this machine, one that can be answered.
final class UdpReceiver {
  private let descriptor: Int32
  let port: UInt16
  let group: String

  /// A port that nobody has. Groups are of 239.255.0.0/16, for use within a site (RFC 2365).
  init(group: String) throws {
    self.group = group
    let opened = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    try #require(opened >= 0)
    descriptor = opened
    var size: Int32 = 4 << 20
    setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &size, 4)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    try #require(inet_pton(AF_INET, group, &name.sin_addr) == 1)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(opened, $0, length) == 0 && getsockname(opened, $0, &length) == 0
      }
    }
    try #require(result)
    port = UInt16(bigEndian: name.sin_port)
    guard UInt32(bigEndian: name.sin_addr.s_addr) >> 28 == 0xE else { return }
    var wish = ip_mreq()
    wish.imr_multiaddr = name.sin_addr
    inet_pton(AF_INET, "127.0.0.1", &wish.imr_interface)
    let joined = setsockopt(
      opened, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &wish, socklen_t(MemoryLayout<ip_mreq>.size))
    try #require(joined == 0)
  }

  deinit { close(descriptor) }

  /// GROUP:PORT.
  var line: String { "\(group):\(port)" }

  /// Sends to a port of this machine.
  func send(_ bytes: [UInt8], toPort port: UInt16) {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    sendDatagram(bytes, from: descriptor, to: name)
  }

  /// All that has come. A small publication fits the socket's buffer whole, so that nothing is lost
  /// however late this is called.
  func drain() -> [[UInt8]] {
    var packets: [[UInt8]] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { return packets }
      packets.append(Array(buffer.prefix(count)))
    }
  }
}

/// Sends one datagram, whole.
func sendDatagram(_ bytes: [UInt8], from descriptor: Int32, to name: sockaddr_in) {
  let length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let sent = withUnsafePointer(to: name) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      sendto(descriptor, bytes, bytes.count, 0, $0, length)
    }
  }
  #expect(sent == bytes.count)
}
