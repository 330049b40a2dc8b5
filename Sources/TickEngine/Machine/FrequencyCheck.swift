/// At which speed the cores run, and how deep they sleep.
enum FrequencyCheck {
  private static let cpus = "/sys/devices/system/cpu"
  /// A state from which a core is back later than this is worth forbidding, us.
  private static let latency_us_max = 2

  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    [governor(files), turbo(files), idle(files)]
  }

  private static func governor(_ files: MachineFiles) -> MachineFinding {
    let cores = files.onlineCores ?? []
    let governors = cores.map { files.line("\(cpus)/cpu\($0)/cpufreq/scaling_governor") }
    guard !governors.isEmpty, !governors.contains(nil) else {
      return .unknown(
        "governor", "not every core tells its frequency governor, as in most virtual machines",
        remedy: "on the host: cpupower frequency-info")
    }
    let slow = cores.indices.filter { governors[$0] != "performance" }.map { cores[$0] }
    guard !slow.isEmpty else { return .ok("governor", "performance on all cores") }
    let names = Set(governors.compactMap { $0 }).subtracting(["performance"]).sorted()
    return .warning(
      "governor", "\(names.joined(separator: ", ")) on cores \(KernelList.text(slow))",
      cost: "clocks fall while it is quiet: the first packets of a burst take twice as long",
      remedy: "cpupower frequency-set -g performance")
  }

  private static func turbo(_ files: MachineFiles) -> MachineFinding {
    let noTurbo = "\(cpus)/intel_pstate/no_turbo"
    let boost = "\(cpus)/cpufreq/boost"
    let (path, off, isOn): (String, String, Bool?) =
      switch (files.line(noTurbo), files.line(boost)) {
      case ("0", _): (noTurbo, "1", true)
      case ("1", _): (noTurbo, "1", false)
      case (nil, "1"): (boost, "0", true)
      case (nil, "0"): (boost, "0", false)
      default: (boost, "0", nil)
      }
    guard let isOn else {
      return .unknown(
        "turbo", "the kernel does not say whether cores may run above their rated clock",
        remedy: "on the host: cpupower frequency-info")
    }
    guard isOn else { return .ok("turbo", "off: the clock is steady") }
    return .warning(
      "turbo", "on: clocks depend on what the neighbours do",
      cost: "faster in the middle, and steps of 10 to 20 % in latency; measure which is better",
      remedy: "echo \(off) > \(path)")
  }

  private static func idle(_ files: MachineFiles) -> MachineFinding {
    let place = "\(cpus)/cpu0/cpuidle"
    let states = files.numbers(of: "state", in: place) ?? []
    guard !states.isEmpty else {
      return .unknown(
        "idle states", "no idle states are told, as in most virtual machines",
        remedy: "on the host: cpupower idle-info")
    }
    var deep: [String] = []
    for state in states {
      let entry = "\(place)/state\(state)"
      guard let latency_us = files.number("\(entry)/latency"),
        let isDisabled = files.number("\(entry)/disable")
      else {
        return .unknown(
          "idle states", "state \(state) does not tell how long it takes to wake from it",
          remedy: "cpupower idle-info")
      }
      guard latency_us > latency_us_max, isDisabled == 0 else { continue }
      deep.append("\(files.line("\(entry)/name") ?? "state \(state)") (\(latency_us) us)")
    }
    guard !deep.isEmpty else {
      return .ok("idle states", "a core is awake within \(latency_us_max) us")
    }
    return .warning(
      "idle states", "cores may sleep as deep as \(deep.joined(separator: ", "))",
      cost: "that much later, whenever a role waits instead of spinning",
      remedy: "cpupower idle-set -D \(latency_us_max)")
  }
}
