import Glibc
import TickWire

/// A TCP socket that never blocks. Closed with the object. Every pointer that goes to the kernel
/// here is to a local or to checked bytes, for the length of the call.
final class VenueSocket {
  let descriptor: Int32

  /// What came of one send or receive.
  enum Outcome: Equatable {
    case moved(Int)
    /// Nothing now; ask again when poll says so.
    case wouldBlock
    /// The peer has closed, or the connection is broken.
    case closed
  }

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { _ = Glibc.close(descriptor) }

  /// A listening socket and the port that it got.
  static func listen(
    address: String, port: UInt16
  ) throws(VenueError) -> (socket: VenueSocket, port: UInt16) {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard unsafe inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
      throw .badAddress(address)
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = VenueSocket(descriptor: Glibc.socket(AF_INET, kind, 0))
    guard socket.descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
    // A port whose last owner has just gone is free; one that somebody listens on is not.
    socket.set(SOL_SOCKET, SO_REUSEADDR)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(socket.descriptor, $0, size)
      }
    }
    guard bound == 0 else { throw bindError(errno, address, port) }
    guard Glibc.listen(socket.descriptor, 64) == 0 else { throw bindError(errno, address, port) }
    return (socket, try socket.boundPort())
  }

  private static func bindError(_ code: Int32, _ address: String, _ port: UInt16) -> VenueError {
    switch code {
    case EADDRINUSE: .portBusy(address: address, port: port)
    case EADDRNOTAVAIL: .badAddress(address)
    case EACCES: .portForbidden(port: port)
    default: .system(call: "bind", errno: code)
    }
  }

  private func boundPort() throws(VenueError) -> UInt16 {
    var name = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    guard result == 0 else { throw .system(call: "getsockname", errno: errno) }
    return UInt16(bigEndian: name.sin_port)
  }

  private func set(_ level: Int32, _ option: Int32, to value: Int32 = 1) {
    var value = value
    // Options only tune; a kernel without one still works.
    _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next connection; nil if there is none (or it is gone already).
  func accept() -> VenueSocket? {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { return nil }
    let socket = VenueSocket(descriptor: accepted)
    // The importer does not see accept4, which would do these two at once.
    _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    socket.set(Int32(IPPROTO_TCP), TCP_NODELAY)
    return socket
  }

  func receive(into target: MutableBytes) -> Outcome {
    let count = unsafe target.bytes.withUnsafeBytes { raw in
      // The memory is writable: `target` says so, and only lends its address as bytes.
      unsafe recv(descriptor, UnsafeMutableRawPointer(mutating: raw.baseAddress!), raw.count, 0)
    }
    if count > 0 { return .moved(count) }
    return count == 0 ? .closed : outcomeOfError()
  }

  func send(_ bytes: Bytes) -> Outcome {
    let count = unsafe bytes.withUnsafeBytes { raw in
      unsafe Glibc.send(
        descriptor, raw.baseAddress!, raw.count, Int32(MSG_NOSIGNAL))
    }
    return count >= 0 ? .moved(count) : outcomeOfError()
  }

  private func outcomeOfError() -> Outcome {
    errno == EAGAIN || errno == EINTR ? .wouldBlock : .closed
  }

  /// No more will be sent; the peer sees the end after all that was.
  func finish() { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }
}
