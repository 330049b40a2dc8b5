/// What this user's processes may take: of `/proc/self/limits`.
enum LimitCheck {
  /// The bits of `CapEff` that set limits aside (capabilities(7)).
  private static let lockMemory: UInt64 = 1 << 14
  private static let setPriority: UInt64 = 1 << 23

  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    guard let lines = files.lines("/proc/self/limits") else {
      return [
        .unknown("limits", "the kernel does not tell this process's limits", remedy: "ulimit -a")
      ]
    }
    let limits = Limits(lines)
    let rights = files.field("CapEff", in: "/proc/self/status").flatMap { UInt64($0, radix: 16) }
    return [
      lockedMemory(limits, (rights ?? 0) & lockMemory != 0),
      priority(limits, (rights ?? 0) & setPriority != 0),
      openFiles(limits),
    ]
  }

  private static func lockedMemory(_ limits: Limits, _ isSetAside: Bool) -> MachineFinding {
    let needed: UInt64 = 512 << 20
    if isSetAside { return .ok("locked memory", "as much as there is, by CAP_IPC_LOCK") }
    guard let bytes = limits["Max locked memory"] else { return unknown("locked memory", "-l") }
    guard bytes < needed else {
      return .ok("locked memory", bytes == .max ? "unlimited" : "\(bytes >> 20) MiB")
    }
    return .warning(
      "locked memory", "\(bytes >> 10) KiB at most, and a role takes up to \(needed >> 20) MiB",
      cost: "memory cannot be locked: a page that is taken away comes back in 10 us to 10 ms",
      remedy: "ulimit -l unlimited (systemd: LimitMEMLOCK=infinity)")
  }

  private static func priority(_ limits: Limits, _ isSetAside: Bool) -> MachineFinding {
    if isSetAside { return .ok("real-time priority", "any, by CAP_SYS_NICE") }
    guard let most = limits["Max realtime priority"] else {
      return unknown("real-time priority", "-r")
    }
    guard most == 0 else { return .ok("real-time priority", "up to \(min(most, 99))") }
    return .warning(
      "real-time priority", "none is allowed",
      cost: "on cores that are not isolated, whatever wakes may run before a role",
      remedy: "ulimit -r 50 (systemd: LimitRTPRIO=50)")
  }

  private static func openFiles(_ limits: Limits) -> MachineFinding {
    guard let most = limits["Max open files"] else { return unknown("open files", "-n") }
    // Each role holds each of its regions, its lines and its files open.
    if most < 64 {
      return .unsafe(
        "open files", "\(most) at most", cost: "roles do not start for want of descriptors",
        remedy: "ulimit -n 4096 (systemd: LimitNOFILE=4096)")
    }
    guard most < 1024 else { return .ok("open files", most == .max ? "unlimited" : "\(most)") }
    return .warning(
      "open files", "\(most) at most", cost: "many workers or sessions find no descriptor",
      remedy: "ulimit -n 4096 (systemd: LimitNOFILE=4096)")
  }

  private static func unknown(_ subject: String, _ option: String) -> MachineFinding {
    .unknown(subject, "the kernel does not tell this limit", remedy: "ulimit \(option)")
  }
}

/// Soft limits by name, as proc_pid_limits(5) tells them.
struct Limits {
  private let lines: [Substring]

  init(_ lines: [Substring]) { self.lines = lines }

  /// `UInt64.max`: unlimited; nil: not told.
  subscript(name: String) -> UInt64? {
    guard let line = lines.first(where: { $0.hasPrefix(name) }),
      let soft = line.dropFirst(name.count).split(separator: " ").first
    else { return nil }
    return soft == "unlimited" ? .max : UInt64(soft)
  }
}
