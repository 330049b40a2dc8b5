import Foundation
import Testing

/// What becomes of the roles when their supervisor is killed.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SupervisorDeathTests {
  private func killed(_ running: Running) throws {
    running.signal(SIGKILL)
    #expect(try running.wait().status == -SIGKILL)
  }

  @Test func theRolesEndWithIt() throws {
    let node = StandInNode()
    try killed(try node.startReady())
    for name in StandInNode.names {
      let pid = try #require(node.pid(name))
      #expect(eventually(within: 30) { !node.isAlive(pid) }, "\(name)")
      #expect(node.count("told \(name)") == 1)
    }
    let next = try node.startReady()
    #expect(node.count("start sender") == 2)
    next.signal(SIGTERM)
    #expect(try next.wait().status == 0)
    node.expectNothingLeft()
  }

  @Test func theRolesGoOnAndTheNextStartTakesThemOver() throws {
    let node = StandInNode()
    node.continues = true
    try killed(try node.startReady())
    let pids = StandInNode.names.map { node.pid($0) }
    let next = try node.startReady()
    #expect(StandInNode.names.map { node.pid($0) } == pids)
    // It watches what is not its child, and starts its successor.
    kill(try #require(node.pid("worker-0")), SIGKILL)
    #expect(eventually(within: 30) { node.count("ready worker-0") == 2 }, "\(next.error)")
    #expect(node.pid("sender") == pids[3])
    next.signal(SIGTERM)
    let result = try next.wait()
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("printed by sender"))
    try node.expectOrder(["end ingester", "done worker-1", "end sender", "end worker-1"])
    node.expectNothingLeft()
  }

  @Test func whatDiedWithoutASupervisorIsStartedAgain() throws {
    let node = StandInNode()
    node.continues = true
    try killed(try node.startReady())
    let sender = try #require(node.pid("sender"))
    kill(sender, SIGKILL)
    #expect(eventually(within: 30) { !node.isAlive(sender) })
    let next = try node.startReady()
    #expect(node.count("start sender") == 2)
    #expect(node.count("start venue") == 1)
    #expect(node.log.last { $0.hasPrefix("start sender") }?.hasSuffix(":4711") == true)
    next.signal(SIGTERM)
    #expect(try next.wait().status == 0)
    node.expectNothingLeft()
  }

  @Test func rolesOfAnotherConfigurationAreRefusedByBothHashes() throws {
    let node = StandInNode()
    node.continues = true
    try killed(try node.startReady())
    node.configurationHash = 0xFACE
    let other = try node.start().wait()
    #expect(other.status == 70)
    #expect(other.error.contains("configuration 5eed"), "\(other.error)")
    #expect(other.error.contains("configuration face"), "\(other.error)")
    #expect(node.count("start sender") == 1)
    node.configurationHash = 0x5EED
    let next = try node.startReady()
    next.signal(SIGTERM)
    #expect(try next.wait().status == 0)
    node.expectNothingLeft()
  }
}
