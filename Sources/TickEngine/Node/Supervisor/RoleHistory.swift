/// What became of one role in the course of a run.
public struct RoleHistory: Codable, Equatable, Sendable {
  public var name = ""
  public var starts: UInt64 = 0
  /// Ends that nobody had asked for.
  public var deaths: UInt64 = 0
  /// Of its last process.
  public var pid: Int32 = 0
  public var core: Int?
  public var node: Int?
  /// How its last process ended, in words.
  public var lastEnd: String?
  /// From the supervisor's seeing a death to the successor's being ready, ns; the first thousand.
  public var restored_ns: [UInt64] = []
  /// Whether it was taken over from a supervisor that had died.
  public var isAdopted = false

  enum CodingKeys: String, CodingKey {
    case name, starts, deaths, pid, core, node, restored_ns
    case lastEnd = "last_end"
    case isAdopted = "adopted"
  }
}

extension [RoleHistory] {
  /// For a report: what ran where, how often it was started, and how soon it was back.
  var lines: [String] {
    let header = ["roles", "pid", "core", "starts", "deaths", "back after, longest", "ended with"]
    let rows = map { role in
      [
        "  " + role.name, "\(role.pid)", role.core.map { "\($0)" } ?? "any", "\(role.starts)",
        "\(role.deaths)", role.restored_ns.max().map { DurationText.text(nanoseconds: $0) } ?? "-",
        role.lastEnd ?? "-",
      ]
    }
    return isEmpty ? [] : Columns.lines([header] + rows)
  }
}
