import Foundation
import Glibc
import TickEngine

/// `tickway replay` itself as the sender that is killed while it trades, at an instant drawn at
/// random: one that runs, and one that is stopped, and is cut off from outside.
struct KillProcess {
  private static let instance = "bench"
  private let command: String
  private let folder: URL
  private var random = SeededRandom(seed: 1)

  /// - Parameter folder: on a disk; there already.
  init(command: String, folder: String) throws {
    self.command = command
    self.folder = URL(fileURLWithPath: folder)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    _ = try SynthCapture.write(SynthOptions(messages: 200_000), to: capture)
  }

  private var capture: String { folder.appendingPathComponent("day.pcap").path }

  /// ns from the first instruction of the kill until the reset of a stopped one was verified.
  mutating func cut() throws -> Double {
    try trade { process, killSwitch in
      try KillProcess.stop(process, killSwitch)
      let outcome = killSwitch.kill(who: "bench", reason: "bench")
      guard case .cutOff = outcome.sender, outcome.isConfirmed else {
        throw BenchError("a stopped sender was not cut off: \(outcome.sender)")
      }
      return Double(outcome.sender_ns)
    }
  }

  /// The same until one that runs has refused: by its own reading of the clock, as it had found the
  /// gate shut and what is to be cancelled.
  mutating func refuse() throws -> Double {
    try trade { _, killSwitch in
      let patience_ns: UInt64 = 2_000_000_000
      let outcome = killSwitch.kill(who: "bench", reason: "bench", patience_ns: patience_ns)
      guard outcome.sender == .acknowledged, let refused_ns = outcome.acknowledged_ns else {
        throw BenchError("a sender that runs did not see the gate shut: \(outcome.sender)")
      }
      return Double(refused_ns)
    }
  }

  /// Starts it, and calls `body` while it trades.
  private mutating func trade(_ body: (Process, KillSwitch) throws -> Double) throws -> Double {
    let rings = "/dev/shm/tickway-bench-kill-\(getpid())-sender"
    let state = StateDirectory(path: folder.appendingPathComponent("state").path)
    defer {
      try? FileManager.default.removeItem(atPath: rings)
      try? FileManager.default.removeItem(atPath: state.path)
    }
    try FileManager.default.createDirectory(atPath: rings, withIntermediateDirectories: true)
    _ = try state.arm(
      KillProcess.instance, from: state.standing(of: KillProcess.instance), who: "bench",
      reason: "bench", deadManSeconds: nil, time_ns: 1)
    let process = try start(rings, state)
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let killSwitch = try KillSwitch(KillProcess.instance, ringDirectory: rings, state: state)
    try waitUntilTrading(process, killSwitch)
    return try body(process, killSwitch)
  }

  private func start(_ rings: String, _ state: StateDirectory) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = [
      "replay", capture, "--strategy", "market-maker", "--pace", "20x", "--instance",
      KillProcess.instance, "--ring-dir", rings, "--state-dir", state.path,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private mutating func waitUntilTrading(_ process: Process, _ killSwitch: KillSwitch) throws {
    let deadline = MonotonicClock.now + 20_000_000_000
    while killSwitch.status().told?.openOrders ?? 0 == 0 {
      guard process.isRunning, MonotonicClock.now < deadline else {
        throw BenchError("\(command) replay does not trade")
      }
      usleep(1_000)
    }
    usleep(UInt32(random.within(0...200_000)))
  }

  private static func stop(_ process: Process, _ killSwitch: KillSwitch) throws {
    kill(process.processIdentifier, SIGSTOP)
    while killSwitch.status().senderLife != .stopped {
      guard process.isRunning else { throw BenchError("the replay ended too soon") }
      usleep(100)
    }
  }
}
