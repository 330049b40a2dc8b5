import Foundation
import Glibc
import Synchronization
import Testing

@testable import TickEngine

/// A venue that only counts: the numbers that a stand-in sends, in order.
final class CountingVenue: @unchecked Sendable {
  private let listener: Int32
  let port: UInt16
  private var connection: Int32 = -1
  /// Whole numbers received; all were in order.
  private(set) var count: UInt64 = 0
  private(set) var isInOrder = true
  private var rest: [UInt8] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) | listen(listener, 8) | getsockname(listener, $0, &size)
      }
    }
    try #require(code == 0)
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit {
    close(listener)
    if connection >= 0 { close(connection) }
  }

  func acceptOne() { connection = accept(listener, nil, nil) }

  /// Whether anybody else has connected.
  var hasAnother: Bool {
    var wait = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, 0) == 1
  }

  /// Reads until `numbers` are there; true unless the connection ended before.
  func read(atLeast numbers: UInt64) -> Bool {
    while count < numbers { if !take() { return false } }
    return true
  }

  /// Reads to the end of the connection.
  func readToTheEnd() { while take() {} }

  private func take() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let length = recv(connection, &bytes, bytes.count, 0)
    guard length > 0 else { return false }
    rest += bytes[..<length]
    let whole = rest.count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      let number = rest[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      count += 1
      if number != count { isInOrder = false }
    }
    rest.removeFirst(whole)
    return true
  }
}

/// A stand-in for a sender: a process of its own, armed, connected, sending. Killed with its owner.
final class StandIn {
  let process = Process()
  let venue: CountingVenue
  let killSwitch: KillSwitch
  let scratch: Scratch

  static let path: String = {
    let test = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return test.deletingLastPathComponent().appending(path: "gate-stand-in").path
  }()

  init(_ kind: String = "spin", deadMan: Double? = nil) throws {
    scratch = try Scratch()
    venue = try CountingVenue()
    killSwitch = try KillSwitch(
      "prod", ringDirectory: scratch.path, state: StateDirectory(path: scratch.file("state")))
    _ = try killSwitch.arm(who: "anna", reason: "test", deadManSeconds: deadMan)
    process.executableURL = URL(filePath: Self.path)
    process.arguments = [scratch.path, scratch.file("state"), "prod", "\(venue.port)", kind]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if kind == "idle" {
      try #require(eventually { killSwitch.status().told?.told_ns ?? 0 > 0 })
    } else {
      venue.acceptOne()
    }
  }

  deinit {
    if process.isRunning { kill(pid, SIGKILL) }
    process.waitUntilExit()
  }

  var pid: Int32 { process.processIdentifier }
  /// Numbers handed to the kernel, as told last; 0 while it is telling, or was stopped there.
  var sent: UInt64 { killSwitch.status().told?.openOrders ?? 0 }
  /// Sends that failed, as told last.
  var failed: UInt64 { killSwitch.status().told?.inDoubt ?? 0 }

  func freeze() throws {
    kill(pid, SIGSTOP)
    try #require(eventually { killSwitch.status().senderLife == .stopped })
  }

  func thaw() { kill(pid, SIGCONT) }

  /// Whether `condition` comes true within a minute.
  func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Date().addingTimeInterval(60)
    while !condition() {
      if Date() > deadline || !process.isRunning { return condition() }
      usleep(500)
    }
    return true
  }

  /// A kill that waits for long, so that a busy machine is no stopped sender.
  func killPatiently() -> KillOutcome {
    killSwitch.kill(who: "bert", reason: "test", patience_ns: 30_000_000_000)
  }

  func kill(_ pid: Int32, _ number: Int32) { _ = Glibc.kill(pid, number) }
}
