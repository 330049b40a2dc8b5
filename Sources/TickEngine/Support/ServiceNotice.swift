import Glibc

/// Tells whoever started this process how far it is, as systemd's services do: datagrams of
/// `KEY=value` lines to the socket that NOTIFY_SOCKET names (sd_notify(3)). Nobody listening, or an
/// unreachable socket, is no fault of this process.
///
/// Thread safety: any thread; off the hot path.
public enum ServiceNotice {
  /// Ready to do its work.
  /// - Returns: false if somebody was to be told so, and is gone.
  @discardableResult
  public static func ready(_ more: String = "") -> Bool { send("READY=1\n" + more) }
  /// Told to end, and doing so.
  public static func stopping() { send("STOPPING=1\n") }
  /// For a watchdog: to be said each `watchdog_ns`.
  public static func alive() { send("WATCHDOG=1\n") }

  /// Half of what the watchdog allows, ns; nil: nobody watches this process so.
  public static var watchdog_ns: UInt64? {
    func number(_ name: String) -> UInt64? {
      unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }
    let isMeant = number("WATCHDOG_PID").map { $0 == UInt64(getpid()) } ?? true
    guard isMeant, let limit_us = number("WATCHDOG_USEC"), limit_us > 0 else { return nil }
    return limit_us.multipliedReportingOverflow(by: 500).partialValue
  }

  /// One datagram to whoever supervises this process; nothing where nobody does.
  /// - Returns: false if the socket that is named is no longer there, or nobody's.
  @discardableResult
  public static func send(_ text: String) -> Bool {
    guard let path = unsafe getenv("NOTIFY_SOCKET").map({ unsafe String(cString: $0) }),
      var address = ServiceNotice.address(path)
    else { return true }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    guard socket >= 0 else { return true }
    defer { close(socket) }
    let bytes = Array(text.utf8)
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count + 1)
    let sent = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(
          socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0,
          path.hasPrefix("@") ? length - 1 : length)
      }
    }
    return sent >= 0 || (errno != ECONNREFUSED && errno != ENOENT)
  }

  /// A path, or with `@` in front a name in the abstract space, which begins with a zero byte.
  static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@"),
      bytes.count < MemoryLayout.size(ofValue: address.sun_path)
    else { return nil }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
      unsafe target.copyBytes(from: bytes)
      if bytes[0] == UInt8(ascii: "@") { unsafe target[0] = 0 }
    }
    return address
  }
}
