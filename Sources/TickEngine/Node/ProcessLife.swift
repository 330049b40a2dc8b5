import CLinux
import Glibc

/// What a role's process asks of the kernel before it touches anything: where its memory lies, how
/// it is scheduled, and whether it outlives the process that started it.
struct ProcessLife {
  /// How long a role that shares cores may run in real time without waiting, µs.
  private static let busyMax_us = 2_000_000

  /// What the operator should know: what was asked for and could not be had.
  let notes: [String]
  /// Where its memory is to lie.
  let placement: Placement

  /// To be called on the first thread, before it starts any other.
  ///
  /// - Throws: `PlacementError`, if memory is to be on a node and cannot be.
  static func begin(_ options: RoleOptions) throws -> ProcessLife {
    if options.endsWithParent { _ = clinux_end_with_parent() }
    // The role's own thread is pinned, and no other: what this one does must not disturb it.
    let node = options.node ?? CorePlan.node(of: options.core)
    let placement = try Placement.apply(core: nil, node: node, memory: options.memory)
    var notes = placement.notes
    if options.locksMemory {
      let code = clinux_lock_memory()
      if code != 0 { notes.append("memory is not locked (\(text(code))): raise RLIMIT_MEMLOCK") }
    }
    if let priority = options.realtimePriority {
      // What spins on a core of its own never waits; what shares cores and does not is stuck.
      let busy_us = options.waiting == .spin ? 0 : ProcessLife.busyMax_us
      let code = clinux_realtime(Int32(clamping: priority), busy_us)
      if code != 0 {
        notes.append("no real-time priority \(priority) (\(text(code))): raise RLIMIT_RTPRIO")
      }
    }
    return ProcessLife(notes: notes, placement: placement)
  }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(-code)) }
}
