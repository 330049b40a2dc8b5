import Foundation
import Glibc
import Testing

/// What becomes of an instance when its built-in venue dies: the next one has another session, of
/// which nothing that was before is true.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct VenueDeathTests {
  private func kill(_ role: String, of node: RunningNode, by signal: Int32 = SIGKILL) throws {
    let pid = try #require(node.pid(role))
    Glibc.kill(pid, signal)
    try node.waitForSuccessor(of: role, pid: pid)
  }

  private static let others = ["ingester", "worker-0", "worker-1", "sender"]

  /// Told to end, it says that its session is over; killed, it says nothing.
  @Test(arguments: [SIGKILL, SIGTERM])
  func withNothingOutTheSenderGoesOnInTheNewSession(signal: Int32) throws {
    let node = try RunningNode(port: 17_421)
    let pids = Self.others.map { node.pid($0) }
    try kill("venue", of: node, by: signal)
    try node.publish(try node.folder.synth(messages: 5_000))
    #expect(Self.others.map { node.pid($0) } == pids)
    let end = try node.end()
    #expect(end.status == 0, "\(end.error)")
    #expect(end.report["orders", "acked"].count ?? 0 > 0, "\(end.error)")
    #expect(end.report["roles"].list.map { $0["deaths"].count } == [0, 0, 0, 0, 1])
    #expect(node.rings.names.isEmpty, "\(node.rings.names)")
  }

  @Test func withOrdersOutTheSenderSaysSoAndStaysShutAndSoDoesItsSuccessor() throws {
    let node = try RunningNode(
      port: 17_423, worker: "{strategy: market-maker, symbols: share, policy: wait}")
    let capture = try node.folder.synth(messages: 20_000)
    try node.publish(capture)
    try node.require { self.open(node) > 0 }
    let pids = Self.others.map { node.pid($0) }
    try kill("venue", of: node)
    try node.require { node.process.error.contains("the venue has begun another session: ") }
    #expect(Self.others.map { node.pid($0) } == pids, "\(node.process.error)")
    try expectTripped(node)
    // Nothing leaves any more, also from a successor, which nobody lets trade either.
    try kill("sender", of: node)
    try expectTripped(node)
    try node.publish(capture)
    let end = try node.end()
    #expect(end.status == 69, "\(end.error)")
    #expect(end.error.contains(" in doubt at the venue, and nobody watches them"), "\(end.error)")
    let venue = try JSONValue(file: node.folder["reports/test.venue.json"])
    #expect(venue["orders", "received"].count == 0)
    #expect(node.rings.names.contains("tickway.test.pool"), "\(node.rings.names)")
    #expect(node.rings.names.contains("tickway.test.positions"), "\(node.rings.names)")
  }

  /// Orders that are open, as the sender counts them.
  private func open(_ node: RunningNode) -> UInt64 {
    let roles = (try? node.look()["roles"].list) ?? []
    return roles.first { $0["name"].text == "sender" }?["counters", "open"].count ?? 0
  }

  private func expectTripped(_ node: RunningNode) throws {
    try node.require {
      let state = try? Command.run([
        "state", "test", "--ring-dir", node.rings.path, "--state-dir", node.folder["state"],
      ])
      return state?.status == 11 && state?.output.contains("TRIPPED (reconciliation)") == true
        && state?.output.contains("trip is not in the state directory") == false
    }
  }
}
