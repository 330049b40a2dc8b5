import CLinux
import Glibc
import TickRing

/// The shared memory of one set, as its supervisor has it: the control page, whose starter's words
/// it writes, and the role table, whose writer's role makes it the instance's supervisor.
///
/// Thread safety: its supervisor's thread.
final class SetMemory {
  let control: ControlPage
  let table: RoleTable
  /// Of a supervisor that died: its roles' lines, by place; empty: everything is new.
  let predecessor: [RoleTable.Line]

  private init(
    control: consuming ControlPage, table: consuming RoleTable, predecessor: [RoleTable.Line]
  ) {
    self.control = control
    self.table = table
    self.predecessor = predecessor
  }

  private static let tries = 5

  /// Becomes the supervisor of a set: makes its regions, or takes over those of one that died with
  /// its roles alive.
  ///
  /// - Throws: `SupervisorError`, `RingError`.
  static func open(
    _ plan: SetPlan, _ options: SupervisorOptions, _ observer: SupervisorObserver,
    make: (SetPlan) throws -> Void
  ) throws -> SetMemory {
    for _ in 0..<tries {
      if let memory = try attach(plan, options, observer) { return memory }
      SetRegions.remove(plan.prefix, directory: options.ringDirectory)
      do { try make(plan) } catch let error as RingError where error.kind == .exists {
        // Another start is at it: who claims the table is the one.
        usleep(20_000)
        continue
      }
      if let memory = try claimNew(plan, options) { return memory }
    }
    throw SupervisorError.alreadyRunning(prefix: plan.prefix, pid: 0)
  }

  private static func claim(
    _ plan: SetPlan, _ options: SupervisorOptions
  ) throws -> RoleTable? {
    do throws(RingError) {
      let region = try Region.attach(
        .metrics, directory: options.ringDirectory, name: "\(plan.prefix).metrics")
      return try RoleTable(claiming: region)
    } catch {
      switch error.kind {
      case .roleTaken:
        throw SupervisorError.alreadyRunning(prefix: plan.prefix, pid: error.ownerPid)
      case .permission, .owner: throw error
      // Not there, or left half made.
      default: return nil
      }
    }
  }

  private static func page(_ plan: SetPlan, _ options: SupervisorOptions) throws -> ControlPage {
    ControlPage(
      try Region.attach(
        .control, directory: options.ringDirectory, name: "\(plan.prefix).control"))
  }

  private static func claimNew(_ plan: SetPlan, _ options: SupervisorOptions) throws -> SetMemory? {
    guard let table = try claim(plan, options) else { return nil }
    table.write(header(plan, options))
    return SetMemory(control: try page(plan, options), table: table, predecessor: [])
  }

  private static func header(_ plan: SetPlan, _ options: SupervisorOptions) -> RoleTable.Header {
    RoleTable.Header(
      roles: plan.roles.count, pid: UInt64(getpid()), started_ns: clinux_realtime_ns(),
      buildHash: options.buildHash, configurationHash: options.configurationHash,
      onDeath: options.onDeath)
  }

  /// What a predecessor left, if its roles live and may be taken over; nil: nothing, or nothing that
  /// is still in use.
  private static func attach(
    _ plan: SetPlan, _ options: SupervisorOptions, _ observer: SupervisorObserver
  ) throws -> SetMemory? {
    guard let table = try claim(plan, options), let left = table.header else { return nil }
    let lines = (0..<left.roles).compactMap { table.line($0) }
    let living = lines.compactMap { RoleProcess.adopt(pid: $0.pid, startTicks: $0.startTicks) }
    guard !living.isEmpty else { return nil }
    guard left.buildHash == options.buildHash, left.roles == plan.roles.count,
      left.configurationHash == options.configurationHash
    else {
      throw SupervisorError.otherRoles(
        prefix: plan.prefix, running: hashes(left.buildHash, left.configurationHash),
        own: hashes(options.buildHash, options.configurationHash), pids: living.map(\.pid))
    }
    let control = try page(plan, options)
    guard left.onDeath == .continue, control.read(.ingestDone) == 0 else {
      observer.note("\(plan.prefix): waiting for the roles of a supervisor that died to end")
      try end(living, plan, options)
      return nil
    }
    var taken = header(plan, options)
    taken.venuePort = left.venuePort
    table.write(taken)
    return SetMemory(control: control, table: table, predecessor: lines)
  }

  private static func hashes(_ build: UInt64, _ configuration: UInt64) -> String {
    "build \(String(build, radix: 16)), configuration \(String(configuration, radix: 16))"
  }

  /// Roles whose supervisor died and that are to end with it: they have been told, and are told
  /// once more.
  private static func end(
    _ roles: [RoleProcess], _ plan: SetPlan, _ options: SupervisorOptions
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
    "control", "metrics", "board", "ticks", "orders", "events", "numbers", "tap",
    "feed",
  ]

  /// Removes them. Roles that are still attached keep their memory.
  static func remove(_ prefix: String, directory: String) {
    let infos = ((try? RegionInfo.list(directory: directory)) ?? [])
      .filter { $0.name.hasPrefix(prefix + ".") }
    // Orders in doubt hold the directory's numbers.
    let isOrderOut = infos.contains { $0.kind == .pool }
    if !isOrderOut { try? Region.remove(directory: directory, name: "\(prefix).directory") }
    for info in infos {
      let suffix = info.name.dropFirst(prefix.count + 1).prefix { $0 != "." }
      if suffixes.contains(suffix) { try? Region.remove(directory: directory, name: info.name) }
    }
  }
}
