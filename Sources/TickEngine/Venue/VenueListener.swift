import Glibc
import TickWire

/// The port that the venue listens on. Dropping it frees the port.
struct VenueListener: ~Copyable {
  let port: UInt16
  private let socket: TcpSocket

  /// For poll.
  var descriptor: Int32 { socket.descriptor }

  /// - Parameter port: 0 takes any.
  init(address: String, port: UInt16) throws(VenueError) {
    let socket = try VenueListener.listen(address, port)
    self.port = try VenueListener.port(of: socket)
    self.socket = socket
  }

  private static func listen(
    _ address: String, _ port: UInt16
  ) throws(VenueError) -> TcpSocket {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard unsafe inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
      throw .badAddress(address)
    }
    let socket = TcpSocket(descriptor: Glibc.socket(AF_INET, TcpSocket.kind, 0))
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
    return socket
  }

  private static func bindError(_ code: Int32, _ address: String, _ port: UInt16) -> VenueError {
    switch code {
    case EADDRINUSE: .portBusy(address: address, port: port)
    case EADDRNOTAVAIL: .badAddress(address)
    case EACCES: .portForbidden(port: port)
    default: .system(call: "bind", errno: code)
    }
  }

  private static func port(of socket: borrowing TcpSocket) throws(VenueError) -> UInt16 {
    let descriptor = socket.descriptor
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

  /// The next connection; nil if there is none (or it is gone already). Throws where there is one
  /// and this process or machine has no descriptor or memory left for it: it stays in the queue.
  func accept() throws(VenueError) -> TcpSocket? {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else {
      let code = errno
      guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else { return nil }
      throw .system(call: "accept", errno: code)
    }
    let socket = TcpSocket(descriptor: accepted)
    // The importer does not see accept4, which would do these two at once.
    _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    socket.set(Int32(IPPROTO_TCP), TCP_NODELAY)
    return socket
  }
}
