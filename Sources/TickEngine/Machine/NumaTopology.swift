/// The machine's NUMA nodes, as the kernel tells them in `/sys/devices/system/node`: which cores
/// and how much memory each has, and how far they are from each other.
public struct NumaTopology: Equatable, Sendable {
  public struct Node: Equatable, Sendable {
    public let number: Int
    /// Ascending; a node can have memory and no core.
    public let cores: [Int]
    /// nil: the kernel does not say.
    public let memory_bytes: UInt64?
    /// What it can give without swapping: free, and file pages that can be dropped.
    public let free_bytes: UInt64?
    /// Its relative distances (10: itself), in the order of the nodes online; empty: not told.
    public let distances: [Int]

    public init(
      number: Int, cores: [Int], memory_bytes: UInt64? = nil, free_bytes: UInt64? = nil,
      distances: [Int] = []
    ) {
      self.number = number
      self.cores = cores
      self.memory_bytes = memory_bytes
      self.free_bytes = free_bytes
      self.distances = distances
    }
  }

  /// Ascending by number; empty where the kernel does not say, as without NUMA.
  public let nodes: [Node]

  public init(nodes: [Node]) { self.nodes = nodes.sorted { $0.number < $1.number } }

  /// Looks at the machine, or at files below `root`.
  public static func current(root: String = "") -> NumaTopology {
    NumaTopology(MachineFiles(root: root))
  }

  init(_ files: MachineFiles) {
    let place = "/sys/devices/system/node"
    nodes = (files.list("\(place)/online") ?? []).map { number in
      let node = "\(place)/node\(number)"
      let memory = MemoryLines(files.lines("\(node)/meminfo") ?? [])
      let distances = files.line("\(node)/distance")?.split(separator: " ").map { Int($0) } ?? []
      return Node(
        number: number, cores: files.list("\(node)/cpulist") ?? [],
        memory_bytes: memory.bytes("MemTotal"), free_bytes: memory.available_bytes,
        distances: distances.contains(nil) ? [] : distances.compactMap { $0 })
    }
  }

  /// Whether all memory is known to be that of one node.
  var isOneNode: Bool { nodes.count == 1 && nodes[0].memory_bytes ?? 0 > 0 }

  public subscript(number: Int) -> Node? { nodes.first { $0.number == number } }

  /// The node of a core; nil if it cannot be told.
  public func node(ofCore core: Int) -> Int? { nodes.first { $0.cores.contains(core) }?.number }

  /// The node that memory of whoever runs on `core` should come from: nil where there is nothing to
  /// choose, or it cannot be told.
  public func node(forMemoryOf core: Int?) -> Int? {
    nodes.count > 1 ? core.flatMap { node(ofCore: $0) } : nil
  }

  /// Relative: 10 is a node's own memory. nil if the kernel does not say.
  public func distance(from node: Int, to other: Int) -> Int? {
    guard let place = nodes.firstIndex(where: { $0.number == other }),
      let distances = self[node]?.distances, distances.count == nodes.count
    else { return nil }
    return distances[place]
  }
}

/// A node's `meminfo`: lines such as `Node 0 MemFree:  123 kB`.
private struct MemoryLines {
  private var amounts: [String: UInt64] = [:]

  init(_ lines: [Substring]) {
    for line in lines {
      let words = line.split(separator: " ")
      guard words.count >= 4, words[0] == "Node", words[2].hasSuffix(":"),
        let kilobytes = UInt64(words[3]), kilobytes < 1 << 50
      else { continue }
      amounts[String(words[2].dropLast())] = kilobytes * 1024
    }
  }

  func bytes(_ name: String) -> UInt64? { amounts[name] }

  var available_bytes: UInt64? {
    bytes("MemFree").map { free in
      free + (bytes("Active(file)") ?? 0) + (bytes("Inactive(file)") ?? 0)
    }
  }
}
