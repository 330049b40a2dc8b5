import Glibc

/// Why a process, or memory of it, is not where it should be, and what to do about it.
public enum PlacementError: Error, Equatable, CustomStringConvertible {
  case coreAbsent(core: Int, online: [Int])
  /// The kernel refuses the core (`errno`).
  case coreRefused(core: Int, code: Int32)
  case nodeAbsent(node: Int, nodes: [Int])
  case coreElsewhere(core: Int, node: Int, of: Int)
  /// The node cannot give that much, bytes.
  case memoryShort(node: Int, free_bytes: UInt64, needed_bytes: UInt64)
  /// The kernel has no NUMA, or forbids to ask for it (`errno`).
  case refused(node: Int, code: Int32)
  /// Pages of this process lie elsewhere, or could not be moved.
  case misplaced(pages: UInt64, of: UInt64, node: Int, other: Int?)

  public var description: String {
    switch self {
    case .coreAbsent(let core, let online):
      "core \(core) is not there, or not in this process's cpuset: choose one of"
        + " \(KernelList.text(online)), or widen the cpuset"
    case .coreRefused(let core, let code):
      "core \(core) is refused (\(PlacementError.text(code))): choose another, or widen the cpuset"
    case .nodeAbsent(let node, let nodes):
      "this machine has no NUMA node \(node) with memory: choose one of"
        + " \(KernelList.text(nodes)), or leave the node out"
    case .coreElsewhere(let core, let node, let of):
      "core \(core) is of node \(of), not of node \(node): choose a core of that node"
        + " (/sys/devices/system/node/node\(node)/cpulist), or the node of that core"
    case .memoryShort(let node, let free, let needed):
      "node \(node) has \(free / 1_048_576) MiB free and \(needed / 1_048_576) MiB are needed: free"
        + " memory there, choose another node, or make the rings smaller"
    case .refused(let node, let code):
      "the kernel does not bind memory to node \(node) (\(PlacementError.text(code))): it has no"
        + " NUMA, or a sandbox forbids it; leave the node out, or do not bind memory"
    case .misplaced(let pages, let of, let node, let other):
      "\(pages) of \(of) pages are not on node \(node)"
        + (other.map { " but, for one, on node \($0)" } ?? "")
        + ": free memory there and start anew, or do not require the binding"
    }
  }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
