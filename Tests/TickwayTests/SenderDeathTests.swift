import Foundation
import Glibc
import Testing

/// OM3: a sender that is killed in the middle of its orders, and its successor, which asks the
/// venue what became of them.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SenderDeathTests {
  private let scratch = Scratch()

  private func arguments(_ day: String, _ strategy: String, _ venue: RunningVenue) throws
    -> [String]
  {
    [
      "replay", day, "--strategy", strategy, "--venue", venue.address, "--instance", "prod",
      "--limits", try scratch.limits(openOrders: 256), "--ring-dir", scratch.path, "--state-dir",
      scratch["state"], "--reconnect", "5",
    ]
  }

  private func tickway(_ arguments: String...) throws -> Command.Result {
    try Command.run(
      arguments + ["--ring-dir", scratch.path, "--state-dir", scratch["state"]])
  }

  /// Starts a sender and kills it so long after its pool is there; whether it died of that.
  private func die(_ arguments: [String], after wait_us: Int) throws -> Bool {
    let running = try Command.start(arguments)
    let isThere = eventually(within: 30) {
      scratch.names.contains("tickway.prod.pool") || !running.isRunning
    }
    try #require(isThere)
    usleep(UInt32(wait_us))
    running.signal(SIGKILL)
    return try running.wait(within: 10).status == -SIGKILL
  }

  @Test(arguments: ["market-maker", "momentum"], ["on", "off"])
  func om3WhatASenderLeftIsSettledByItsSuccessor(strategy: String, cancels: String) throws {
    let day = try scratch.synth(messages: 200_000)
    let armed = try tickway("arm", "prod", "--who", "anna", "--reason", "first day")
    try #require(armed.status == 0, "\(armed.error)")
    let truth = scratch["venue.json"]
    let venue = try RunningVenue([
      "--capture", day, "--pace", "max", "--cancel-on-disconnect", cancels, "--latency", "300:700",
      "--partial-fills", "0.3", "--reject", "0.05", "--cancel", "0.05", "--pending-cancel", "0.2",
      "--refuse-cancel", "0.2", "--break", "0.05", "--json", truth,
    ])
    let arguments = try arguments(day, strategy, venue)
    var deaths = 0
    for wait_us in [1_000, 150_000, 400_000, 50_000, 800_000] {
      if try die(arguments, after: wait_us) { deaths += 1 }
    }
    let last = try Command.run(arguments, within: 120)
    #expect(last.status == 0, "\(last.error)")
    #expect(try tickway("state", "prod").status == 0)
    // Nothing is out: nothing is left for a successor.
    #expect(!scratch.names.contains("tickway.prod.pool"))
    let end = try venue.end()
    #expect(end.status == 0 && deaths > 0)
    let account = try #require(try JSONValue(file: truth)["accounts"].list.first)
    #expect(account["duplicates"].count == 0)
    let orders = account["orders"].list
    #expect(orders.reduce(0) { $0 + ($1["open"].count ?? 1) } == 0)
    #expect(orders.count > 0)
  }
}
