import Foundation
import Glibc
import Testing
import TickRing

@testable import TickEngine

/// What the process of a role asks of the kernel, and whom it does not join.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct RoleLifeTests {
  private let scratch = Scratch()

  private static let mayRunInRealTime: Bool = {
    var priority = sched_param(sched_priority: 1)
    guard sched_setscheduler(0, SCHED_FIFO, &priority) == 0 else { return false }
    priority.sched_priority = 0
    return sched_setscheduler(0, SCHED_OTHER, &priority) == 0
  }()

  private func sender(_ more: [String], environment: [String: String] = [:]) throws -> Running {
    let verb = ["sender", "--workers", "1", "--venue", "none", "--name", "tickway.x"]
    return try Command.start(
      verb + ["--ring-dir", scratch.path] + more, environment: environment)
  }

  private func readySender(_ more: String...) throws -> Running {
    let socket = try NoticeSocket(scratch["notify"])
    let role = try sender(more, environment: ["NOTIFY_SOCKET": scratch["notify"]])
    try #require(eventually(within: 30) { socket.heard("READY=1") }, "\(role.error)")
    return role
  }

  /// The first number after a name in a file of a process under /proc.
  private func kernelSays(_ role: Running, _ file: String, _ name: String) throws -> Int? {
    let text = try String(contentsOfFile: "/proc/\(role.pid)/\(file)", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.dropFirst(name.count).split { !$0.isNumber }.first.flatMap { Int($0) }
  }

  @Test(.enabled(if: mayRunInRealTime, "NOT TESTED: this user may not run in real time"))
  func inRealTimeWhoSharesCoresIsEndedIfHeNeverWaits() throws {
    let role = try readySender("--realtime", "5", "--waiting", "share")
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(role.pid)/task")
    #expect(threads.count > 1)
    for thread in threads {
      #expect(sched_getscheduler(try #require(pid_t(thread))) == SCHED_FIFO)
    }
    #expect(try kernelSays(role, "limits", "Max realtime timeout") == 2_000_000)
    role.signal(SIGTERM)
    #expect(try role.wait().status == 143)
  }

  @Test func aNodeThatBindsNothingIsRefused() throws {
    let refused = try sender(["--node", "0"]).wait()
    #expect(refused.status == 64 && refused.error.contains("--memory require"))
  }

  @Test(
    .enabled(if: geteuid() == 0, "NOT TESTED: only root may lock so much"),
    arguments: [true, false])
  func memoryIsLockedIfThatIsAskedFor(isAsked: Bool) throws {
    let role = isAsked ? try readySender("--lock-memory") : try readySender()
    let locked_kb = try kernelSays(role, "status", "VmLck:") ?? -1
    #expect(isAsked ? locked_kb > 0 : locked_kb == 0, "\(locked_kb)")
    role.signal(SIGTERM)
    #expect(try role.wait().status == 143)
  }

  /// What may come in huge pages still has not come.
  @Test func whatASenderNeedNotHaveComesOnceItIsReady() throws {
    let role = try readySender()
    let smaps = "/proc/\(role.pid)/smaps"
    let hasCome = eventually(within: 30) {
      let text = (try? String(contentsOfFile: smaps, encoding: .utf8)) ?? " hg"
      return !text.contains(" hg")
    }
    #expect(hasCome)
    role.signal(SIGTERM)
    #expect(try role.wait().status == 143)
  }

  /// It calls for a minute, says so, and ends at once where nobody wants it any more.
  @Test(arguments: [SIGTERM, SIGINT])
  func aSenderThatCallsItsVenueSaysSoAndEndsWhenItIsTold(signal: Int32) throws {
    let limits = try scratch.limits()
    // Nobody listens there.
    let role = try Command.start([
      "sender", "--workers", "1", "--venue", "127.0.0.1:1", "--limits", limits, "--name",
      "tickway.x", "--reconnect", "60", "--ring-dir", scratch.path,
    ])
    let isCalling = eventually(within: 30) { role.error.contains("it is called again") }
    try #require(isCalling, "\(role.error)")
    role.signal(signal)
    let end = try role.wait(within: 30)
    #expect(end.status == 128 + signal && end.error.contains("told to stop"), "\(end)")
    #expect(end.error.components(separatedBy: "it is called again").count == 2, "\(end.error)")
  }

  @Test func anInstanceOfAnotherBuildIsNotJoined() throws {
    let regions = NodeRegions(instance: "x", directory: scratch.path)
    var shape = NodeShape()
    shape.workers = 1
    let table = try RoleTableWriter(
      claiming: regions.create(NodeRegions.plan(shape)[0]), roles: shape.roles)
    var header = RoleTableHeader()
    (header.roles, header.pid, header.buildHash) = (shape.roles, getpid(), 0xABCD)
    table.write(header)
    let end = try sender(["--place", "1", "--config-hash", "0"]).wait(within: 30)
    #expect(end.status == 78, "\(end)")
    let both = #/this is build ([0-9a-f]{16}), and the instance runs build 000000000000abcd/#
    let own = try #require(end.error.firstMatch(of: both), "\(end.error)").output.1
    #expect(own != "000000000000abcd" && own != "0000000000000000")
  }
}
