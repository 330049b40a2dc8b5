/// How long a spinning role of real-time priority may have its core.
enum SchedulingCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    [throttling(files), timeLimit(files)]
  }

  private static func throttling(_ files: MachineFiles) -> MachineFinding {
    let place = "/proc/sys/kernel/sched_rt"
    guard let runtime_us = files.number("\(place)_runtime_us"),
      let period_us = files.number("\(place)_period_us"), period_us > 0
    else {
      return .unknown(
        "real-time throttling", "the kernel does not say how long a real-time role may run",
        remedy: "sysctl kernel.sched_rt_runtime_us kernel.sched_rt_period_us")
    }
    guard runtime_us >= 0, runtime_us < period_us else {
      return .ok("real-time throttling", "none")
    }
    return .warning(
      "real-time throttling",
      "a role of real-time priority runs \(runtime_us) of every \(period_us) us",
      cost: "spinning, it stands still for \((period_us - runtime_us) / 1000) ms of each period",
      remedy: "sysctl -w kernel.sched_rt_runtime_us=-1 (with RLIMIT_RTTIME set), or no real-time"
        + " priority on isolated cores")
  }

  private static func timeLimit(_ files: MachineFiles) -> MachineFinding {
    guard
      let most_us = files.lines("/proc/self/limits").flatMap({
        Limits($0)["Max realtime timeout"]
      })
    else {
      return .unknown(
        "real-time limit", "the kernel does not tell RLIMIT_RTTIME", remedy: "ulimit -R")
    }
    guard most_us == .max else {
      return .ok("real-time limit", "a role that runs \(most_us) us without sleeping is ended")
    }
    let runtime_us = files.number("/proc/sys/kernel/sched_rt_runtime_us")
    guard runtime_us != -1 else {
      return .warning(
        "real-time limit", "none, and no throttling either",
        cost: "a real-time role that hangs takes its core from everything else, also from a shell",
        remedy: "ulimit -R 1000000 (systemd: LimitRTTIME=1000000), or throttling on")
    }
    return .ok("real-time limit", "none; throttling bounds what hangs")
  }
}
