import TickRing
import TickWire

/// One table that a role has for itself, made at its start.
public struct PlannedTable: Equatable, Sendable {
  public let set: Int
  /// `ingester`, `worker-0`.
  public let role: String
  public let user: String
  public let byteCount: Int
  public let node: Int?
}

/// What each role allocates for itself, a line for each user (ARCHITECTURE.md, "Memory plan").
/// Sizes are those of the types, and numbers those that the tables are made with.
struct RoleTables {
  private let configuration: NodeConfiguration
  private let role: NodePlacement.Role
  private(set) var tables: [PlannedTable] = []

  init(_ configuration: NodeConfiguration, _ role: NodePlacement.Role) {
    self.configuration = configuration
    self.role = role
  }
}
