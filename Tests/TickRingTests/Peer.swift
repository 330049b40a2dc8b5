import Foundation
import Synchronization

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

  private static let compiled = Mutex<[String]>([])
  private static let program = Result { try compile("Tests/Conformance/peer.c") }

  /// A program of the project's in C, built beside the ring's sources; gone with this process.
  static func compile(_ source: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let name = source.split(separator: "/").last ?? "peer"
    let output = "\(NSTemporaryDirectory())/tickway-\(name)-\(getpid())"
    let compiler = Process()
    let ring = "\(root)/CShims/CTickRing"
    let sources = try FileManager.default.contentsOfDirectory(atPath: ring)
      .filter { $0.hasSuffix(".c") }.map { "\(ring)/\($0)" }
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      [
        "cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-I", "\(ring)/include", "-o", output,
        "\(root)/\(source)",
      ] + sources
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    compiled.withLock { $0.append(output) }
    atexit { Peer.compiled.withLock { $0.forEach { unlink($0) } } }
    return output
  }
}
