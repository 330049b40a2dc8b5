import CBare
import Foundation
import Synchronization

/// Threads that compute and never wait, two on each core, at ordinary priority: what a pipeline has
/// beside it that shares its cores.
final class ComputingThreads: Sendable {
  static let eachCore = 2
  private let isOver = Atomic<Bool>(false)

  init(cores: Range<Int>) {
    for core in cores {
      for _ in 0..<ComputingThreads.eachCore {
        Thread.detachNewThread {
          bare_pin(Int32(core))
          while !self.isOver.load(ordering: .relaxed) {}
        }
      }
    }
  }

  func end() { isOver.store(true, ordering: .relaxed) }
}
