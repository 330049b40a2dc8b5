/// Whether there are cores enough, and whether the scheduler and its tick leave some alone.
enum CoreCheck {
  /// From here on each role of one worker's line has a core, and the system one.
  static let coresMin = 4

  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    guard let online = files.onlineCores, !online.isEmpty else {
      return [.unknown("cores", "the kernel does not list its cores", remedy: "lscpu")]
    }
    return [count(online), allowed(files, online), isolation(files, online)]
      + [tick(files)].compactMap { $0 }
  }

  private static func count(_ online: [Int]) -> MachineFinding {
    guard online.count < coresMin else {
      return .ok("cores", "\(online.count) online: \(KernelList.text(online))")
    }
    return .warning(
      "cores",
      "\(online.count) online; ingester, worker, sender and the system want \(coresMin), a venue of"
        + " one's own one more",
      cost: "roles share cores: they yield and sleep instead of spinning, and tails are"
        + " milliseconds",
      remedy: "use a machine with more cores, or fewer --workers")
  }

  private static func allowed(_ files: MachineFiles, _ online: [Int]) -> MachineFinding {
    guard let text = files.field("Cpus_allowed_list", in: "/proc/self/status"),
      let allowed = KernelList.numbers(in: text)
    else {
      return .unknown(
        "cpuset", "the kernel does not say which cores this process may use",
        remedy: "taskset -cp $$")
    }
    return .ok(
      "cpuset",
      allowed == online
        ? "this process may use all cores"
        : "this process may use cores \(KernelList.text(allowed))")
  }

  /// nil if neither the file nor a list is there; an empty list where none is isolated.
  static func isolated(_ files: MachineFiles) -> [Int]? {
    files.list("/sys/devices/system/cpu/isolated")
  }

  private static func isolation(_ files: MachineFiles, _ online: [Int]) -> MachineFinding {
    guard let isolated = isolated(files) else {
      return .unknown(
        "isolated cores", "the kernel does not say whether cores are isolated",
        remedy: "cat /proc/cmdline")
    }
    guard isolated.isEmpty else {
      return .ok("isolated cores", KernelList.text(isolated))
    }
    return .warning(
      "isolated cores", "none: the scheduler may put anything beside a spinning role",
      cost: "hiccups of 10 us to 10 ms, whenever something else wakes",
      remedy: bootCommand(for: KernelList.text(candidates(online))))
  }

  /// All but the first, or of many but the first two: those are the system's.
  private static func candidates(_ online: [Int]) -> [Int] {
    Array(online.dropFirst(online.count > coresMin + 1 ? 2 : 1))
  }

  private static func bootCommand(for cores: String) -> String {
    guard !cores.isEmpty else { return "none with one core; use a machine with more" }
    return "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&isolcpus=managed_irq,domain,\(cores)"
      + " nohz_full=\(cores) rcu_nocbs=\(cores) /' /etc/default/grub && update-grub && reboot"
  }

  /// Only of isolated cores: on others the tick is the least of troubles.
  private static func tick(_ files: MachineFiles) -> MachineFinding? {
    guard let isolated = isolated(files), !isolated.isEmpty else { return nil }
    let text = files.line("/sys/devices/system/cpu/nohz_full")
    // A kernel that was built without it has no file, one that was booted without it says (null).
    let quiet = Set(text.flatMap { KernelList.numbers(in: $0) } ?? [])
    let ticking = isolated.filter { !quiet.contains($0) }
    guard !ticking.isEmpty else {
      return .ok("timer tick", "stops on cores \(KernelList.text(isolated))")
    }
    return .warning(
      "timer tick", "goes on on the isolated cores \(KernelList.text(ticking))",
      cost: "a hiccup of some microseconds, 100 to 1000 times a second",
      remedy: bootCommand(for: KernelList.text(ticking)))
  }
}
