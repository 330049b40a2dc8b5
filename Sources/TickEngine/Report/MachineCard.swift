import Foundation

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
  /// Of a live run, just before it: intervals between two looks at the clock by a thread that does
  /// nothing else, ns. Tails below it are the machine's.
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
    card.cpuModel = field("model name", in: "\(root)/proc/cpuinfo")
    card.cores = line("\(root)/sys/devices/system/cpu/online").flatMap(count(ofList:))
    card.kernel = line("\(root)/proc/sys/kernel/osrelease")
    card.numaNodes = line("\(root)/sys/devices/system/node/online").flatMap(count(ofList:))
    card.governor = line("\(root)/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return card
  }

  private static func line(_ path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let first = text.split(whereSeparator: \.isNewline).first
    else { return nil }
    return String(first)
  }

  private static func field(_ name: String, in path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }

  /// How many numbers a kernel list such as `0-3,8` holds; nil if it is not one.
  static func count(ofList text: String) -> Int? {
    var total = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = bounds.first ?? nil, let last = bounds.last ?? nil, bounds.count <= 2,
        0 <= first, first <= last, last < 1 << 20
      else { return nil }
      total += last - first + 1
    }
    return total > 0 ? total : nil
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
