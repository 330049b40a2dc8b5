import Foundation
import Glibc
import TickMetrics
import TickRing
import Testing

@testable import TickEngine

/// What an observer says of an instance is what its table says, held against what the kernel says.
@Suite(.timeLimit(.minutes(1))) struct NodeObserverTests {
  /// An instance `x` with an ingester, a worker and a sender, all of them this process.
  private final class Instance {
    let scratch: Scratch
    let regions: NodeRegions
    let table: RoleTableWriter
    let shape: NodeShape

    init() throws {
      scratch = try Scratch()
      regions = NodeRegions(instance: "x", directory: scratch.path)
      var shape = NodeShape()
      (shape.hasVenue, shape.tickSlots) = (false, 64)
      self.shape = shape
      let metrics = try regions.create(NodeRegions.plan(shape)[0])
      table = try RoleTableWriter(claiming: metrics, roles: shape.roles)
      var header = RoleTableHeader()
      (header.roles, header.pid, header.configurationHash) = (shape.roles, getpid(), 0xC0FFEE)
      table.write(header)
    }

    func stand(_ kind: RoleKind, _ place: Int, _ state: RoleState = .ready, pid: Int32 = getpid()) {
      var standing = RoleStanding(kind: kind, number: 0)
      (standing.state, standing.pid, standing.starts) = (state, pid, 2)
      table.write(standing, place: place)
    }

    func metrics(_ place: Int) throws -> RoleMetrics {
      try RoleMetrics(regions.attach(.metrics, "metrics"), place: place)
    }

    func look() throws -> NodeLook {
      try NodeObserver(instance: "x", ringDirectory: scratch.path).look()
    }
  }

  @Test func whatRolesTellIsSeenAsRatesAndPercentilesOfTheInterval() throws {
    let instance = try Instance()
    instance.stand(.ingester, 0)
    instance.stand(.worker, 1)
    instance.stand(.sender, 2, .starting)
    var ingester = try instance.metrics(0)
    let worker = try instance.metrics(1)
    ingester.tell(.ticks, 1_000)
    worker.histograms[1].record(5_000_000)
    let isDue = ingester.isDue(MonotonicClock.now)
    #expect(isDue)
    let earlier = try instance.look()
    ingester.tell(.ticks, 3_000)
    ingester.tell(.lineStates, 4 | 1 << 8 | 2 << 16)
    for _ in 0..<100 { worker.histograms[1].record(200) }
    let look = try instance.look()
    #expect(look.supervisor.isAlive && look.supervisor.pid == UInt64(getpid()))
    #expect(look.header?.configurationHash == 0xC0FFEE)
    #expect(look.roles.map { $0?.life } == [.ready, .ready, .starting])
    #expect(look.roles[0]?.silence_ns ?? .max < 60_000_000_000 && look.roles[1]?.silence_ns == nil)
    let seconds = Double(look.looked_ns - earlier.looked_ns) / 1e9
    #expect(try #require(look.rate(.ticks, 0, since: earlier)) * seconds - 2_000 < 1)
    #expect(look.rate(.packets, 0, since: earlier) == 0)
    let latency = try #require(look.latency(1, 1, since: earlier))
    #expect(latency.count == 100 && latency.p99 == 200 && latency.max < 300)
    // Nobody has made the sender's.
    #expect(look.latency(0, 2, since: earlier) == nil)
    let feed = try #require(look.roles[0]?.feed)
    #expect(feed.state == .degraded && feed.lines == [.live, .stale])
  }

  @Test func aRoleWhoseProcessIsGoneIsDeadWhateverItsTableSays() throws {
    let instance = try Instance()
    var pid = pid_t()
    try #require(posix_spawn(&pid, "/bin/true", nil, nil, [nil], nil) == 0)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    for (place, state) in [RoleState.starting, .ready, .ending].enumerated() {
      instance.stand(.worker, place, state, pid: pid)
    }
    #expect(try instance.look().roles.map { $0?.life } == [.dead, .dead, .dead])
    instance.stand(.worker, 0, .absent, pid: pid)
    instance.stand(.worker, 1, .dead)
    instance.stand(.worker, 2, .ready, pid: -1)
    #expect(try instance.look().roles.map { $0?.life } == [.absent, .dead, .dead])
  }

  @Test func aReadyRoleThatLostItsRingIsDeadThoughThePidLives() throws {
    let instance = try Instance()
    instance.stand(.ingester, 0)
    instance.stand(.worker, 1)
    instance.stand(.sender, 2)
    for region in NodeRegions.plan(instance.shape).dropFirst() {
      _ = try instance.regions.create(region)
    }
    #expect(try instance.look().roles.map { $0?.life } == [.dead, .dead, .dead])
    let ticks = try TickConsumer(claiming: instance.regions.attach(.ticks, "ticks.0"))
    let orders = try OrderConsumer(claiming: instance.regions.attach(.orders, "orders.0"))
    let look = try instance.look()
    #expect(look.roles.map { $0?.life } == [.dead, .ready, .ready])
    #expect(look.rings.map(\.suffix) == ["events.0", "orders.0", "ticks.0"])
    #expect(look.ring("ticks.0")?.info.capacity == 64)
    let capacities = [ticks.capacity, orders.capacity]
    #expect(capacities == [64, ReplayRegions.orderSlots])
  }

  @Test func aSilentRoleHangs() throws {
    let instance = try Instance()
    instance.stand(.ingester, 0)
    var ingester = try instance.metrics(0)
    let isDue = ingester.isDue(MonotonicClock.now - Heartbeat.silenceMax_ns - 1_000_000)
    #expect(isDue)
    #expect(try instance.look().roles[0]?.life == .hung)
  }

  @Test func aTableWithoutItsOwnerIsOneWithADeadSupervisor() throws {
    let scratch = try Scratch()
    do {
      let regions = NodeRegions(instance: "x", directory: scratch.path)
      var shape = NodeShape()
      shape.isTrading = false
      _ = try RoleTableWriter(
        claiming: regions.create(NodeRegions.plan(shape)[0]), roles: shape.roles)
    }
    let look = try NodeObserver(instance: "x", ringDirectory: scratch.path).look()
    #expect(!look.supervisor.isAlive && look.supervisor.pid == UInt64(getpid()))
    #expect(look.header == nil && look.roles.isEmpty)
    #expect(NodeObserver.running(ringDirectory: scratch.path).isEmpty)
  }

  @Test func whatIsNotThereOrOfAnotherKindIsSaid() throws {
    let scratch = try Scratch()
    let observer = NodeObserver(instance: "x", ringDirectory: scratch.path)
    func refusal() -> NodeObserverError? {
      do throws(NodeObserverError) {
        _ = try observer.look()
        return nil
      } catch { return error }
    }
    guard case .absent = refusal() else { return _ = Issue.record("it is there") }
    try Data("no region".utf8).write(to: URL(filePath: scratch.file("tickway.x.metrics")))
    guard case .region = refusal() else { return _ = Issue.record("it is none") }
  }

  /// Any words at all in the table, and a file cut short: a look is a value.
  @Test func nothingThatATableMayHoldStopsAnObserver() throws {
    let instance = try Instance()
    let lines = try SharedLines(instance.regions.attach(.metrics, "metrics"), .metrics)
    var random = SeededRandom(seed: 11)
    var looks: [NodeLook] = []
    for round in 0..<40 {
      for line in 0..<lines.count {
        // Standings whole, or nobody would look at the rest.
        let isHead = line < RoleTable.headerLines + 1
        for word in 0..<8 where !isHead || word > 0 {
          let value = random.next()
          lines.store(line, word, round % 2 == 0 ? value : value & 0xFF)
        }
      }
      lines.store(0, 1, RoleTable.version)
      let look = try instance.look()
      #expect(look.roles.count <= NodeObserver.rolesMax)
      for earlier in looks.suffix(2) { exercise(look, since: earlier) }
      looks.append(look)
    }
    #expect(truncate(instance.scratch.file("tickway.x.metrics"), 4_096) == 0)
    #expect(throws: NodeObserverError.self) { _ = try instance.look() }
  }

  private func exercise(_ look: NodeLook, since earlier: NodeLook) {
    for place in look.roles.indices {
      for counter in RoleCounter.allCases {
        if let rate = look.rate(counter, place, since: earlier) { #expect(rate >= 0) }
      }
      for stage in 0..<RoleTable.histogramsEach {
        if let latency = look.latency(stage, place, since: earlier) {
          _ = (latency.p50, latency.p999)
        }
      }
      _ = look.roles[place]?.feed
    }
  }
}
