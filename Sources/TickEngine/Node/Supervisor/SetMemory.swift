import CLinux
import Glibc
import TickRing

/// The shared memory of one set, as its supervisor has it: the control page, whose starter's words
/// it writes, and the role table, whose writer's role makes it the instance's supervisor.
///
/// Thread safety: its supervisor's thread.
final class SetMemory {
  let control: ControlPage
  let table: RoleTableWriter
  /// Of a supervisor that died: its roles' lines, by place; empty: everything is new.
  let predecessor: [RoleStanding]
  var header: RoleTableHeader { didSet { table.write(header) } }

  private init(
    control: consuming ControlPage, table: consuming RoleTableWriter, header: RoleTableHeader,
    predecessor: [RoleStanding]
  ) {
    self.control = control
    self.table = table
    self.header = header
    self.predecessor = predecessor
    self.table.write(header)
  }

  private static let tries = 5

  /// What a look at a set's regions comes to.
  private enum Found {
    case memory(SetMemory)
    /// Roles of a supervisor that died, which are to end first.
    case ending([WatchedProcess])
    /// Somebody who keeps to no lock is at it, or what is there cannot be taken away.
    case changing(any Error)
  }

  /// Becomes the supervisor of a set: makes its regions, or takes over those of one that died with
  /// its roles alive. What it made is gone again when it throws.
  ///
  /// - Parameter unmake: takes away what `make` makes beside regions, whether or not it came to it.
  /// - Throws: `SupervisorError`, `RingError`, and what `make` throws.
  static func open(
    _ plan: SetPlan, _ options: SupervisorOptions, _ observer: SupervisorObserver,
    unmake: (SetPlan) -> Void = { _ in }, make: (SetPlan) throws -> Void
  ) throws -> SetMemory {
    var last: (any Error)?
    for _ in 0..<tries {
      let found = try StartLock.holding(options.ringDirectory) {
        try takeOver(plan, options, observer)
          ?? create(plan, options, unmake: unmake, make: make)
      }
      switch found {
      case .memory(let memory): return memory
      case .ending(let roles): try end(roles, plan, options)
      case .changing(let error):
        last = error
        usleep(20_000)
      }
    }
    throw last ?? SupervisorError.unsettled(prefix: plan.prefix)
  }

  /// In place of what is no longer in use.
  private static func create(
    _ plan: SetPlan, _ options: SupervisorOptions, unmake: (SetPlan) -> Void,
    make: (SetPlan) throws -> Void
  ) throws -> Found {
    try SetRegions.clear(plan.prefix, directory: options.ringDirectory)
    do {
      try make(plan)
      guard let claim = try claim(plan, options), claim.reader.header == nil else {
        throw SupervisorError.unsettled(prefix: plan.prefix)
      }
      return .memory(
        SetMemory(
          control: try page(plan, options), table: claim.writer, header: header(options),
          predecessor: []))
    } catch let error as RingError where error.kind == .exists {
      unmake(plan)
      return .changing(error)
    } catch {
      unmake(plan)
      try? SetRegions.clear(plan.prefix, directory: options.ringDirectory)
      if let error = error as? SupervisorError, case .unsettled = error { return .changing(error) }
      throw error
    }
  }

  /// Takes away what this start made, since another part of it failed. What it took over is in use.
  func abandon(_ plan: SetPlan, _ options: SupervisorOptions, unmake: (SetPlan) -> Void) {
    guard predecessor.isEmpty else { return }
    try? StartLock.holding(options.ringDirectory) {
      unmake(plan)
      SetRegions.remove(plan.prefix, directory: options.ringDirectory)
    }
  }

  /// A table, and its writer's role: nobody else runs the instance.
  private struct Claim: ~Copyable {
    let reader: RoleTableReader
    let writer: RoleTableWriter
  }

  /// nil: there is no table, or no whole one. Everything else says nothing of whether the instance
  /// runs, so it is told: what runs must never be taken for what is left.
  private static func claim(_ plan: SetPlan, _ options: SupervisorOptions) throws -> Claim? {
    do throws(RingError) {
      let region = try table(plan, options)
      let reader = try RoleTableReader(region.duplicate())
      // A new one says nothing yet.
      let roles = reader.header?.roles ?? plan.roles.count
      guard region.capacity >= RoleTable.capacity(roles: roles) else { return nil }
      let writer = try RoleTableWriter(claiming: region, roles: roles)
      return Claim(reader: reader, writer: writer)
    } catch {
      switch error.kind {
      case .roleTaken:
        throw SupervisorError.alreadyRunning(prefix: plan.prefix, pid: error.ownerPid)
      case .absent: return nil
      case .notARegion, .size, .version, .layout, .kind:
        let isHalfMade = error.kind == .notARegion || error.kind == .size
        if isHalfMade, removeUnusedTable(plan, options) { return nil }
        throw SupervisorError.unusable(
          directory: options.ringDirectory, name: tableName(plan), reason: error.reason)
      default: throw error
      }
    }
  }

  /// False: somebody is attached, or it is no region at all.
  private static func removeUnusedTable(_ plan: SetPlan, _ options: SupervisorOptions) -> Bool {
    do throws(RingError) {
      try RegionInfo(directory: options.ringDirectory, name: tableName(plan)).removeUnused()
      return true
    } catch { return false }
  }

  private static func tableName(_ plan: SetPlan) -> String { "\(plan.prefix).metrics" }

  private static func table(_ plan: SetPlan, _ options: SupervisorOptions) throws(RingError)
    -> Region
  {
    try Region.attach(.metrics, directory: options.ringDirectory, name: tableName(plan))
  }

  private static func page(_ plan: SetPlan, _ options: SupervisorOptions) throws -> ControlPage {
    ControlPage(
      try Region.attach(
        .control, directory: options.ringDirectory, name: "\(plan.prefix).control"))
  }

  private static func header(_ options: SupervisorOptions) -> RoleTableHeader {
    var header = RoleTableHeader()
    header.pid = getpid()
    header.started_ns = clinux_realtime_ns()
    header.buildHash = options.buildHash
    header.configurationHash = options.configurationHash
    header.isOutlived = options.onDeath == .continue
    return header
  }

  /// What a predecessor left, if its roles live and may be taken over; nil: nothing, or nothing
  /// that is still in use.
  private static func takeOver(
    _ plan: SetPlan, _ options: SupervisorOptions, _ observer: SupervisorObserver
  ) throws -> Found? {
    guard let claim = try claim(plan, options), let left = claim.reader.header else { return nil }
    let standings = standings(claim.reader, roles: left.roles)
    let living = standings.compactMap {
      WatchedProcess.adopt(pid: $0.pid, startTicks: $0.startTicks)
    }
    guard !living.isEmpty else { return nil }
    guard left.buildHash == options.buildHash,
      left.configurationHash == options.configurationHash, standings.count == plan.roles.count
    else {
      throw SupervisorError.otherRoles(
        prefix: plan.prefix, running: hashes(left.buildHash, left.configurationHash),
        own: hashes(options.buildHash, options.configurationHash), pids: living.map(\.pid))
    }
    let control = try page(plan, options)
    guard left.isOutlived, control.read(.ingestDone) == 0 else {
      observer.note("\(plan.prefix): waiting for the roles of a supervisor that died to end")
      return .ending(living)
    }
    var header = header(options)
    header.venuePort = left.venuePort
    return .memory(
      SetMemory(
        control: control, table: claim.writer, header: header, predecessor: standings))
  }

  private static func standings(
    _ reader: borrowing RoleTableReader, roles: Int
  ) -> [RoleStanding] {
    var found: [RoleStanding] = []
    for place in 0..<roles { if let standing = reader.standing(place) { found.append(standing) } }
    return found
  }

  private static func hashes(_ build: UInt64, _ configuration: UInt64) -> String {
    "build \(String(build, radix: 16)), configuration \(String(configuration, radix: 16))"
  }

  /// Roles whose supervisor died and that are to end with it: they have been told, and are told
  /// once more.
  private static func end(
    _ roles: [WatchedProcess], _ plan: SetPlan, _ options: SupervisorOptions
  ) throws {
    for role in roles { role.send(SIGTERM) }
    let until = MonotonicClock.now + UInt64(options.drainMax_s * 1e9)
    for role in roles {
      while !role.hasEnded && MonotonicClock.now < until {
        _ = clinux_process_wait(role.descriptor, 100)
      }
    }
    let left = roles.filter { !$0.hasEnded }.map(\.pid)
    guard left.isEmpty else { throw SupervisorError.leftRoles(prefix: plan.prefix, pids: left) }
  }
}

/// The regions of a set, by name.
enum SetRegions {
  /// What belongs to one run: all but what outlives it, such as the pool of orders in doubt.
  private static let suffixes: Set<Substring> = [
    "control", "metrics", "board", "ticks", "orders", "events", "numbers", "tap", "feed",
  ]

  /// Removes them. Roles that are still attached keep their memory.
  static func remove(_ prefix: String, directory: String) {
    for info in own(prefix, directory) {
      try? Region.remove(directory: directory, name: info.name)
    }
  }

  /// Removes them for a start, unless a living process holds a role in one of them. Whoever merely
  /// watches keeps the memory, and delays no start.
  static func clear(_ prefix: String, directory: String) throws(SupervisorError) {
    for info in own(prefix, directory) {
      guard let owner = [info.producer, info.consumer].first(where: \.isAlive) else { continue }
      throw .inUse(path: "\(directory)/\(info.name)", pid: owner.pid)
    }
    remove(prefix, directory: directory)
  }

  /// The role table is the last: while it is there it keeps others out.
  private static func own(_ prefix: String, _ directory: String) -> [RegionInfo] {
    let infos = ((try? RegionInfo.list(directory: directory)) ?? [])
      .filter { $0.name.hasPrefix(prefix + ".") }
    // Orders in doubt hold the directory's numbers.
    let isOrderOut = infos.contains { $0.kind == .pool }
    let found = infos.filter { info in
      let suffix = info.name.dropFirst(prefix.count + 1)
      return suffixes.contains(suffix.prefix { $0 != "." }) || suffix == "directory" && !isOrderOut
    }
    let table = "\(prefix).metrics"
    return found.filter { $0.name != table } + found.filter { $0.name == table }
  }
}
