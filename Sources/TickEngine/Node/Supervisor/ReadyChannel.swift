import CLinux
import Glibc

/// What a role says of itself, in the words of sd_notify(3).
struct RoleNotice: Equatable {
  /// Whose it is: the kernel's word.
  var pid: Int32
  var isReady = false
  var isStopping = false
  var status: String?
  /// Where the venue listens.
  var port: UInt16?

  init(pid: Int32, _ text: String) {
    self.pid = pid
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = line[line.index(after: equals)...]
      switch line[..<equals] {
      case "READY": isReady = value == "1"
      case "STOPPING": isStopping = value == "1"
      case "STATUS": status = String(value)
      case "X_TICKWAY_PORT": port = UInt16(value)
      default: break
      }
    }
  }
}

/// The socket that roles say on that they are ready. Its name is the kernel's choice, and every
/// notice carries its sender's pid as the kernel knows it.
///
/// Thread safety: one thread.
final class ReadyChannel {
  let descriptor: Int32
  /// For NOTIFY_SOCKET.
  let address: String

  init() throws(SupervisorError) {
    var name = [CChar](repeating: 0, count: 64)
    descriptor = unsafe clinux_notify_open(&name, Int32(name.count))
    address = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0 else {
      throw .system(what: "no socket for the roles' readiness", code: -descriptor)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next notice; nil: there is none now.
  func next() -> RoleNotice? {
    var text = [CChar](repeating: 0, count: 4096)
    var pid: Int32 = 0
    let count = unsafe clinux_notify_receive(descriptor, &text, Int32(text.count), &pid)
    guard count >= 0 else { return nil }
    let bytes = text[..<Int(count)].map { UInt8(bitPattern: $0) }
    return RoleNotice(pid: pid, String(decoding: bytes, as: UTF8.self))
  }
}
