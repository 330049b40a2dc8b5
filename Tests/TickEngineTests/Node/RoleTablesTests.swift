import TickEngine
import Testing

/// What a plan says that the roles' tables take.
@Suite struct RoleTablesTests {
  private let plan = NodePlan(nodeConfiguration(), on: twoCores)

  private func bytes(_ role: String, _ user: String) -> Int? {
    plan.tables.first { $0.role == role && $0.user == user }?.byteCount
  }

  /// The lines of ARCHITECTURE.md's memory plan, as numbers.
  @Test func theLinesAreThoseOfTheMemoryPlan() {
    let lines = [
      ("ingester", "symbols to instruments", 2_097_152), ("ingester", "price levels", 8_388_608),
      ("ingester", "sides of the books", 1_048_576),
      ("ingester", "tops last published", 1_572_864),
      ("ingester", "who takes an instrument", 524_288),
      ("ingester", "quotes held for worker 0", 4_194_304),
      ("ingester", "packets held behind holes", 17_956_864),
      ("ingester", "packets in doubt", 176_640),
      ("ingester", "datagrams of the lines", 2 * 71_424),
      ("ingester", "arrivals remembered", 131_072), ("worker-0", "last quotes", 2_621_440),
      ("worker-0", "event backlog", 229_376), ("worker-0", "market-maker's tables", 3_670_016),
      ("sender", "lists of orders and their edges", 2_097_152),
      ("sender", "exposure", 38_010_880), ("sender", "holdings", 4_716_448),
      ("sender", "reference data, twice while it is reloaded", 4_194_304),
      ("sender", "times of the last executions", 1_280_000), ("sender", "cancels due", 1_048_576),
      ("sender", "fills remembered", 3_670_016), ("sender", "order id to place", 2_097_152),
      ("sender", "times of the last orders", 800_000), ("sender", "bytes out and in", 327_680),
    ]
    for (role, user, expected) in lines {
      #expect(bytes(role, user) == expected, "\(role): \(user)")
    }
    // The second worker's ring drops, and holds none.
    #expect(bytes("ingester", "quotes held for worker 1") == nil)
  }
}
