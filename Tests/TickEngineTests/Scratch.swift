import Foundation
import Synchronization
import TickRing

@testable import TickEngine

private let scratchCount = Atomic<Int>(0)

/// A fresh directory for regions and files, gone with its owner.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let number = scratchCount.add(1, ordering: .relaxed).newValue
    path = "/dev/shm/tickway-engine-tests-\(getpid())-\(number)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }
}
