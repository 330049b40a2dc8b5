import Glibc
import TickWire

/// A UDP socket that never blocks, for requests and their answers. Every pointer that goes to the
/// kernel here is to a local or to checked bytes, for the length of the call.
struct RequestSocket: ~Copyable {
  /// Who asked, and how long the datagram was, as far as it was taken.
  struct Asker {
    fileprivate let name: sockaddr_in
    let byteCount: Int
  }

  /// Where it is bound, with the port that it got.
  let address: UdpEndpoint
  private let descriptor: Int32

  init(_ wanted: UdpEndpoint) throws(RequestServerError) {
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let opened = Glibc.socket(AF_INET, kind, 0)
    guard opened >= 0 else { throw .system(call: "socket", errno: errno) }
    do throws(RequestServerError) {
      address = try Self.bind(opened, wanted)
    } catch {
      _ = Glibc.close(opened)
      throw error
    }
    descriptor = opened
  }

  deinit { _ = Glibc.close(descriptor) }

  private static func bind(
    _ descriptor: Int32, _ wanted: UdpEndpoint
  ) throws(RequestServerError) -> UdpEndpoint {
    // A multicast address binds, and then answers nobody who asks in person.
    guard !wanted.isIPv6, wanted.address >> 28 < 0xE else { throw .badAddress(wanted.text) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = wanted.port.bigEndian
    name.sin_addr.s_addr = wanted.address.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, size)
      }
    }
    guard bound == 0 else { throw bindError(errno, wanted) }
    let told = unsafe withUnsafeMutablePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    guard told == 0 else { throw .system(call: "getsockname", errno: errno) }
    return UdpEndpoint(address: wanted.address, port: UInt16(bigEndian: name.sin_port))
  }

  private static func bindError(_ code: Int32, _ wanted: UdpEndpoint) -> RequestServerError {
    switch code {
    case EADDRINUSE: .portBusy(wanted.text)
    case EADDRNOTAVAIL: .badAddress(wanted.text)
    case EACCES: .portForbidden(wanted.text)
    default: .system(call: "bind", errno: code)
    }
  }

  /// Takes one datagram, cut to `target`; nil if there is none.
  func receive(into target: MutableBytes) -> Asker? {
    var name = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let count = unsafe target.withUnsafeMutableBytes { raw in
      unsafe withUnsafeMutablePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe recvfrom(descriptor, raw.baseAddress, raw.count, 0, $0, &size)
        }
      }
    }
    return count >= 0 ? Asker(name: name, byteCount: count) : nil
  }

  /// Whether the kernel took the datagram.
  func send(_ datagram: Bytes, to asker: Asker) -> Bool {
    var name = asker.name
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let count = unsafe datagram.withUnsafeBytes { raw in
      unsafe withUnsafePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe sendto(
            descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL), $0, size)
        }
      }
    }
    return count == datagram.count
  }

  /// Waits until there is something to receive, or the time is over.
  func wait(timeout_ms: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe Glibc.poll(&entry, 1, timeout_ms) > 0
  }
}

extension UdpEndpoint {
  /// An IPv4 address and a port, as 127.0.0.1:5001; port 0 is any. nil if `text` is neither: host
  /// names are not looked up.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = LineAddress.address(parts[0]),
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(parts[1])
    else { return nil }
    self.init(address: address, port: port)
  }
}
