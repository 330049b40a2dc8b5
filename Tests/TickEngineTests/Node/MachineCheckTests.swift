import Foundation
import TickEngine
import Testing

/// What a configuration cannot be on a machine.
@Suite struct MachineCheckTests {
  private func places(_ configuration: NodeConfiguration, _ machine: MachineCores) -> [String] {
    MachineCheck(configuration, machine).faults.map(\.place)
  }

  @Test func withoutCoresItRunsOnAnyMachine() {
    #expect(places(nodeConfiguration(), twoCores) == [])
    #expect(MachineCheck(nodeConfiguration(), .here).faults == [])
  }

  @Test func aLineThatCannotBeListenedToIsRefused() {
    var configuration = nodeConfiguration()
    configuration.feed.interface = "none-such"
    #expect(places(configuration, twoCores) == ["feed.interface"])
    configuration.feed.interface = "127.0.0.1"
    #expect(places(configuration, twoCores) == [])
    configuration.feed.lineB = LineAddress("127.0.0.9:5000")
    #expect(places(configuration, twoCores) == [])
    // For documentation (RFC 5737): nobody's.
    configuration.feed.lineB = LineAddress("192.0.2.1:5000")
    #expect(places(configuration, twoCores) == ["feed.line_b"])
  }

  @Test func aCoreOrNodeThatIsNotThereIsRefused() {
    var configuration = nodeConfiguration()
    configuration.sets[0].ingester.core = 2
    #expect(places(configuration, twoCores) == ["sets[0].ingester.core"])
    configuration.sets[0].ingester.core = nil
    configuration.sets[0].node = 1
    #expect(places(configuration, twoCores) == ["sets[0].node"])
    #expect(places(configuration, twoNodes) == [])
  }

  @Test func aCoreOfAnotherNodeIsRefusedUnlessTheRoleSaysSo() {
    var configuration = nodeConfiguration()
    configuration.sets[0].node = 1
    configuration.sets[0].ingester.core = 3
    #expect(places(configuration, twoNodes) == ["sets[0].ingester.core"])
    configuration.sets[0].ingester.node = 0
    #expect(places(configuration, twoNodes) == [])
  }

  @Test func withSeveralNodesASetNeedsOne() {
    var configuration = nodeConfiguration()
    #expect(places(configuration, twoNodes) == ["sets[0]"])
    configuration.memory.binding = .off
    #expect(places(configuration, twoNodes) == [])
  }

  @Test func rolesThatCannotAllSpinAreRefused() {
    var configuration = nodeConfiguration()
    configuration.waiting = .spin
    #expect(places(configuration, twoCores) == ["waiting"])
    configuration.sets[0].node = 0
    configuration.waiting = .auto
    configuration.scheduling.realtimePriority = 10
    #expect(places(configuration, twoCores) == ["scheduling.realtime_priority"])
    #expect(places(configuration, MachineCores(allowed: Array(0..<5))) == [])
  }

  @Test func directoriesMustBeThereOrBeMakeable() throws {
    let scratch = try Scratch()
    try "x".write(toFile: scratch.file("file"), atomically: false, encoding: .utf8)
    var configuration = nodeConfiguration()
    configuration.directories.rings = scratch.file("absent")
    configuration.directories.state = scratch.file("file/state")
    configuration.directories.reports = scratch.file("a/b/c")
    #expect(
      places(configuration, twoCores) == ["directories.rings", "directories.state"])
  }

  @Test func aPasswordThatOthersMayReadIsRefused() throws {
    let scratch = try Scratch()
    let path = scratch.file("password")
    try "geheim\nand more".write(toFile: path, atomically: false, encoding: .utf8)
    var configuration = nodeConfiguration()
    configuration.venue.password = .file(path)
    for mode in [0o640, 0o604, 0o620, 0o601] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect(places(configuration, twoCores) == ["venue.password_file"])
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(places(configuration, twoCores) == [])
    #expect(try configuration.venue.password?.read([:]) == "geheim")
    configuration.venue.password = .file(scratch.file("absent"))
    #expect(places(configuration, twoCores) == ["venue.password_file"])
  }

  @Test func aSecretThatIsNotThereIsToldWithoutIt() throws {
    let secret = NodeConfiguration.Secret.environment("VENUE_PASSWORD")
    #expect(try secret.read(["VENUE_PASSWORD": "geheim"]) == "geheim")
    #expect(throws: SecretFailure.self) { try secret.read([:]) }
    do {
      _ = try secret.read(["VENUE_PASSWORD": "much longer than any"])
      Issue.record("taken")
    } catch { #expect(!"\(error)".contains("much")) }
  }
}
