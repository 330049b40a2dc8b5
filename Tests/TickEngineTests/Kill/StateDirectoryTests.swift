import Foundation
import Glibc
import Testing

@testable import TickEngine

/// What survives: files that only a whole armed record opens. (KS3)
@Suite struct StateDirectoryTests {
  let scratch: Scratch
  let state: StateDirectory

  init() throws {
    scratch = try Scratch()
    state = StateDirectory(path: scratch.file("state"))
  }

  @discardableResult
  private func arm(_ instance: String = "a") throws -> GateRecord {
    try state.arm(
      instance, from: state.standing(of: instance), who: "anna", reason: "open",
      deadManSeconds: nil, time_ns: 1_800_000_000_000_000_000)
  }

  @discardableResult
  private func trip(_ instance: String = "a") throws -> GateRecord {
    try state.trip(instance, .operatorKill, who: "bert", reason: "fire", time_ns: 2)
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? []).sorted()
  }

  @Test func ks3EveryChangeIsKeptWithWhoAndWhy() throws {
    #expect(state.standing(of: "a") == GateStanding())
    let armed = try arm()
    #expect(state.standing(of: "a").armedGeneration == 1)
    #expect(armed.time == "2027-01-15T08:00:00.000Z")
    let tripped = try trip()
    let standing = state.standing(of: "a")
    #expect(standing.armedGeneration == nil && standing.record == tripped)
    #expect(standing.reason == .operatorKill && tripped.who == "bert" && tripped.reason == "fire")
    #expect(names == ["a.log", "a.state.2"])
    let log = try String(contentsOfFile: "\(state.path)/a.log", encoding: .utf8)
    let lines = try log.split(separator: "\n").map {
      try JSONDecoder().decode(GateRecord.self, from: Data($0.utf8))
    }
    #expect(lines == [armed, tripped])
  }

  @Test func ks3ASecondTripKeepsTheFirstRecordAndIsLogged() throws {
    try arm()
    let first = try trip()
    let second = try state.trip("a", .rate, who: "c", reason: "later", time_ns: 9)
    #expect(second == first && state.standing(of: "a").record == first)
    let log = try String(contentsOfFile: "\(state.path)/a.log", encoding: .utf8)
    #expect(log.split(separator: "\n").count == 3 && log.contains("later"))
  }

  @Test func ks3WhatIsNotWholeIsTripped() throws {
    let record = try arm()
    let file = "\(state.path)/a.state.1"
    let whole = try Data(contentsOf: URL(filePath: file))
    // Every length that a crash could leave of it; the last byte is the line's end.
    for length in 0..<whole.count - 1 {
      try whole.prefix(length).write(to: URL(filePath: file))
      #expect(state.standing(of: "a").armedGeneration == nil, "\(length)")
      #expect(state.standing(of: "a").reason == .stateUnreadable)
    }
    try whole.write(to: URL(filePath: file))
    #expect(state.standing(of: "a").record == record)
    // An armed record under another name or number is none of it.
    for other in ["a.state.2", "b.state.1"] {
      try whole.write(to: URL(filePath: "\(state.path)/\(other)"))
      let instance = String(other.prefix(1))
      #expect(state.standing(of: instance).armedGeneration == nil, "\(other)")
    }
  }

  @Test func ks3RubbishNamesOpenNothing() throws {
    try trip()
    for name in [
      "a.state.", "a.state.0", "a.state.01", "a.state.-2", "a.state.2x", ".a.state.2", "a.state",
    ] {
      _ = FileManager.default.createFile(atPath: "\(state.path)/\(name)", contents: Data())
    }
    #expect(state.standing(of: "a").number == 1 && state.standing(of: "a").problem == nil)
    // A number beyond all counting is the highest, and unreadable.
    let huge = "\(state.path)/a.state.99999999999999999999999"
    _ = FileManager.default.createFile(atPath: huge, contents: Data())
    #expect(state.standing(of: "a").problem != nil)
    #expect(throws: StateFailure.self) { try arm() }
  }

  @Test func ks2AnArmingThatIsOvertakenByATripFails() throws {
    let seen = state.standing(of: "a")
    try trip()
    #expect {
      try state.arm(
        "a", from: seen, who: "x", reason: "y", deadManSeconds: nil, time_ns: 1)
    } throws: { ($0 as? StateFailure)?.kind == .changedMeanwhile }
    #expect(state.standing(of: "a").armedGeneration == nil)
    // Nothing is left over.
    #expect(names == ["a.log", "a.state.1"])
  }

  @Test func ks3ATripAfterDamageMendsIt() throws {
    try arm()
    // What a trip without room for its record leaves.
    _ = FileManager.default.createFile(atPath: "\(state.path)/a.state.2", contents: Data())
    let standing = state.standing(of: "a")
    #expect(standing.armedGeneration == nil && standing.number == 2 && standing.problem != nil)
    try trip()
    #expect(state.standing(of: "a").problem == nil && state.standing(of: "a").number == 3)
  }

  @Test func ks3ADirectoryThatCannotBeMadeIsAnError() throws {
    _ = FileManager.default.createFile(atPath: scratch.file("state"), contents: Data())
    #expect(throws: StateFailure.self) { try trip() }
    #expect(state.standing(of: "a").armedGeneration == nil)
    #expect(state.standing(of: "a").problem != nil)
  }

  @Test func itKnowsItsInstances() throws {
    try arm("a")
    try trip("b.state.7")
    try arm("c")
    #expect(state.instances() == ["a", "b.state.7", "c"])
    #expect(state.standing(of: "b").isKnown == false)
  }

  /// Armers and killers at once: whoever trips last before all is quiet has tripped.
  @Test(.timeLimit(.minutes(1))) func ks3ManyWritersLeaveOneHistory() async throws {
    let state = state
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for turn in 0..<25 {
            if (turn + writer) % 2 == 0 {
              _ = try? state.arm(
                "a", from: state.standing(of: "a"), who: "w\(writer)", reason: "r",
                deadManSeconds: nil, time_ns: 1)
            } else {
              _ = try? state.trip("a", .rate, who: "w\(writer)", reason: "r", time_ns: 1)
            }
          }
        }
      }
    }
    try trip()
    let standing = state.standing(of: "a")
    #expect(standing.armedGeneration == nil && standing.problem == nil)
    #expect(standing.record?.state == .tripped)
    #expect(names.filter { $0.hasPrefix(".") }.isEmpty)
  }
}
