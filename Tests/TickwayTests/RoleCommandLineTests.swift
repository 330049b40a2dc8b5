import ArgumentParser
import Foundation
import TickEngine
import Testing

@testable import tickway

/// The verbs take what a configuration makes of them.
@Suite struct RoleCommandLineTests {
  private let scratch = Scratch()

  /// Each role's verb reads its options: a name that it does not know would throw.
  @Test(arguments: [
    "address: builtin", "address: none",
    "address: 127.0.0.1:9000\n  password_env: HIDDEN\n  dialect: ouch42",
  ])
  func everyOptionOfARoleIsOneOfItsVerb(venue: String) throws {
    let limits = try scratch.write(RiskLimits.simulation.json, to: "limits.json")
    let held = try scratch.write(
      "symbol,strategy,shares,average_price\nAAPL,1,5,1\nend,1\n", to: "held.csv")
    let returns = try scratch.write("AAPL\n0.01\n-0.02\n", to: "returns.csv")
    let text = ConfigurationExample.text
      .replacingOccurrences(of: "address: builtin", with: venue)
      .replacingOccurrences(
        of: "  arm_simulation: true\n", with: "  limits: \(limits)\n  account: shared\n"
      )
      .replacingOccurrences(of: "# positions: positions.csv", with: "positions: \(held)")
      .replacingOccurrences(of: "# var_every_s: 10", with: "var_every_s: 10")
      .replacingOccurrences(of: "# returns: returns.csv", with: "returns: \(returns)")
      .replacingOccurrences(of: "# lock: false", with: "lock: true")
      .replacingOccurrences(of: "# kernel_stamps: false", with: "kernel_stamps: true")
    let machine = MachineCores(allowed: Array(0..<8))
    let (configuration, faults) = ConfigurationFile.read(
      Array(text.utf8), base: scratch.path, on: machine)
    #expect(faults.isEmpty, "\(faults.map(\.text))")
    let plan = NodePlan(try #require(configuration), on: machine)
    #expect(plan.commands.count == (venue == "address: builtin" ? 5 : 4))
    for command in plan.commands {
      let arguments = command.arguments(venuePort: 4_711)
      #expect(throws: Never.self, "\(arguments)") { try Tickway.parseAsRoot(arguments) }
      #expect(!arguments.contains { $0.contains("PORT") || $0.contains("HIDDEN") })
    }
  }
}
