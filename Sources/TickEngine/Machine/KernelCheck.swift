/// The kernel's age, and whether another runs below it.
enum KernelCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    [version(files), virtualisation(files)]
  }

  private static func version(_ files: MachineFiles) -> MachineFinding {
    guard let release = files.line("/proc/sys/kernel/osrelease"),
      let version = number(of: release)
    else {
      return .unknown("kernel", "its version cannot be read", remedy: "uname -r")
    }
    // pidfd_getfd: how a kill cuts the connection of a sender that does not answer.
    if version < (5, 6) {
      return .unsafe(
        "kernel", release,
        cost: "a kill cannot cut the connection of a sender that hangs (Linux 5.6)",
        remedy: "run Linux 5.14 or newer")
    }
    // MADV_POPULATE_WRITE: pages before their first use.
    guard version < (5, 14) else { return .ok("kernel", release) }
    return .warning(
      "kernel", release,
      cost: "regions cannot be touched beforehand (Linux 5.14): each page's first use takes 16 us",
      remedy: "run Linux 5.14 or newer")
  }

  private static func number(of release: String) -> (Int, Int)? {
    let parts = release.split(separator: ".").prefix(2)
      .map { Int($0.prefix { $0.isASCII && $0.isNumber }) }
    guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
    return (major, minor)
  }

  private static func virtualisation(_ files: MachineFiles) -> MachineFinding {
    let vendor = files.line("/sys/class/dmi/id/sys_vendor")
    let hypervisor = files.line("/sys/hypervisor/type")
    let flags = files.field("flags", in: "/proc/cpuinfo")?.split(separator: " ")
    if flags?.contains("hypervisor") == true || hypervisor != nil {
      let by = (hypervisor ?? vendor).map { " (\($0))" } ?? ""
      return .warning(
        "virtual machine", "yes\(by)",
        cost: "the host takes cores away, 10 us to 100 ms at a time, and nothing in here shows it",
        remedy:
          "ask the host for dedicated, pinned cores; tickway doctor --jitter 10 shows the rest")
    }
    guard flags != nil else {
      return .unknown(
        "virtual machine", "the processor does not say whether a host is below",
        remedy: "systemd-detect-virt")
    }
    return .ok("virtual machine", "no")
  }
}
