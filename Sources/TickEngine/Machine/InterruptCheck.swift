/// Where the network cards' interrupts go, and who moves them.
enum InterruptCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    [cards(files), balance(files)]
  }

  /// The interrupts of network cards: by name of the interface, or by its device.
  private static func numbers(_ files: MachineFiles) -> [Int] {
    let interfaces = files.names(in: "/sys/class/net") ?? []
    var found = Set<Int>()
    for interface in interfaces {
      let list = files.names(in: "/sys/class/net/\(interface)/device/msi_irqs") ?? []
      found.formUnion(list.compactMap { Int($0) })
    }
    for number in files.numbers(of: "", in: "/proc/irq") ?? [] where !found.contains(number) {
      let actions = files.names(in: "/proc/irq/\(number)") ?? []
      let isCard = actions.contains { action in
        interfaces.contains { $0 != "lo" && (action == $0 || action.hasPrefix("\($0)-")) }
      }
      if isCard { found.insert(number) }
    }
    return found.sorted()
  }

  private static func cards(_ files: MachineFiles) -> MachineFinding {
    let numbers = numbers(files)
    let lists = numbers.map { files.list("/proc/irq/\($0)/smp_affinity_list") }
    guard !numbers.isEmpty, !lists.contains(nil) else {
      return .unknown(
        "interrupts", "which interrupts are the network cards', the kernel does not say",
        remedy: "cat /proc/interrupts")
    }
    let what = "network cards' \(KernelList.text(numbers))"
    guard let isolated = CoreCheck.isolated(files), !isolated.isEmpty else {
      return .warning(
        "interrupts", "\(what) may come to any role's core: none is isolated",
        cost: "a hiccup of 2 to 20 us for each burst of packets",
        remedy: "for i in \(words(numbers)); do echo 0 > /proc/irq/$i/smp_affinity_list; done")
    }
    let hit = numbers.indices.filter { index in
      !Set(lists[index] ?? []).isDisjoint(with: isolated)
    }.map { numbers[$0] }
    guard !hit.isEmpty else { return .ok("interrupts", "\(what) stay off the isolated cores") }
    let others = (files.onlineCores ?? []).filter { !isolated.contains($0) }
    let free = others.isEmpty ? [0] : others
    return .warning(
      "interrupts", "network cards' \(KernelList.text(hit)) may come to isolated cores",
      cost: "a hiccup of 2 to 20 us for each burst of packets",
      remedy: "for i in \(words(hit)); do echo \(KernelList.text(free)) >"
        + " /proc/irq/$i/smp_affinity_list; done")
  }

  private static func words(_ numbers: [Int]) -> String {
    numbers.map { "\($0)" }.joined(separator: " ")
  }

  private static func balance(_ files: MachineFiles) -> MachineFinding {
    guard let processes = files.numbers(of: "", in: "/proc"), !processes.isEmpty else {
      return .unknown("irqbalance", "processes cannot be listed", remedy: "pgrep irqbalance")
    }
    guard processes.contains(where: { files.line("/proc/\($0)/comm") == "irqbalance" }) else {
      return .ok("irqbalance", "does not run")
    }
    return .warning(
      "irqbalance", "runs, and moves interrupts where it sees fit",
      cost: "interrupts come back to the cores that they were kept off",
      remedy: "systemctl disable --now irqbalance")
  }
}
