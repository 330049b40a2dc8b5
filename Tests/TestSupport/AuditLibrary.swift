import Foundation

/// The allocation audit, built for a test: the preload library and programs to run under it.
package struct AuditLibrary {
  package struct Failure: Error, CustomStringConvertible { package let description: String }

  /// The package's root.
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whether the tools that it takes are there; clang comes with Swift.
  package static let canBuild = ["clang", "swiftc"].allSatisfy { tool in
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
    }
  }

  /// Holds all that is built; whoever built it removes it.
  package let folder: URL
  package var library: URL { folder.appending(path: "libtickwayaudit.so") }

  package init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "tickway-audit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = Self.root.appending(path: "Tests/AllocationAudit/audit.c").path
    try Self.run([
      "clang", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
      "-o", library.path, source, "-ldl",
    ])
  }

  package func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The probe program, with the very source that hot threads use.
  package func buildProbe() throws -> URL {
    let probe = folder.appending(path: "probe")
    try Self.run([
      "swiftc", "-O", "-parse-as-library", "-swift-version", "6", "-o", probe.path,
      Self.root.appending(path: "Tests/AllocationAudit/probe.swift").path,
      Self.root.appending(path: "Sources/TickEngine/Support/AllocationAudit.swift").path,
    ])
    return probe
  }

  /// Runs a program, under the audit if `audited`; its standard output, and error if `merged`.
  @discardableResult
  package func run(
    _ arguments: [String], audited: Bool = true, merged: Bool = false
  ) throws -> String {
    let preload = audited ? ["LD_PRELOAD": library.path] : [:]
    return try Self.run(arguments, environment: preload, merged: merged)
  }

  @discardableResult
  private static func run(
    _ arguments: [String], environment: [String: String] = [:], merged: Bool = false
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = environment.map { "\($0.key)=\($0.value)" } + arguments
    let output = Pipe()
    process.standardOutput = output
    if merged { process.standardError = output }
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(arguments) ended with \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
