import Foundation
import Glibc
import Testing

/// A file of the kernel's, which has no size of its own; empty if there is none.
func kernelText(_ path: String) -> String {
  let data = FileHandle(forReadingAtPath: path).flatMap { try? $0.readToEnd() }
  return String(decoding: data ?? Data(), as: UTF8.self)
}

/// Stands between a sender and its venue, and knows what came through: each connection's bytes, and
/// how it ended. A thread of its own for each direction.
final class CountingRelay: @unchecked Sendable {
  /// What came from the sender.
  struct Seen: Equatable {
    var connections = 0
    var bytes = 0
    /// Connections that ended by a reset.
    var resets = 0
  }

  private let listener: Int32
  private let venuePort: UInt16
  let port: UInt16
  private let lock = NSLock()
  private var seen = Seen()
  private var isHeldUp = false
  private var isOver = false
  /// Connections of which something may still come out of this relay's own kernel.
  private var reading = 0

  /// - Parameter venuePort: on this host.
  init(venuePort: UInt16) throws {
    self.venuePort = venuePort
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    // Small, so that the sender's own buffer is the one that fills.
    var size: Int32 = 4_096
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    var address = CountingRelay.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (descriptor, code) = (
      listener,
      withUnsafeMutablePointer(to: &address) { [listener] pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, length) | listen(listener, 8) | getsockname(listener, $0, &length)
        }
      }
    )
    try #require(descriptor >= 0 && code == 0)
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in accept() }
  }

  deinit { close(listener) }

  func end() {
    change { $0.isOver = true }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  var now: Seen { change { $0.seen } }
  /// Whether each connection has been read to its end: what came before a cut is all counted.
  var isReadToTheEnd: Bool { change { $0.reading == 0 } }
  /// From now on the sender's bytes are read so slowly that they pile up in its kernel, though not
  /// so slowly that it takes the connection for dead; or as they come again.
  func holdUp(_ isHeldUp: Bool) { change { $0.isHeldUp = isHeldUp } }

  /// Bytes that the sender's kernel holds for this relay.
  var waiting: Int {
    let text = kernelText("/proc/net/tcp")
    let remote = ":" + String(format: "%04X", Int(port))
    return text.split(separator: "\n").reduce(0) { sum, line in
      let fields = line.split(separator: " ")
      guard fields.count > 4, fields[2].hasSuffix(remote) else { return sum }
      return sum + (Int(fields[4].prefix { $0 != ":" }, radix: 16) ?? 0)
    }
  }

  @discardableResult
  private func change<T>(_ body: (CountingRelay) -> T) -> T { lock.withLock { body(self) } }

  private func accept() {
    while true {
      let sender = Glibc.accept(listener, nil, nil)
      guard sender >= 0 else { return }
      change { $0.seen.connections += 1 }
      guard let venue = connect() else {
        close(sender)
        continue
      }
      change { $0.reading += 1 }
      Thread.detachNewThread {
        self.pass(from: sender, to: venue, counts: true)
        self.change { $0.reading -= 1 }
      }
      Thread.detachNewThread { self.pass(from: venue, to: sender, counts: false) }
    }
  }

  private func connect() -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = CountingRelay.loopback(venuePort)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return code == 0 ? descriptor : nil
  }

  /// Until one end is gone. The sockets stay open: the other direction may be in them.
  private func pass(from source: Int32, to target: Int32, counts: Bool) {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while true {
      let isSlow = counts && change { $0.isHeldUp && !$0.isOver }
      if isSlow { usleep(100_000) }
      let count = recv(source, &bytes, isSlow ? 512 : bytes.count, 0)
      let code = errno
      if counts {
        change {
          if count > 0 { $0.seen.bytes += count }
          if count < 0, code == ECONNRESET { $0.seen.resets += 1 }
        }
      }
      guard count > 0 else { break }
      var sent = 0
      while sent < count {
        let moved = bytes.withUnsafeBytes {
          send(target, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
        }
        // The kernel tells of a reset once, whoever of the two threads comes first.
        if moved < 0, errno == ECONNRESET, !counts { change { $0.seen.resets += 1 } }
        guard moved > 0 else { return }
        sent += moved
      }
    }
    shutdown(target, Int32(SHUT_RDWR))
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
