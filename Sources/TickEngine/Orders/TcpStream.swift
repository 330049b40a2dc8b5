import Glibc
import TickWire

/// One non-blocking TCP connection: bytes out, bytes in. The only socket calls of the order path.
///
/// Hot path: `send` and `receive` are one system call each and never wait.
/// Thread: the sender's. Dropping it closes the connection.
struct TcpStream: ~Copyable {
  enum Outcome: Equatable {
    case moved(Int)
    /// Nothing can be moved just now.
    case wouldBlock
    case closed
    case failed(Int32)
  }

  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Connects within `timeout_ms`, trying each address of the host in turn.
  static func connect(
    host: String, port: UInt16, timeout_ms: Int32
  ) throws(SessionError) -> TcpStream {
    let venue = "\(host):\(port)"
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else {
      throw .unknownHost(venue)
    }
    defer { unsafe freeaddrinfo(list) }
    var reason = "no address"
    var next = unsafe list
    while let address = unsafe next {
      let descriptor = unsafe socket(
        address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
      if descriptor >= 0 {
        let code = unsafe establish(descriptor, address.pointee, timeout_ms)
        if code == 0 { return TcpStream(descriptor: descriptor) }
        close(descriptor)
        reason = unsafe String(cString: strerror(code))
      }
      unsafe next = address.pointee.ai_next
    }
    throw .unreachable(venue, reason: reason)
  }

  /// Returns 0 or an errno.
  private static func establish(
    _ descriptor: Int32, _ address: addrinfo, _ timeout_ms: Int32
  ) -> Int32 {
    var on: Int32 = 1
    // Orders are small and must not wait for one another.
    let size = socklen_t(MemoryLayout<Int32>.size)
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
    var unacknowledged_ms: Int32 = 5_000
    unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &unacknowledged_ms, size)
    if unsafe Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return 0 }
    guard errno == EINPROGRESS else { return errno }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&waiting, 1, timeout_ms) == 1 else { return ETIMEDOUT }
    var code: Int32 = 0
    var length = size
    unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return code
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

  private func outcome(_ count: Int) -> Outcome {
    if count >= 0 { return .moved(count) }
    let code = errno
    return code == EAGAIN || code == EINTR ? .wouldBlock : .failed(code)
  }
}
