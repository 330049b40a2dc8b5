/// Huge pages: those that the kernel makes by itself, and those that are reserved.
enum PageCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    [transparent(files), reserved(files)]
  }

  private static func transparent(_ files: MachineFiles) -> MachineFinding {
    let path = "/sys/kernel/mm/transparent_hugepage/enabled"
    guard let choice = files.choice(path) else {
      return .unknown(
        "transparent huge pages", "the kernel does not say whether it makes them",
        remedy: "cat \(path)")
    }
    guard choice == "always" else { return .ok("transparent huge pages", choice) }
    return .warning(
      "transparent huge pages", "always: the kernel puts pages together by itself",
      cost: "while it copies 2 MiB, the role that touches them stands still for 0.1 to 1 ms",
      remedy: "echo madvise > \(path)")
  }

  private static func reserved(_ files: MachineFiles) -> MachineFinding {
    let nodes = files.list("/sys/devices/system/node/online") ?? []
    var parts: [String] = []
    var (all, free) = (0, 0)
    for node in nodes {
      let place = "/sys/devices/system/node/node\(node)/hugepages"
      for size in files.numbers(ofSizesIn: place) {
        let entry = "\(place)/hugepages-\(size)kB"
        guard let count = files.number("\(entry)/nr_hugepages"),
          let unused = files.number("\(entry)/free_hugepages"), count >= 0, unused >= 0
        else { return unknown }
        all += min(count, 1 << 40)
        free += min(unused, 1 << 40)
        parts.append("node \(node): \(unused) of \(count) free of \(size) KiB")
      }
    }
    guard !parts.isEmpty else { return unknown }
    guard all > 0 else {
      return .ok("huge pages", "none reserved; only regions that are made with them need any")
    }
    guard free == 0 else { return .ok("huge pages", parts.joined(separator: ", ")) }
    return .warning(
      "huge pages", "all \(all) reserved ones are in use",
      cost: "a region that is to have them is refused",
      remedy: "sysctl -w vm.nr_hugepages=\(all * 2)")
  }

  private static var unknown: MachineFinding {
    .unknown(
      "huge pages", "the kernel does not tell each node's huge pages",
      remedy: "grep Huge /proc/meminfo")
  }
}

extension MachineFiles {
  /// The sizes of huge pages that a directory has entries for, KiB.
  fileprivate func numbers(ofSizesIn place: String) -> [Int] {
    (names(in: place) ?? []).compactMap { name in
      guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
      return Int(name.dropFirst("hugepages-".count).dropLast(2))
    }
  }
}
