import Glibc
import TickWire

/// One TCP socket that never blocks: bytes out, bytes in. Dropping it closes it. Every pointer that
/// goes to the kernel is to a local or to checked bytes, for the length of the call.
///
/// Hot path: `send` and `receive` are one system call each and never wait.
/// Thread safety: one thread at a time.
struct TcpSocket: ~Copyable {
  /// What came of one send or receive.
  enum Outcome: Equatable {
    case moved(Int)
    /// Nothing can be moved just now.
    case wouldBlock
    /// The peer has closed.
    case closed
    /// The connection is broken, by this `errno`.
    case failed(Int32)
  }

  static let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

  let descriptor: Int32

  /// Takes over a descriptor.
  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Options only tune; a kernel without one still works.
  func set(_ level: Int32, _ option: Int32, to value: Int32 = 1) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  func send(_ bytes: Bytes) -> Outcome {
    let count = unsafe bytes.withUnsafeBytes { raw in
      unsafe Glibc.send(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
    }
    return outcome(count)
  }

  func receive(into target: MutableBytes) -> Outcome {
    let count = unsafe target.withUnsafeMutableBytes { raw in
      unsafe recv(descriptor, raw.baseAddress, raw.count, 0)
    }
    return count == 0 ? .closed : outcome(count)
  }

  /// Bytes that the kernel holds and has not sent (`SIOCOUTQNSD`); 0 if it does not say.
  var unsent: Int {
    var count: Int32 = 0
    return unsafe ioctl(descriptor, 0x894B, &count) == 0 ? Int(count) : 0
  }

  /// Breaks off: what is queued is discarded, and the peer sees a reset.
  func abort() {
    var none = sockaddr()
    none.sa_family = sa_family_t(AF_UNSPEC)
    _ = unsafe connect(descriptor, &none, socklen_t(MemoryLayout<sockaddr>.size))
  }

  /// No more will be sent; the peer sees the end after all that was.
  func finish() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  private func outcome(_ count: Int) -> Outcome {
    if count >= 0 { return .moved(count) }
    let code = errno
    return code == EAGAIN || code == EINTR ? .wouldBlock : .failed(code)
  }
}
