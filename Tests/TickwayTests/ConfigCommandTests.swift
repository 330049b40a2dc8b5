import Foundation
import TestSupport
import Testing

/// `tickway config`, as it is run.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ConfigCommandTests {
  private let scratch = Scratch()

  private func example() throws -> String {
    let result = try Command.run(["config", "example"])
    #expect(result.status == 0 && result.error.isEmpty)
    return result.output
  }

  @Test func theExampleIsGood() throws {
    let path = try scratch.write(try example(), to: "node.yaml")
    let result = try Command.run(["config", "check", path])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("\(path): good: instance example, 1 set, 2 workers"))
    #expect(result.output.split(separator: "\n").count == 1)
    #expect(result.error.isEmpty)
    #expect(scratch.names == ["node.yaml"])
  }

  /// One build is the one that a plan names.
  @Test func theVersionNamesTheBuildOfThePlan() throws {
    let path = try scratch.write(try example(), to: "node.yaml")
    let plan = try Command.run(["config", "plan", path])
    let line = try #require(plan.output.split(separator: "\n").first { $0.hasPrefix("build ") })
    let build = try #require(line.split(separator: " ").last)
    let version = try Command.run(["--version"])
    #expect(version.status == 0 && version.error.isEmpty)
    #expect(version.output.hasPrefix("tickway, unreleased; build \(build); ring library 1."))
  }

  /// As it is, but for a name that nobody else runs.
  @Test func theExampleRunsAndEndsInOrder() throws {
    let name = "example-\(ProcessInfo.processInfo.processIdentifier)"
    let text = try example().replacingOccurrences(
      of: "instance: example", with: "instance: \(name)")
    let run = try Command.start(["run", "--config", scratch.write(text, to: "node.yaml")])
    let isReady = eventually(within: 60) { run.error.contains("tickway run: ready") }
    try #require(isReady, "\(run.error)")
    #expect(sharedMemoryNames().contains { $0.hasPrefix("tickway.\(name).") })
    run.signal(SIGTERM)
    let end = try run.wait(within: 60)
    #expect(end.status == 0, "\(end.error)")
    #expect(!sharedMemoryNames().contains { $0.hasPrefix("tickway.\(name).") })
  }

  @Test func aWrongFileIsRefusedWithEverythingThatIsWrong() throws {
    let text = try example().replacingOccurrences(of: "tick_slots: 65536", with: "tick_slots: 3")
      .replacingOccurrences(of: "waiting: auto", with: "wating: auto")
    let path = try scratch.write(text, to: "node.yaml")
    for verb in ["check", "plan"] {
      let result = try Command.run(["config", verb, path])
      #expect(result.status == 78 && result.output.isEmpty)
      #expect(result.error.hasPrefix("tickway config: \(path): 2 faults"))
      #expect(result.error.contains("\n\(path):"))
      #expect(result.error.contains("did you mean waiting?"))
    }
  }

  @Test func whatIsNoFileIsNotWaitedFor() throws {
    for path in [scratch["absent"], scratch.path, "/dev/zero"] {
      let result = try Command.run(["config", "check", path], within: 10)
      #expect(result.status == 66 && result.output.isEmpty, "\(result.error)")
      #expect(result.error.hasPrefix("tickway config: \(path): "))
    }
    mkfifo(scratch["pipe"], 0o600)
    #expect(try Command.run(["config", "check", scratch["pipe"]], within: 10).status == 66)
  }

  @Test func thePlanSaysWhatWouldRunAndWhatItTakes() throws {
    // A name that nobody else runs.
    let name = "plan-\(ProcessInfo.processInfo.processIdentifier)"
    let text = try example().replacingOccurrences(
      of: "instance: example", with: "instance: \(name)")
    let path = try scratch.write(text, to: "node.yaml")
    let result = try Command.run(["config", "plan", path])
    #expect(result.status == 0, "\(result.error)")
    for part in [
      "worker-1", "tickway worker --number 1 --workers 2 --strategy momentum",
      "tickway sender --workers 2 --subscribe 0=share", "--instance \(name) --venue",
      "tickway.\(name).ticks.1", "in all",
      "--name tickway.\(name)",
    ] { #expect(result.output.contains(part), "\(part)") }
    #expect(scratch.names == ["node.yaml"])
    #expect(!sharedMemoryNames().contains { $0.hasPrefix("tickway.\(name).") })
  }

  @Test func noSecretIsPrinted() throws {
    let text = try example().replacingOccurrences(
      of: "user: TICKWY", with: "user: TICKWY\n  password: geheim")
    let path = try scratch.write(text, to: "node.yaml")
    let result = try Command.run(["config", "check", path])
    #expect(result.status == 78)
    #expect(result.error.contains("password_env") && result.error.contains("password_file"))
    #expect(!result.error.contains("geheim"))
  }
}
