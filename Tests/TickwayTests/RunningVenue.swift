import Foundation
import Testing

/// A `tickway venue` of a test's own, killed with it.
final class RunningVenue {
  let process: Running
  /// Where it listens, as `--venue` wants it.
  let address: String

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    process = try Command.start(["venue"] + arguments, environment: environment)
    let running = process
    let isListening = eventually(within: 10) {
      running.output.hasSuffix("\n") || !running.isRunning
    }
    let line = running.output.prefix { $0 != "\n" }
    try #require(isListening && line.hasPrefix("listening on "), "\(line) \(running.error)")
    address = String(line.dropFirst("listening on ".count))
  }

  var port: String { String(address.split(separator: ":").last ?? "") }

  /// Asks it to stop and returns the counts that it prints.
  func end() throws -> Command.Result {
    process.signal(SIGTERM)
    return try process.wait(within: 5)
  }
}

extension Scratch {
  /// Limits that a venue which is named needs; those of the simulation.
  func limits(openOrders: Int = 65_536) throws -> String {
    try write(
      """
      {"order_quantity_max": 10000, "order_value_max": 1000000, "collar_percent": 5,
       "orders_per_second_max": 100000, "reference_age_max_seconds": 60,
       "open_orders_max": \(openOrders)}
      """, to: "limits.json")
  }
}
