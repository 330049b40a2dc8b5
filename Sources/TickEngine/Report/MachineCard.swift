/// The machine that a number was measured on. What the system does not say is nil, or absent in
/// JSON, and never guessed.
public struct MachineCard: Codable, Equatable, Sendable {
  public var cpuModel: String?
  public var architecture: String
  /// Cores that the system has online.
  public var cores: Int?
  /// Release of the Linux kernel.
  public var kernel: String?
  public var numaNodes: Int?
  /// Frequency governor of the first core; absent in most virtual machines.
  public var governor: String?
  /// `release` or `debug`: a debug build's latencies say nothing.
  public var build: String
  /// Just before a run: intervals between two looks at the clock by a thread that does nothing
  /// else, ns. Tails below it are the machine's.
  public var jitterFloor_ns: LatencySummary?

  enum CodingKeys: String, CodingKey {
    case architecture, cores, kernel, governor, build
    case jitterFloor_ns = "jitter_floor_ns"
    case cpuModel = "cpu_model"
    case numaNodes = "numa_nodes"
  }

  /// Nothing known but the build.
  public init() {
    architecture = Self.architecture
    build = Self.build
  }

  /// Asks `/proc` and `/sys`, found under `root`. Reads files; for the start of a run.
  public static func current(root: String = "") -> MachineCard {
    var card = MachineCard()
    let files = MachineFiles(root: root)
    card.cpuModel = files.field("model name", in: "/proc/cpuinfo")
    card.cores = files.count("/sys/devices/system/cpu/online")
    card.kernel = files.line("/proc/sys/kernel/osrelease")
    card.numaNodes = files.count("/sys/devices/system/node/online")
    card.governor = files.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return card
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "aarch64"
    #else
      "other"
    #endif
  }

  private static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }
}

extension MachineCard: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    var parts = [cpuModel ?? "unknown CPU"]
    parts.append(cores.map { $0 == 1 ? "1 core" : "\($0) cores" } ?? "unknown cores")
    if let numaNodes { parts.append(numaNodes == 1 ? "1 NUMA node" : "\(numaNodes) NUMA nodes") }
    parts.append("Linux \(kernel ?? "unknown") \(architecture)")
    if let governor { parts.append("governor \(governor)") }
    parts.append("\(build) build")
    return parts.joined(separator: ", ")
  }
}
