import Foundation
import Testing
import TickRing

@testable import TickEngine

/// A role that its supervisor started, and whose supervisor is gone before it is ready.
@Suite(.serialized, .timeLimit(.minutes(2)))
final class UnheardRoleTests {
  private let scratch = Scratch()
  private let table: RoleTableWriter

  init() throws {
    let regions = NodeRegions(instance: "x", directory: scratch.path)
    var shape = NodeShape()
    shape.workers = 1
    table = try RoleTableWriter(
      claiming: regions.create(NodeRegions.plan(shape)[0]), roles: shape.roles)
    var header = RoleTableHeader()
    (header.roles, header.pid) = (shape.roles, getpid())
    table.write(header)
    // The venue makes nothing: its market is there, or it does not start.
    for region in NodeRegions.plan(shape).dropFirst() { _ = try regions.create(region) }
  }

  private static let verbs = [
    ["worker", "--number", "0", "--workers", "1"],
    ["sender", "--workers", "1", "--venue", "none"],
    [
      "ingest", "--feed", "iex", "--line-a", "239.255.79.1:17431", "--interface", "127.0.0.1",
      "--workers", "1", "--tap", "--gate", "--keep",
    ],
    ["venue", "--ring", "tickway.x.tap", "--directory", "tickway.x.directory"],
  ]

  private func start(_ verb: [String], _ more: String..., to socket: String) throws -> Running {
    try Command.start(
      verb + ["--name", "tickway.x", "--ring-dir", scratch.path] + more,
      environment: ["NOTIFY_SOCKET": socket])
  }

  @Test(arguments: verbs) func aRoleOfAnInstanceEnds(verb: [String]) throws {
    let role = try start(verb, "--place", "0", to: "@tickway-nobody-\(getpid())")
    let end = try role.wait(within: 30)
    #expect(end.status == 74, "\(end)")
    #expect(end.error.contains("the supervisor that started this role is gone"), "\(end.error)")
  }

  @Test func oneThatIsHeardLivesOn() throws {
    let socket = try NoticeSocket(scratch["notify"])
    let role = try start(Self.verbs[0], "--place", "0", to: scratch["notify"])
    #expect(eventually(within: 30) { socket.heard("READY=1") }, "\(role.error)")
    #expect(role.isRunning)
    role.signal(SIGTERM)
    #expect(try role.wait().status == 143)
  }
}
