import Glibc
import Testing

/// What a service manager hears on its NOTIFY_SOCKET.
final class NoticeSocket {
  private let descriptor: Int32
  private var notices = ""

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    try #require(code == 0, "\(path)")
  }

  deinit { close(descriptor) }

  /// Whether that line has come so far.
  func heard(_ line: String) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count <= 0 { break }
      notices += String(decoding: bytes[..<count], as: UTF8.self) + "\n"
    }
    return notices.split(separator: "\n").contains { $0 == line }
  }
}
