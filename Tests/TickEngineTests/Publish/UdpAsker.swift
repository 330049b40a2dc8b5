import Glibc
import Testing
import TickWire

@testable import TickEngine

/// A client of a request server: a UDP socket on loopback that waits for answers.
final class UdpAsker {
  private let descriptor: Int32
  private var server: sockaddr_in

  init(asking address: UdpEndpoint) {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    server = sockaddr_in()
    server.sin_family = sa_family_t(AF_INET)
    server.sin_port = address.port.bigEndian
    server.sin_addr.s_addr = address.address.bigEndian
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let sent = withUnsafePointer(to: &server) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, 0, $0, size)
      }
    }
    #expect(sent == bytes.count)
  }

  func ask(_ session: MoldUdp64Session, _ first: UInt64, _ count: Int) {
    var bytes = [UInt8](repeating: 0, count: MoldUdp64Request.byteCount)
    bytes.withUnsafeMutableBytes { raw in
      _ = MoldUdp64Request(session: session, firstSequence: first, messageCount: count)
        .encode(into: MutableBytes(raw.baseAddress!, count: raw.count))
    }
    send(bytes)
  }

  /// The next answer, or nil if none comes in time.
  func answer(timeout_ms: Int32 = 0) -> [UInt8]? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, timeout_ms) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count >= 0 ? Array(buffer[..<count]) : nil
  }
}
