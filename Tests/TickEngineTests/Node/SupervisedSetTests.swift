import Foundation
import Testing
import TickRing

@testable import TickEngine

/// A set's memory and roles, without the supervisor around them.
@Suite(.timeLimit(.minutes(1))) struct SupervisedSetTests {
  private let scratch: Scratch
  private let options: SupervisorOptions
  private let observer = SupervisorObserver()

  init() throws {
    scratch = try Scratch()
    var options = SupervisorOptions()
    options.ringDirectory = scratch.path
    options.onDeath = .continue
    self.options = options
  }

  private func sleeper(_ kind: RoleKind) -> RoleLaunch {
    RoleLaunch(kind, path: "/bin/sleep", arguments: ["600"])
  }

  /// A dead child that nobody has taken would be in the way of tests that wait for any of theirs.
  private func bury(_ process: WatchedProcess?) {
    guard let process else { return }
    process.send(SIGKILL)
    while process.reap() == nil { usleep(1_000) }
  }

  private func make(_ set: SetPlan) throws {
    for region in [
      NodeRegion("control", .control, ControlPage.capacity),
      NodeRegion("metrics", .metrics, RoleTable.capacity(roles: set.roles.count)),
    ] { _ = try NodeRegions(prefix: set.prefix, directory: scratch.path).create(region) }
  }

  private func open(
    _ plan: SetPlan, make: ((SetPlan) throws -> Void)? = nil
  ) throws -> SetMemory {
    try SetMemory.open(plan, options, observer, make: make ?? self.make)
  }

  /// What is due and must wait for others is nothing to wake up for: a supervisor would spin.
  @Test func aDeadWorkerIsNotDueBeforeTheSenderIsReady() throws {
    let plan = SetPlan(
      prefix: "tickway.set", roles: [sleeper(.worker), sleeper(.sender), sleeper(.venue)])
    let venue = try WatchedProcess.start(
      plan.roles[2], arguments: ["600"], environment: [:], onDeath: .continue)
    defer { bury(venue) }
    var memory: SetMemory? = try open(plan)
    for (place, launch) in plan.roles.enumerated() {
      var standing = RoleStanding(kind: launch.kind, number: 0)
      if launch.kind == .worker { (standing.state, standing.starts) = (.ready, 1) }
      if launch.kind == .venue {
        (standing.state, standing.starts) = (.ready, 1)
        (standing.pid, standing.startTicks) = (venue.pid, venue.startTicks)
      }
      memory?.table.write(standing, place: place)
    }
    // It dies, and its venue lives on.
    memory = nil
    let set = SupervisedSet(plan, try open(plan), options, observer, environment: [:])
    defer { for role in set.roles { bury(role.process) } }
    let now = MonotonicClock.now
    set.step(at: now)
    #expect(set.phase == .starting && set.roles.map(\.history.starts) == [1, 1, 1])
    guard case .waiting = set.roles[0].state else {
      Issue.record("not waiting")
      return
    }
    #expect(try #require(set.deadline(after: now)) > now)
  }

  /// Both look, find nothing, and would make: the second finds the first one's instead.
  @Test func ofTwoStartsOfANameTheSecondIsRefusedByPid() throws {
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    let (isInside, otherMakes) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isOver = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var refusal: (any Error)?
    let test = self
    Thread.detachNewThread {
      isInside.wait()
      do {
        _ = try test.open(plan) { set in
          otherMakes.signal()
          try test.make(set)
        }
      } catch { refusal = error }
      isOver.signal()
    }
    let memory = try open(plan) { set in
      try make(set)
      isInside.signal()
      // Time enough for it to come in, if it can.
      #expect(otherMakes.wait(timeout: .now() + 0.3) == .timedOut)
    }
    isOver.wait()
    #expect(
      refusal as? SupervisorError
        == .alreadyRunning(prefix: plan.prefix, pid: UInt64(getpid())), "\(refusal as Any)")
    #expect(memory.control.read(.ingestDone) == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).count == 2)
  }

  @Test func whatAFailedStartMadeIsGone() throws {
    struct Failure: Error {}
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    #expect(throws: Failure.self) {
      try open(plan) { set in
        try make(set)
        throw Failure()
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
  }

  /// Also where the last step fails: somebody else has the table, who keeps to no lock.
  @Test func whatAStartMadeBesideItsRegionsIsGoneAsWell() throws {
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    let beside = scratch.file("positions.csv")
    let other = Other()
    let refusal = #expect(throws: SupervisorError.self) {
      try SetMemory.open(
        plan, options, observer, unmake: { _ in _ = unlink(beside) },
        make: { set in
          try Data("here".utf8).write(to: URL(filePath: beside))
          try make(set)
          let table = try Region.attach(
            .metrics, directory: scratch.path, name: "tickway.set.metrics")
          other.table = try RoleTableWriter(claiming: table, roles: 1)
        })
    }
    #expect(refusal == .alreadyRunning(prefix: "tickway.set", pid: UInt64(getpid())))
    #expect(try !left().contains("positions.csv"))
    #expect(other.hasTable)
  }

  private final class Other {
    var table: RoleTableWriter?
    var hasTable: Bool { table != nil }
  }

  private func left() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
  }

  /// It may be a living instance's, of the package before: nothing of it is taken away.
  @Test func aTableOfAnotherVersionIsToldAndStays() throws {
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    let memory = try open(plan)
    let file = try FileHandle(forUpdating: URL(filePath: scratch.file("tickway.set.metrics")))
    // The version, after the magic.
    try file.seek(toOffset: 8)
    try file.write(contentsOf: Data([99, 0, 0, 0]))
    let refusal = #expect(throws: SupervisorError.self) { try open(plan) }
    guard case .unusable = refusal else {
      Issue.record("\(refusal as Any)")
      return
    }
    #expect(try left() == ["tickway.set.control", "tickway.set.metrics"])
    #expect(memory.control.read(.ingestDone) == 0)
  }

  @Test func aTableThatWasLeftHalfMadeIsReplacedUnlessSomebodyHasIt() throws {
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    try make(plan)
    var other: Region? = try Region.attach(
      .metrics, directory: scratch.path, name: "tickway.set.metrics")
    #expect(other?.capacity ?? 0 > 0)
    try FileHandle(forUpdating: URL(filePath: scratch.file("tickway.set.metrics")))
      .truncate(atOffset: 4_096)
    let refusal = #expect(throws: SupervisorError.self) { try open(plan) }
    guard case .unusable = refusal else {
      Issue.record("\(refusal as Any)")
      return
    }
    other = nil
    _ = try open(plan)
  }

  /// A role that was started by hand, without a table.
  @Test func aRegionWhoseProducerLivesIsNotTakenAway() throws {
    let plan = SetPlan(prefix: "tickway.set", roles: [sleeper(.worker)])
    var producer: RecordProducer<OrderRequest>? = try RecordProducer(
      claiming: Region.create(
        .orders, directory: scratch.path, name: "tickway.set.orders.0", capacity: 8))
    let path = scratch.file("tickway.set.orders.0")
    #expect(throws: SupervisorError.inUse(path: path, pid: UInt64(getpid()))) { try open(plan) }
    #expect(try left() == ["tickway.set.orders.0"])
    producer = nil
    _ = try open(plan)
    #expect(try !left().contains("tickway.set.orders.0"))
    _ = consume producer
  }

  /// A lock that somebody keeps is told, and not waited for for ever.
  @Test func aDirectoryThatStaysLockedIsTold() throws {
    try StartLock.holding(scratch.path) {
      #expect(throws: SupervisorError.startUnderWay(directory: scratch.path, seconds: 0.05)) {
        try StartLock.holding(scratch.path, wait_s: 0.05) {}
      }
    }
    try StartLock.holding(scratch.path, wait_s: 0) {}
  }
}
