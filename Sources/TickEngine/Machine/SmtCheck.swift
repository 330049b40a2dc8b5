/// Whether two threads share a core's units and first caches.
enum SmtCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    switch files.line("/sys/devices/system/cpu/smt/active") {
    case "0": return [.ok("smt", "no core is shared by two threads")]
    case "1":
      return [
        .warning(
          "smt", "siblings share a core: \(siblings(files))",
          cost: "a busy sibling takes a third to half of a role's speed, and its caches",
          remedy: "echo off > /sys/devices/system/cpu/smt/control")
      ]
    default:
      return [
        .unknown(
          "smt", "the kernel does not say whether cores are shared by two threads",
          remedy: "lscpu --extended=CPU,CORE")
      ]
    }
  }

  private static func siblings(_ files: MachineFiles) -> String {
    let all = (files.onlineCores ?? []).compactMap { core in
      files.list("/sys/devices/system/cpu/cpu\(core)/topology/thread_siblings_list")
    }.filter { $0.count > 1 }
    let texts = Set(all.map { KernelList.text($0) })
    return texts.isEmpty ? "which ones, it does not say" : texts.sorted().joined(separator: " ")
  }
}
