import Foundation
import Testing

/// Real processes, with nothing in them but what a supervisor sees.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SupervisorTests {
  @Test func rolesStartInTheirOrderEachOnceTheLastIsReady() throws {
    let node = StandInNode()
    let running = try node.startReady()
    try node.expectOrder([
      "start venue", "ready venue", "start sender", "ready sender", "start worker-0",
      "ready worker-0", "start ingester",
    ])
    try node.expectOrder(["ready sender", "start worker-1", "ready worker-1", "start ingester"])
    #expect(try node.log[node.place("start sender")].hasSuffix("127.0.0.1:4711"))
    running.signal(SIGTERM)
    #expect(try running.wait().status == 0)
  }

  @Test func theEndIsInOrderAndLeavesNothing() throws {
    let node = StandInNode()
    let running = try node.startReady()
    running.signal(SIGTERM)
    let result = try running.wait()
    #expect(result.status == 0, "\(result.error)")
    for worker in ["worker-0", "worker-1"] {
      try node.expectOrder([
        "end ingester", "done \(worker)", "end sender", "end \(worker)", "end venue",
      ])
      #expect(node.count("told \(worker)") == 0)
    }
    #expect(result.output.contains("== sender\nprinted by sender\n"))
    node.expectNothingLeft()
  }

  @Test func aRoleThatIsNeverReadyEndsTheStart() throws {
    let node = StandInNode()
    node.readyMax_s = 0.5
    node.behaviours["worker-1"] = ["never-ready"]
    let result = try node.start().wait()
    #expect(result.status == 1)
    #expect(result.error.contains("worker-1 was not ready 0.5 s after its start"))
    #expect(node.count("start ingester") == 0)
    try node.expectOrder(["end sender", "end worker-0", "end venue"])
    node.expectNothingLeft()
  }

  @Test func aRoleThatEndsBeforeItIsReadyGivesItsExitCode() throws {
    let node = StandInNode()
    node.behaviours["sender"] = ["exit=69", "says=no venue there"]
    let result = try node.start().wait()
    #expect(result.status == 69)
    #expect(result.error.contains("sender: no venue there\n"))
    #expect(node.count("start sender") == 1)
    node.expectNothingLeft()
  }

  @Test func whatDiesIsStartedAgainAndTheOthersLiveOn() throws {
    let node = StandInNode()
    node.restartsPerMinute = 100
    let running = try node.startReady()
    for name in StandInNode.names {
      let others = StandInNode.names.filter { $0 != name }.map { node.pid($0) }
      kill(try #require(node.pid(name)), SIGKILL)
      #expect(eventually(within: 30) { node.count("ready \(name)") == 2 }, "\(running.error)")
      #expect(StandInNode.names.filter { $0 != name }.map { node.pid($0) } == others)
    }
    // A role that is told to end by somebody else is missed all the same.
    kill(try #require(node.pid("worker-0")), SIGTERM)
    #expect(eventually(within: 30) { node.count("ready worker-0") == 3 }, "\(running.error)")
    running.signal(SIGTERM)
    #expect(try running.wait().status == 0)
    node.expectNothingLeft()
  }

  private func niceness(_ pid: Int32) -> Int32 {
    getpriority(Int32(PRIO_PROCESS.rawValue), id_t(pid))
  }

  @Test(.enabled(if: geteuid() == 0, "NOT TESTED: only root may be less nice"))
  func whatIsStartedAgainHurriesUntilItIsReady() throws {
    let node = StandInNode()
    let running = try node.startReady()
    let usual = niceness(0)
    #expect(node.log.filter { $0.hasPrefix("niceness ") }.allSatisfy { $0.hasSuffix(" \(usual)") })
    kill(try #require(node.pid("sender")), SIGKILL)
    #expect(eventually(within: 30) { node.count("ready sender") == 2 }, "\(running.error)")
    #expect(node.count("niceness sender \(max(-20, usual - 10))") == 1, "\(node.log)")
    let sender = try #require(node.pid("sender"))
    #expect(eventually(within: 30) { niceness(sender) == usual })
    running.signal(SIGTERM)
    #expect(try running.wait().status == 0)
  }

  @Test func aRoleThatKeepsDyingEndsTheInstanceInOrder() throws {
    let node = StandInNode()
    node.restartsMax = 2
    node.behaviours["worker-1"] = ["dies"]
    let result = try node.start().wait()
    #expect(result.status == 128 + SIGKILL)
    #expect(result.error.contains("worker-1 died 3 times"), "\(result.error)")
    #expect(node.count("start worker-1") == 3)
    try node.expectOrder(["end sender", "end worker-0", "end venue"])
    node.expectNothingLeft()
  }

  @Test func aSenderThatIsCutOffWhileItEndsIsStartedAgain() throws {
    let node = StandInNode()
    node.behaviours["sender"] = ["dies-at-end"]
    let running = try node.startReady()
    running.signal(SIGTERM)
    let result = try running.wait()
    #expect(result.status == 0, "\(result.error)")
    #expect(node.count("start sender") == 2)
    try node.expectOrder(["end sender", "end worker-0", "end venue"])
  }

  /// What it had open at the venue is for its successor to cancel, also when that waits still.
  @Test func aSenderThatIsDeadAtTheEndIsStartedAgain() throws {
    let node = StandInNode()
    node.restartsPerMinute = 0
    let running = try node.startReady()
    kill(try #require(node.pid("sender")), SIGKILL)
    #expect(eventually(within: 30) { running.error.contains("it is started again in 1.0 s") })
    running.signal(SIGTERM)
    let result = try running.wait()
    #expect(result.status == 0, "\(result.error)")
    #expect(node.count("start sender") == 2)
    try node.expectOrder(["done worker-0", "end sender", "end worker-0", "end venue"])
    node.expectNothingLeft()
  }

  @Test func aSecondSignalHurriesAndWhatIsDeafIsKilled() throws {
    let node = StandInNode()
    node.behaviours["ingester"] = ["deaf"]
    let running = try node.startReady()
    running.signal(SIGTERM)
    #expect(eventually(within: 30) { node.count("told ingester") == 1 })
    running.signal(SIGTERM)
    let result = try running.wait()
    #expect(result.status == 128 + SIGKILL)
    #expect(result.error.contains("ingester: killed"), "\(result.error)")
    try node.expectOrder(["end sender", "end worker-0", "end venue"])
    node.expectNothingLeft()
  }

  @Test func aSecondSupervisorOfTheNameIsRefusedByPid() throws {
    let node = StandInNode()
    let running = try node.startReady()
    let second = try node.start().wait()
    #expect(second.status == 5)
    #expect(second.error.contains("process \(running.pid) already"), "\(second.error)")
    #expect(node.count("start sender") == 1)
    running.signal(SIGTERM)
    #expect(try running.wait().status == 0)
  }

  @Test func aServiceManagerHearsOfReadinessLifeAndEnd() throws {
    let node = StandInNode()
    let socket = try NoticeSocket(node.folder["notify"])
    let running = try node.start(environment: [
      "NOTIFY_SOCKET": node.folder["notify"], "WATCHDOG_USEC": "20000",
    ])
    #expect(eventually(within: 30) { socket.heard("READY=1") }, "\(running.error)")
    #expect(node.count("ready ingester") == 1)
    #expect(eventually(within: 30) { socket.heard("WATCHDOG=1") })
    #expect(!socket.heard("STOPPING=1"))
    running.signal(SIGTERM)
    #expect(try running.wait().status == 0)
    #expect(socket.heard("STOPPING=1"))
  }

  @Test func aTerminalsSignalReachesTheSupervisorAlone() throws {
    let node = StandInNode()
    let running = try node.startReady()
    for name in StandInNode.names {
      let pid = try #require(node.pid(name))
      #expect(getpgid(pid) == pid)
    }
    running.signal(SIGINT)
    #expect(try running.wait().status == 0)
  }
}
