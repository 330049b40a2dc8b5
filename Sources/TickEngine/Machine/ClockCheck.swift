/// What the kernel takes the time from: each tick is stamped several times.
enum ClockCheck {
  private static let place = "/sys/devices/system/clocksource/clocksource0"
  /// Read without a system call. The paravirtual ones take some ns more.
  private static let quick: Set<String> = ["tsc", "arch_sys_counter"]
  private static let paravirtual: Set<String> = [
    "kvm-clock", "hyperv_clocksource_tsc_page", "xen",
  ]

  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    guard let source = files.line("\(place)/current_clocksource") else {
      return [
        .unknown(
          "clocksource", "the kernel does not say what it takes the time from",
          remedy: "dmesg | grep -i clocksource")
      ]
    }
    if quick.contains(source) { return [.ok("clocksource", source)] }
    let available = files.line("\(place)/available_clocksource")?.split(separator: " ") ?? []
    let hasTsc = available.contains("tsc")
    let cost =
      paravirtual.contains(source)
      ? "a look at the clock takes two to three times as long as with tsc"
      : "each look at the clock is a system call, 0.3 to 2 us, several times a tick"
    return [
      .warning(
        "clocksource", source, cost: cost,
        remedy: hasTsc
          ? "echo tsc > \(place)/current_clocksource"
          : "boot with tsc=reliable where the processor's counter is; dmesg | grep -i tsc says why"
            + " it is not used")
    ]
  }
}
