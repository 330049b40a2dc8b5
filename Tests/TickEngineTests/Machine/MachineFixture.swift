import Foundation

@testable import TickEngine

/// A machine made of files: what `/proc` and `/sys` would say, in a directory of its own, gone with
/// its owner.
final class MachineFixture {
  let root: String

  init(_ files: [String: String]) throws {
    root =
      FileManager.default.temporaryDirectory
      .appending(path: "tickway-machine-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    for (path, text) in files { try set(path, text) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Writes a file; nil removes it.
  func set(_ path: String, _ text: String?) throws {
    let file = URL(filePath: "\(root)/\(path)")
    try? FileManager.default.removeItem(at: file)
    guard let text else { return }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }
}
