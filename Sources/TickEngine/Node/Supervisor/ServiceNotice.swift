import CLinux
import Foundation

/// What a process tells whoever started it: systemd, or the supervisor. Silent where nobody asked.
///
/// - Thread safety: any thread; each call is a datagram.
public struct ServiceNotice: Sendable {
  private let address: String?
  /// How often `alive` is to be said, ns; nil: nobody waits for it.
  public let watchdog_ns: UInt64?

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    address = environment["NOTIFY_SOCKET"]
    let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    let limit_us = isMeant ? environment["WATCHDOG_USEC"].flatMap { UInt64($0) } : nil
    // Twice within the limit, as systemd asks for.
    watchdog_ns = limit_us.flatMap { $0 > 0 && $0 < UInt64.max / 1000 ? $0 * 500 : nil }
  }

  /// - Parameter port: where a venue listens.
  public func ready(_ status: String? = nil, port: UInt16? = nil) {
    let place = port.map { "\nX_TICKWAY_PORT=\($0)" } ?? ""
    send("READY=1" + place, status)
  }
  public func stopping(_ status: String? = nil) { send("STOPPING=1", status) }
  public func alive() { send("WATCHDOG=1", nil) }
  public func status(_ text: String) { send(nil, text) }

  private func send(_ state: String?, _ status: String?) {
    guard let address else { return }
    let lines = [state, status.map { "STATUS=\($0)" }].compactMap { $0 }
    // A notice that cannot be sent is nothing to fail for.
    _ = unsafe clinux_notify_send(address, lines.joined(separator: "\n"))
  }
}
