/// Whether memory can be taken away.
enum SwapCheck {
  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    // The first line is the heading; without it the file says nothing.
    guard let lines = files.lines("/proc/swaps"), lines.first?.hasPrefix("Filename") == true else {
      return [
        .unknown("swap", "the kernel does not say whether it swaps", remedy: "swapon --show")
      ]
    }
    let places = lines.dropFirst().compactMap { $0.split(separator: " ").first }
    guard !places.isEmpty else { return [.ok("swap", "none")] }
    return [
      .warning(
        "swap", "on \(places.joined(separator: ", "))",
        cost: "a page of a ring or book that is swapped out comes back in 0.1 to 10 ms",
        remedy: "swapoff -a (and out of /etc/fstab), or lock the memory")
    ]
  }
}
