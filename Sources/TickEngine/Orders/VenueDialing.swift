import Glibc

/// Connects to a venue by its name, within a time limit over all that this takes.
enum VenueDialing {
  /// The longest that one of several addresses is given.
  private static let address_ns: UInt64 = 2_000_000_000

  /// Tries each address of the host in turn until `deadline` (CLOCK_MONOTONIC, ns).
  static func connect(
    host: String, port: UInt16, until deadline: UInt64
  ) throws(SessionError) -> TcpSocket {
    let venue = "\(host):\(port)"
    let lookup = HostLookup(host, port)
    try lookup.run(venue, until: deadline)
    var reason = "no address"
    var next = unsafe lookup.list
    while let address = unsafe next {
      let socket = TcpSocket(
        descriptor: unsafe Glibc.socket(address.pointee.ai_family, TcpSocket.kind, 0))
      let code = unsafe establish(socket, address.pointee, until: deadline)
      if code == 0 { return socket }
      reason = unsafe String(cString: strerror(code))
      unsafe next = address.pointee.ai_next
    }
    throw .unreachable(venue, reason: reason)
  }

  /// Returns 0 or an errno.
  private static func establish(
    _ socket: borrowing TcpSocket, _ address: addrinfo, until deadline: UInt64
  ) -> Int32 {
    guard socket.descriptor >= 0 else { return errno }
    let now = MonotonicClock.now
    guard now < deadline else { return ETIMEDOUT }
    // Orders are small and must not wait for one another.
    socket.set(Int32(IPPROTO_TCP), TCP_NODELAY)
    // A peer that is gone is seen by each of three means: bytes that are not acknowledged, probes
    // where there are none, and silence in place of heartbeats (`VenueSession.keepAlive`).
    socket.set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, to: 5_000)
    socket.set(SOL_SOCKET, SO_KEEPALIVE)
    socket.set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: 1)
    socket.set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: 1)
    socket.set(Int32(IPPROTO_TCP), TCP_KEEPCNT, to: 3)
    if unsafe Glibc.connect(socket.descriptor, address.ai_addr, address.ai_addrlen) == 0 {
      return 0
    }
    guard errno == EINPROGRESS else { return errno }
    var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
    let timeout_ms = Int32(min(deadline - now, address_ns) / 1_000_000)
    guard unsafe poll(&waiting, 1, timeout_ms) == 1 else { return ETIMEDOUT }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    unsafe getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return code
  }
}

/// Asks the resolver, on a thread of its own, since nothing bounds the time that it takes. Given
/// up, the thread goes on alone until the resolver lets go of it.
@safe
private final class HostLookup: RunningThread, @unchecked Sendable {
  private let host: String
  private let port: UInt16
  /// The thread's until it is over.
  private var code: Int32 = 0
  private(set) var list: UnsafeMutablePointer<addrinfo>?

  init(_ host: String, _ port: UInt16) {
    self.host = host
    self.port = port
  }

  deinit { unsafe list.map { unsafe freeaddrinfo($0) } }

  override var name: String { "the look-up of \(host)" }

  override func body() { look(flags: 0) }

  private func look(flags: Int32) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = flags
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    code = unsafe getaddrinfo(host, String(port), &hints, &list)
  }

  func run(_ venue: String, until deadline: UInt64) throws(SessionError) {
    // What is an address already needs neither resolver nor thread.
    look(flags: AI_NUMERICHOST)
    guard code != 0 else { return }
    do throws(ThreadFailure) { try start() } catch {
      throw .unreachable(venue, reason: error.description)
    }
    while !isOver {
      guard MonotonicClock.now < deadline else {
        abandon()
        throw .unreachable(venue, reason: "its name is not resolved in time")
      }
      usleep(200)
    }
    join()
    guard code == 0 else { throw .unknownHost(venue) }
  }
}
