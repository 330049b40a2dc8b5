/// The floor of one core, as `tickway doctor --jitter` tells it; all times in ns.
public struct CoreJitter: Codable, Equatable, Sendable {
  public let core: Int
  public let measured_ns: UInt64
  /// Intervals between two looks at the clock.
  public let gaps_ns: LatencySummary
  public let hiccups: Hiccups
  /// Of the measured time, how much went by in hiccups: 0 to 1.
  public let lostShare: Double

  enum CodingKeys: String, CodingKey {
    case core, measured_ns, gaps_ns, hiccups
    case lostShare = "lost_share"
  }

  init(core: Int, _ floor: JitterFloor) {
    self.core = core
    measured_ns = floor.measured_ns
    gaps_ns = floor.summary
    hiccups = floor.hiccups
    lostShare = Double(floor.hiccups.lost_ns) / Double(max(1, floor.measured_ns))
  }

  /// The cores that are measured if none is named.
  public static var allowedCores: [Int] { CorePlan.allowedCores }

  /// Measures each core by a thread that is pinned to it and spins for `duration_ns`.
  ///
  /// - Parameter isTogether: all cores at once, as a pipeline uses them; else one after another.
  /// - Throws: `ThreadFailure`; `PlacementError` for a core that cannot be had, since what another
  ///   core does says nothing of it.
  public static func measure(
    cores: [Int], for duration_ns: UInt64, isTogether: Bool
  ) throws -> [CoreJitter] {
    let probes = cores.map { core in
      RoleThread(JitterProbe(core: core, duration_ns: duration_ns), core: nil, onFailure: {})
    }
    for probe in probes {
      do throws(ThreadFailure) { try probe.start() } catch {
        probes.forEach { $0.join() }
        throw error
      }
      if !isTogether { probe.join() }
    }
    probes.forEach { $0.join() }
    return try probes.map { probe in
      if let failure = probe.failure { throw failure }
      guard let floor = probe.role.floor else { preconditionFailure("a probe ends measured") }
      return CoreJitter(core: probe.role.core, floor)
    }
  }
}

/// Looks at the clock on one core, and does nothing else.
struct JitterProbe: Role, ~Copyable {
  let core: Int
  let duration_ns: UInt64
  private(set) var floor: JitterFloor?

  init(core: Int, duration_ns: UInt64) {
    self.core = core
    self.duration_ns = duration_ns
  }

  var name: String { "jitter-\(core)" }

  mutating func run() throws {
    _ = try Placement.apply(core: core, node: nil, memory: .off)
    floor = .measure(for: duration_ns)
  }
}
