import CBare
import Foundation
import Synchronization

/// Threads that compute and never wait, some on each core, at ordinary priority: what a pipeline
/// may have beside it that shares its cores.
final class ComputingThreads: Sendable {
  private let isOver = Atomic<Bool>(false)

  init(cores: Range<Int>, each: Int) {
    for core in cores {
      for _ in 0..<each {
        Thread.detachNewThread {
          bare_pin(Int32(core))
          while !self.isOver.load(ordering: .relaxed) {}
        }
      }
    }
  }

  func end() { isOver.store(true, ordering: .relaxed) }
}
