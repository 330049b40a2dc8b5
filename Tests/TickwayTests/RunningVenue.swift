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
  func limits(openOrders: Int = 65_536, _ changes: [String: String] = [:]) throws -> String {
    var text =
      """
      {"portfolio_value": 1000000000, "position_percent": 20, "sector_percent": 40,
       "gross_leverage": 1.5, "position_quantity_max": 10000000, "daily_loss_max": 100000000,
       "adv_percent": 10, "collar_percent": 5, "collar_warning_percent": 2.5,
       "reference_age_max_seconds": 60, "reference_ahead_max_seconds": 86400,
       "order_age_max_seconds": 25,
       "order_quantity_max": 10000, "order_value_max": 1000000,
       "orders_per_second_max": 100000, "messages_per_day_max": 1000000000,
       "open_orders_max": \(openOrders), "duplicate_window_seconds": 0,
       "repeated_executions_max": 10000, "repeated_executions_seconds": 1, "strategies_max": 16,
       "unsent_bytes_max": 1048576, "warning_percent": 5, "breaker_percent": 10,
       "recovered_percent": 3, "cooldown_minutes": 15, "trips_max": 3, "trading_day_start": 0}
      """
    for (name, value) in changes {
      let field = try Regex("\"\(name)\": [0-9.]+")
      try #require(text.contains(field), "\(name)")
      text.replace(field, with: "\"\(name)\": \(value)")
    }
    return try write(text, to: "limits.json")
  }
}
