/// The NUMA nodes, their distances, and whether the kernel moves pages between them.
enum NumaCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    let topology = NumaTopology(files)
    guard !topology.nodes.isEmpty else {
      return [
        .unknown(
          "numa", "the kernel tells no nodes: it was built without NUMA, or hides it",
          remedy: "numactl --hardware")
      ]
    }
    return [nodes(files, topology), balancing(files, topology)]
  }

  private static func nodes(_ files: MachineFiles, _ topology: NumaTopology) -> MachineFinding {
    let texts = topology.nodes.map { node in
      let cores = node.cores.isEmpty ? "no cores" : "cores \(KernelList.text(node.cores))"
      let free = node.free_bytes.map { "\($0 >> 20) MiB free" } ?? "memory unknown"
      return "node \(node.number): \(cores), \(free)"
        + (topology.nodes.count > 1 ? ", distances \(text(node.distances))" : "")
    }
    let what = texts.joined(separator: "; ")
    let isKnown = topology.nodes.allSatisfy { node in
      // A node may have no cores, but then it says so.
      let cores = files.list("/sys/devices/system/node/node\(node.number)/cpulist")
      return cores != nil && node.free_bytes != nil
        && node.distances.count == topology.nodes.count
    }
    guard isKnown else {
      return .unknown("numa", "not all is told: \(what)", remedy: "numactl --hardware")
    }
    return .ok("numa", what)
  }

  private static func text(_ distances: [Int]) -> String {
    distances.map { "\($0)" }.joined(separator: " ")
  }

  private static func balancing(
    _ files: MachineFiles, _ topology: NumaTopology
  ) -> MachineFinding {
    guard topology.nodes.count > 1 else {
      return .ok("numa balancing", "nothing to balance: one node")
    }
    switch files.number("/proc/sys/kernel/numa_balancing") {
    case 0: return .ok("numa balancing", "off")
    case let mode? where mode > 0:
      return .warning(
        "numa balancing", "on: the kernel unmaps pages to see who touches them",
        cost: "faults of 1 to 10 us on memory that lies right already",
        remedy: "sysctl -w kernel.numa_balancing=0")
    default:
      return .unknown(
        "numa balancing", "the kernel does not say whether it moves pages between nodes",
        remedy: "sysctl kernel.numa_balancing")
    }
  }
}
