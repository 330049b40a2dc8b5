import CLinux
import Foundation
import Testing

@testable import TickEngine

private struct CountingRole: Role, ~Copyable {
  var name: String { "counting" }
  var runs = 0
  mutating func run() { runs += 1 }
}

/// Looks how much later than due its sleeps may end.
private struct SlackRole: Role, ~Copyable {
  var name: String { "slack" }
  var slack_ns = ""
  mutating func run() throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
    let number = own.split(separator: "/").last ?? ""
    slack_ns = try String(contentsOfFile: "/proc/\(number)/timerslack_ns", encoding: .utf8)
  }
}

/// Looks how long its turns are.
private struct SliceRole: Role, ~Copyable {
  var name: String { "slice" }
  var slice_ns: UInt64 = 0
  mutating func run() { slice_ns = clinux_slice_ns() }
}

@Suite(.timeLimit(.minutes(1))) struct RoleThreadTests {
  private func slice(core: Int?, _ waiting: WaitPolicy?) throws -> UInt64 {
    let thread = RoleThread(SliceRole(), core: core, waiting: waiting, onFailure: {})
    try thread.start()
    thread.join()
    #expect(thread.note == nil)
    return thread.role.slice_ns
  }

  /// Kernels before 6.12 have no turns to be chosen: all run as they did.
  @Test func aRoleThatSharesItsCoreTakesShortTurns() throws {
    let usual = clinux_slice_ns()
    let core = CorePlan.allowedCores.first
    let short = usual == 0 ? 0 : WaitPolicy.slice_ns
    #expect(try slice(core: nil, .share) == short && slice(core: core, .share) == short)
    #expect(try slice(core: core, .spin) == usual && slice(core: nil, nil) == usual)
    #expect(usual != short || usual == 0)
    let roles = CorePlan.allowedCores.count + 1
    #expect(CorePlan(roles: roles).reason.contains("in turns of 100 µs") == (usual > 0))
    #expect(!CorePlan(roles: 1).reason.contains("turns"))
  }

  @Test func aRolesSleepsEndWhenTheyAreDue() throws {
    let thread = RoleThread(SlackRole(), core: nil, onFailure: {})
    try thread.start()
    thread.join()
    #expect(thread.failure == nil && thread.role.slack_ns == "1\n")
  }

  private func thread(core: Int?) -> RoleThread<CountingRole> {
    RoleThread(CountingRole(), core: core, onFailure: {})
  }

  /// More stack than there are addresses: the kernel refuses, and nothing is left of the thread.
  @Test func aThreadThatTheKernelRefusesIsATypedErrorWithAdvice() throws {
    let thread = thread(core: nil)
    let failure = #expect(throws: ThreadFailure.self) { try thread.start(stackBytes: 1 << 47) }
    #expect(failure?.name == "counting" && failure?.description.contains("fewer --workers") == true)
    #expect(thread.isOver)
    thread.join()
    #expect(thread.role.runs == 0)
    try thread.start()
    thread.join()
    #expect(thread.role.runs == 1 && thread.isOver)
  }

  @Test func aRoleThatCannotBePinnedSaysSoAndRuns() throws {
    let thread = thread(core: 1_023)
    try thread.start()
    thread.join()
    #expect(thread.note?.contains("counting is not pinned to core 1023") == true)
    #expect(thread.role.runs == 1)
  }

  @Test func aRoleOnACoreThatIsThereHasNothingToSay() throws {
    let thread = thread(core: CorePlan.allowedCores.first)
    try thread.start()
    thread.join()
    #expect(thread.note == nil && thread.role.runs == 1)
  }
}
