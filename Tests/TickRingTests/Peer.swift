import Foundation

/// Another process at a ring: `Tests/Conformance/peer.c`, compiled once and killed at the end.
final class Peer {
  private let process = Process()
  /// What it said: "ready SEQUENCE" or "error CODE PID".
  let answer: String
  var pid: Int32 { process.processIdentifier }

  /// Waits until the peer has done its work and said so.
  init(_ directory: String, _ name: String, _ work: String, _ count: Int) throws {
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: try Peer.program.get())
    process.arguments = [directory, name, work, String(count)]
    process.standardOutput = pipe
    try process.run()
    let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    answer = line.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// kill -9, and waits until it is gone.
  func kill() {
    guard process.isRunning else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit { kill() }

  private static let program = Result { try compile() }

  private static func compile() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let output = "\(NSTemporaryDirectory())/tickway-peer-\(getpid())"
    let compiler = Process()
    let ring = "\(root)/CShims/CTickRing"
    let sources = try FileManager.default.contentsOfDirectory(atPath: ring)
      .filter { $0.hasSuffix(".c") }.map { "\(ring)/\($0)" }
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      [
        "cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-I", "\(ring)/include", "-o", output,
        "\(root)/Tests/Conformance/peer.c",
      ] + sources
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    atexit { unlink("\(NSTemporaryDirectory())/tickway-peer-\(getpid())") }
    return output
  }
}
