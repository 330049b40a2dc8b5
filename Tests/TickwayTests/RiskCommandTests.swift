import Foundation
import Glibc
import Testing

/// `tickway risk`: what a person asks of a sender that runs, and what is on record of it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RiskCommandTests {
  let scratch = Scratch()

  private func tickway(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments + scratch.places)
  }

  private func ask(_ action: String, _ options: String...) throws -> Command.Result {
    try Command.run(
      ["risk", action, "prod", "--who", "anna", "--reason", "looked at it"] + options
        + scratch.places)
  }

  /// A sender that trades for about 20 seconds.
  private func start(_ limits: [String: String], pace: String = "20x") throws -> Running {
    let day = try scratch.synth(messages: 200_000)
    return try Command.start(arguments(day, limits, pace: pace))
  }

  private func arguments(
    _ day: String, _ limits: [String: String], pace: String
  ) throws -> [String] {
    [
      "replay", day, "--strategy", "market-maker", "--instance", "prod", "--pace", pace,
      "--limits", try scratch.limits(openOrders: 4_096, limits), "--json", scratch["run.json"],
    ] + scratch.places
  }

  private func subject(_ strategy: Int?) throws -> JSONValue? {
    let shown = try tickway("risk", "prod", "--json")
    guard shown.status == 0 else { return nil }
    return try JSONValue(shown.output)["subjects"].list.dropFirst(strategy ?? 0).first
  }

  private func isEventually(_ strategy: Int?, _ state: String) -> Bool {
    eventually(within: 30) {
      (try? subject(strategy))??["state"].text.map { state.contains($0) } == true
    }
  }

  /// A small portfolio, of which a few cents are a drawdown.
  private static let nervous = [
    "portfolio_value": "100000", "position_percent": "1000", "sector_percent": "10000",
    "gross_leverage": "100", "warning_percent": "0.02", "recovered_percent": "0.01",
    "breaker_percent": "0.05", "cooldown_minutes": "0.001", "trips_max": "1000",
  ]

  @Test func rs6APersonResetsABreakerOfARunningSender() throws {
    try scratch.arm("prod")
    let sender = try start(Self.nervous)
    try #require(isEventually(nil, "circuit_breaker cool_down"), "\(sender.error)")
    let old = try tickway("risk", "reset", "prod", "--who", "anna", "--reason", " ")
    #expect(old.status == 64, "a reason that says nothing")
    // The market moves on meanwhile: asked again until the drawdown is small at that instant.
    var done: Command.Result?
    let isDone = eventually(within: 15) {
      guard (try? ask("rebase"))?.status == 0, let reset = try? ask("reset") else { return false }
      if reset.status == 0 { done = reset }
      return reset.status == 0
    }
    try #require(isDone)
    let output = try #require(done?.output)
    #expect(output.contains("cool_down -> normal") || output.contains("cool_down -> warning"))
    // A strategy's state is its own.
    #expect(try ask("reset", "--strategy", "99").status == 8)
    let log = try scratch.text("state/prod.log")
    for part in [
      "\"action\":\"reset\"", "\"outcome\":\"asked\"", "\"outcome\":\"done: cool_down -> ",
      "\"action\":\"rebase\"", "\"who\":\"anna\"", "\"reason\":\"looked at it\"",
      "\"outcome\":\"not done: no such strategy",
    ] { #expect(log.contains(part), "\(part)") }
    sender.signal(SIGINT)
    _ = try sender.wait(within: 30)
  }

  @Test func rs6WhatTheChecksRefuseChangesNothing() throws {
    try scratch.arm("prod")
    let sender = try start(["cooldown_minutes": "15"])
    try #require(isEventually(1, "normal"), "\(sender.error)")
    let reset = try ask("reset", "--strategy", "1")
    #expect(reset.status == 8 && reset.error.contains("only cool_down is reset"), "\(reset.error)")
    let enable = try ask("enable", "--strategy", "1")
    #expect(enable.status == 8 && enable.error.contains("not off"))
    #expect(try ask("enable").status == 64)
    #expect(try ask("recover", "--strategy", "1").status == 8)
    #expect(try subject(1)?["state"].text == "normal")
    // Without a record nothing is asked.
    let blocked = try scratch.write("", to: "blocked")
    let unwritten = try Command.run([
      "risk", "rebase", "prod", "--who", "anna", "--reason", "r", "--ring-dir", scratch.path,
      "--state-dir", blocked,
    ])
    #expect(unwritten.status == 74 && unwritten.error.contains("not asked"), "\(unwritten)")
    sender.signal(SIGINT)
    _ = try sender.wait(within: 30)
  }

  @Test func aSenderThatIsDeadStoppedOrDeafIsSaidToBe() throws {
    #expect(try ask("reset").status == 12)
    try scratch.arm("prod")
    #expect(try ask("reset").status == 66)
    let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "gate-stand-in").path
    let deaf = try Running([path, scratch.path, scratch["state"], "prod", "1", "spin"])
    try #require(
      eventually(within: 30) {
        (try? tickway("state", "prod", "--json").output.contains("\"sender\":\"running\"")) == true
      })
    let unacknowledged = try ask("rebase", "--patience-ms", "100")
    #expect(unacknowledged.status == 10 && unacknowledged.error.contains("nothing was changed"))
    // What was withdrawn is in nobody's way.
    #expect(try ask("rebase", "--patience-ms", "100").status == 10)
    deaf.signal(SIGSTOP)
    let isStopped = eventually(within: 30) {
      (try? tickway("state", "prod").output.contains("stopped")) == true
    }
    let stopped = try ask("rebase", "--patience-ms", "100")
    #expect(isStopped && stopped.status == 66 && stopped.error.contains("is stopped"))
    deaf.signal(SIGKILL)
    _ = try deaf.wait(within: 10)
    let dead = try ask("rebase", "--patience-ms", "100")
    #expect(dead.status == 66 && dead.error.contains("has ended"), "\(dead.error)")
    let log = try scratch.text("state/prod.log")
    #expect(log.contains("not done: the sender, pid \(deaf.pid), did not take it in time"))
  }

  @Test func rm9AStrategyIsOffUntilAPersonEnablesItAlsoAcrossARestart() throws {
    try scratch.arm("prod")
    let day = try scratch.synth(messages: 200_000)
    let limits = ["repeated_executions_max": "3", "repeated_executions_seconds": "86400"]
    let first = try Command.run(arguments(day, limits, pace: "max"))
    #expect(first.status == 0, "\(first.error)")
    let refused = try JSONValue(file: scratch["run.json"])["orders"]["risk_rejected"]
    #expect(refused["throttled"].count ?? 0 > 0)
    // The successor has it off from its first order on.
    let second = try Command.start(arguments(day, limits, pace: "20x"))
    try #require(isEventually(1, "normal"), "\(second.error)")
    #expect(try subject(1)?["off"].flag == true)
    let enabled = try ask("enable", "--strategy", "1")
    #expect(enabled.status == 0, "\(enabled.error)")
    #expect(try scratch.text("state/prod.log").contains("\"action\":\"enable\""))
    // It executes again, until it has done so too often once more.
    #expect(eventually(within: 30) { (try? subject(1))??["off"].flag == true })
    second.signal(SIGINT)
    _ = try second.wait(within: 30)
    let sent = try JSONValue(file: scratch["run.json"])["orders"]["sent"].count ?? 0
    #expect(sent > 0, "enabled, and nothing was sent")
  }

  @Test func rs8AKilledInstanceTradesAfterResumeAndRestart() throws {
    try scratch.arm("prod")
    let sender = try start([:])
    try #require(isEventually(nil, "normal"), "\(sender.error)")
    #expect(try tickway("kill", "prod", "--reason", "drill", "--patience-ms", "30000").status == 0)
    #expect(isEventually(nil, "kill_switch"))
    let reset = try ask("reset")
    #expect(reset.status == 8 && reset.error.contains("kill switch is tripped"), "\(reset.error)")
    sender.signal(SIGINT)
    _ = try sender.wait(within: 30)
    // The kill outlives its sender; nothing trades before a person has resumed it.
    #expect(try subject(nil)?["state"].text == "kill_switch")
    let resumed = try tickway("resume", "prod", "--who", "anna", "--reason", "drill is over")
    #expect(resumed.status == 0, "\(resumed.output)")
    let again = try Command.run(arguments(scratch["day.pcap"], [:], pace: "max"))
    #expect(again.status == 0, "\(again.error)")
    #expect(try JSONValue(file: scratch["run.json"])["orders"]["sent"].count ?? 0 > 0)
  }
}
