import Foundation
import TickMetrics
import TickRing

/// What came of a run of an instance's processes.
public struct NodeOutcome {
  /// One set's part, with the report merged of its roles.
  public struct SetOutcome {
    /// The name of the set's own instance.
    public let instance: String
    public let outcome: ReplayOutcome
  }
  public var sets: [SetOutcome]
  /// Why it ended by itself, or not in order.
  public var failure: SupervisorError?
  /// SIGTERM or SIGINT, if that ended it.
  public var signal: Int32
}

/// Runs an instance: all of its roles as processes, by a supervisor, in regions that are made
/// before and gone after.
///
/// Thread: the process' main one.
public struct NodeRun {
  private let plan: NodePlan
  private let observer: SupervisorObserver
  private let options: SupervisorOptions
  private let sets: [SetPlan]

  /// - Parameters:
  ///   - program: the `tickway` that the roles are verbs of.
  ///   - environment: this process', where secrets may be.
  /// - Throws: `SecretFailure`.
  public init(
    _ plan: NodePlan, program: String, environment: [String: String],
    observer: SupervisorObserver
  ) throws {
    self.plan = plan
    self.observer = observer
    options = SupervisorOptions(plan)
    let password = try plan.configuration.venue.password?.read(environment)
    let reports = NodeRun.reportDirectory(plan.configuration)
    sets = plan.configuration.sets.indices.map { set in
      let commands = plan.commands.filter { $0.set == set }.sorted { $0.place < $1.place }
      let roles = commands.map { command -> RoleLaunch in
        var launch = RoleLaunch(command, program: program, password: password, reports: reports)
        launch.replace("--positions", by: NodeRun.positionsCopy(plan.configuration))
        if plan.configuration.sets.count > 1 { launch.instance = command.instance }
        return launch
      }
      return SetPlan(prefix: plan.configuration.prefix(set: set), roles: roles)
    }
  }

  /// Runs until SIGTERM or SIGINT, or until it cannot go on.
  ///
  /// - Throws: why nothing was started: `SupervisorError`, `RingError`, `AtomicFile.Failure`.
  public func run() throws -> NodeOutcome {
    // Before anything runs that would be measured, too.
    let floor = JitterFloor.measure().summary
    // What is there already may be read by roles that live on.
    let isFirst = unsafe access(NodeRun.runDirectory(plan.configuration), F_OK) != 0
    let supervisor = try Supervisor(
      sets, options, observer: observer, unmake: { _ in if isFirst { removeFiles() } },
      make: makeRegions)
    if plan.configuration.risk.armsSimulation { armSimulation() }
    let outcome = supervisor.run()
    for set in sets.indices { tellOpenOrders(set) }
    // However the rest goes: the roles have ended.
    defer {
      supervisor.removeRegions(directory: options.ringDirectory) {
        removeGates()
        removeLedger()
        removeFiles()
      }
    }
    let merged = try zip(sets, outcome.sets).enumerated().map { number, set in
      var report = MergedReport(
        regions: NodeRegions(prefix: set.0.prefix, directory: options.ringDirectory),
        shape: shape(number), launches: set.0.roles, outcome: set.1)
      report.machine.jitterFloor_ns = floor
      return NodeOutcome.SetOutcome(
        instance: plan.configuration.instanceName(set: number),
        outcome: try report.outcome(failure: outcome.failure, signal: outcome.signal))
    }
    return NodeOutcome(sets: merged, failure: outcome.failure, signal: outcome.signal)
  }

  /// Where roles leave their reports for the merged one, if not where the configuration says.
  private static func reportDirectory(_ configuration: NodeConfiguration) -> String {
    configuration.directories.reports ?? runDirectory(configuration)
  }

  /// What is there for as long as it runs.
  private static func runDirectory(_ configuration: NodeConfiguration) -> String {
    "\(configuration.directories.state)/run-\(configuration.instance)"
  }

  /// What a sender that follows a dead one reads: what was edited meanwhile is for the next start.
  private static func positionsCopy(_ configuration: NodeConfiguration) -> String {
    "\(runDirectory(configuration))/positions.csv"
  }

  private func removeFiles() {
    if plan.configuration.directories.reports == nil {
      for role in sets.flatMap(\.roles) { role.removeReports() }
    }
    _ = unsafe unlink(NodeRun.positionsCopy(plan.configuration))
    _ = unsafe rmdir(NodeRun.runDirectory(plan.configuration))
  }

  /// The operator's word in the configuration, on record; what was armed or tripped before, stays.
  private func armSimulation() {
    let state = StateDirectory(path: plan.configuration.directories.state)
    for set in sets.indices {
      let instance = plan.configuration.instanceName(set: set)
      do {
        let gate = try KillSwitch(instance, ringDirectory: options.ringDirectory, state: state)
        let record = try gate.arm(
          who: "configuration \(ConfigurationHash(plan.configuration).text)",
          reason: "arm_simulation", deadManSeconds: nil)
        observer.note("\(instance) is armed, generation \(record.generation): a simulation")
      } catch ArmingError.alreadyArmed {} catch {
        observer.note("\(instance) is not armed: \(error)")
      }
    }
  }

  /// No sender is left to watch them, whatever ended it.
  private func tellOpenOrders(_ set: Int) {
    let instance = plan.configuration.instanceName(set: set)
    let state = StateDirectory(path: plan.configuration.directories.state)
    guard hasOrdersOut(set),
      let gate = try? KillSwitch(instance, ringDirectory: options.ringDirectory, state: state)
    else { return }
    let told = gate.status().told
    let orders = told.map { "\($0.openOrders) orders open and \($0.inDoubt) in doubt" }
    guard told == nil || told?.openOrders != 0 || told?.inDoubt != 0 else { return }
    observer.note(
      "\(instance): its sender left \(orders ?? "orders") at the venue, and nobody watches them:"
        + " mend what it complained of and start again, then the next sender takes them up; or"
        + " cancel them at the venue yourself")
  }

  private func removeGates() {
    for set in sets.indices { removeGate(plan.configuration.instanceName(set: set)) }
  }

  /// The instance's own; an account that has a name is others' too. While a sender's orders may be
  /// out, so is what it leased; what it leased for positions ends with them.
  private func removeLedger() {
    let configuration = plan.configuration
    guard configuration.risk.account == nil, let account = configuration.account,
      !sets.indices.contains(where: hasOrdersOut)
    else { return }
    try? Region.remove(
      directory: options.ringDirectory, name: AccountLedger.regionName(account))
  }

  /// A sender that ends with nothing out takes its pool away.
  private func hasOrdersOut(_ set: Int) -> Bool {
    let pool = TradingInstance.regionName(plan.configuration.instanceName(set: set), "pool")
    return (try? RegionInfo(directory: options.ringDirectory, name: pool)) != nil
  }

  /// A kill switch outlives its sender: in the state directory, and until it is there in memory.
  private func removeGate(_ instance: String) {
    let state = StateDirectory(path: plan.configuration.directories.state)
    guard
      let gate = try? KillSwitch(instance, ringDirectory: options.ringDirectory, state: state),
      !gate.status().isUnwritten, let name = try? KillPage.regionName(instance)
    else { return }
    try? Region.remove(directory: options.ringDirectory, name: name)
  }

  private func shape(_ set: Int) -> NodeShape {
    NodeShape(plan.configuration, plan.placement, set: set)
  }

  private func makeRegions(_ set: SetPlan) throws {
    guard let number = sets.firstIndex(where: { $0.prefix == set.prefix }) else { return }
    let regions = NodeRegions(prefix: set.prefix, directory: options.ringDirectory)
    try makeFiles()
    try regions.make(
      NodeRegions.plan(shape(number)), plan.configuration.memory.binding, observer.note)
  }

  /// With the regions, while no other start of the same name can begin.
  private func makeFiles() throws {
    let configuration = plan.configuration
    try NodeRun.makeDirectory(NodeRun.reportDirectory(configuration))
    guard let positions = configuration.risk.positions else { return }
    try NodeRun.makeDirectory(NodeRun.runDirectory(configuration))
    try NodeRun.copy(positions, to: NodeRun.positionsCopy(configuration))
  }

  /// What was checked, and stands in the configuration's hash, is what the senders read.
  static func copy(
    _ checked: NodeConfiguration.FileContent<OpeningPositions>, to path: String
  ) throws {
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: checked.path)) } catch {
      throw SupervisorError.system(
        what: "\(checked.path) cannot be read", code: NodeRun.code(of: error))
    }
    guard (try? OpeningPositions(csv: data)) == checked.value else {
      throw SupervisorError.edited(path: checked.path)
    }
    let file = try AtomicFile(path: path)
    try unsafe data.withUnsafeBytes { bytes in try unsafe file.write(bytes) }
    try file.commit()
  }

  static func makeDirectory(_ path: String) throws(AtomicFile.Failure) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw AtomicFile.Failure(step: .create, path: path, code: NodeRun.code(of: error))
    }
  }

  /// What the system said to Foundation.
  private static func code(of error: any Error) -> Int32 {
    ((error as? CocoaError)?.underlying as? POSIXError)?.code.rawValue ?? EIO
  }
}

extension SupervisorOptions {
  init(_ plan: NodePlan) {
    self.init()
    let configuration = plan.configuration
    let supervisor = configuration.supervisor
    ringDirectory = configuration.directories.rings
    restarts.immediatePerMinute = supervisor.restartsPerMinute
    restarts.backoffMax_s = supervisor.backoffSecondsMax
    restarts.restartsMax = supervisor.restartsMax
    onDeath = supervisor.onDeath == .continue ? .continue : .stop
    drainMax_s = supervisor.drainSecondsMax
    // A sender that follows a dead one may call its venue for so long before it is ready.
    readyMax_s += configuration.venue.reconnectSeconds
    buildHash = BuildHash.own
    configurationHash = plan.hash.value
  }
}

extension RoleLaunch {
  /// - Parameter reports: where it leaves its report if its command does not say where.
  init(_ command: RoleCommand, program: String, password: String?, reports: String) {
    self.init(
      command.kind, number: command.number, path: program, arguments: command.arguments)
    core = command.core
    node = command.node
    if let password, command.environment.contains(RoleCommand.passwordVariable) {
      environment[RoleCommand.passwordVariable] = password
    }
    if let option = arguments.firstIndex(of: "--json"), option + 1 < arguments.count {
      report = arguments[option + 1]
    } else if kind != .venue {
      let path = "\(reports)/\(command.instance).\(name).json"
      arguments += ["--json", path]
      report = path
    }
  }
}
